"""Judge a run and render its verdict: ``python -m reports [RUN_DIR] [--policy NAME]``.

Exit 0 for GO, 1 for NO-GO, 2 for NO VERDICT, and 2 for what cannot be judged at all: a faulty
slo.toml or waivers.toml, an unknown policy, a run folder that is not there.

``python -m reports check`` reads the configuration alone; ``python -m reports new-run`` names a
folder for a new run; ``python -m reports ran RUN_DIR LAYER...`` fails when a layer ran no test;
``python -m reports limits LAYER`` prints the limits by which a run of the layer can be steered.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reports import history, producers, spoken
from reports.configuration import load_objectives, load_waivers
from reports.evidence import LayerEvidence, read_run
from reports.faults import ConfigError
from reports.gate import judge
from reports.objectives import Objectives
from reports.presence import idle_layers
from reports.provenance import tree_id
from reports.render.compose import view_of
from reports.render.formats import FORMATS
from reports.render.terminal import WIDTH, TerminalRenderer
from reports.render.view import View
from reports.waivers import Waiver

NO_VERDICT = 2
MOST_FAULTS = 50


class Refusal(Exception):  # noqa: N818 - it is an answer, not an accident
    """What was asked for cannot be done; the message says what, where, and what to do."""


@dataclass(frozen=True)
class Configuration:
    """Both files, read and found right."""

    objectives: Objectives
    waivers: tuple[Waiver, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    commands = {"check": _check, "new-run": _new_run, "ran": _ran, "limits": _limits}
    try:
        if words and words[0] in commands:
            return commands[words[0]](words[1:])
        return _judge(words)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return NO_VERDICT


# --- judging -----------------------------------------------------------------------------------


def _judge(words: Sequence[str]) -> int:
    options = _judge_parser().parse_args(words)
    configuration = _configuration(options)
    run_dir = _run_folder(options.run_dir)
    evidence = read_run(run_dir)
    _tell_faults(evidence)
    now = datetime.now().astimezone()
    verdicts = judge(
        configuration.objectives,
        evidence,
        configuration.waivers,
        options.policy,
        now.date(),
        tree_id(options.root.resolve()),
        run_dir.name,
    )
    view = view_of(
        verdicts,
        evidence,
        configuration.objectives,
        judged_at=now.isoformat(timespec="seconds"),
        report_path=str(run_dir / "report.html"),
        earlier=history.earlier_runs(run_dir) if options.history == "yes" else (),
    )
    _write(view, run_dir)
    if options.latest:
        _link_latest(run_dir)
    colour = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 160) if colour else WIDTH
    print(TerminalRenderer(colour=colour, width=width).render(view), end="")
    return verdicts.exit_code


def _judge_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reports",
        description="Judge the evidence of a run and render its verdict.",
        epilog="exit 0: GO, 1: NO-GO, 2: NO VERDICT or nothing that could be judged",
    )
    parser.add_argument("run_dir", nargs="?", type=Path, default=Path("out/latest"))
    _add_configuration(parser)
    parser.add_argument("--history", choices=("yes", "no"), default="yes",
                        help="list the earlier runs beside this one (default: yes)")  # fmt: skip
    parser.add_argument("--latest", action="store_true", help="point out/latest at this run")
    return parser


def _add_configuration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", default="commit", help="what must be shown (default: commit)")
    parser.add_argument("--slo", type=Path, default=Path("scenarios/slo.toml"))
    parser.add_argument("--waivers", type=Path, default=Path("scenarios/waivers.toml"))
    parser.add_argument("--root", type=Path, default=Path(),
                        help="the files that the evidence must be of (default: here)")  # fmt: skip


def _configuration(options: argparse.Namespace) -> Configuration:
    """Read both files; the faults of both are told together."""
    faults: list[str] = []
    objectives: Objectives | None = None
    waivers: tuple[Waiver, ...] = ()
    try:
        objectives = load_objectives(options.slo)
    except ConfigError as error:
        faults += map(str, error.faults)
    try:
        waivers = load_waivers(options.waivers)
    except ConfigError as error:
        faults += map(str, error.faults)
    if objectives is None or faults:
        raise Refusal("\n".join(faults))
    try:
        objectives.policy(options.policy)
    except KeyError as error:
        raise Refusal(f"{options.slo}: {error.args[0]}") from None
    return Configuration(objectives, waivers)


def _run_folder(asked: Path) -> Path:
    if not asked.is_dir():
        raise Refusal(
            f"{asked}: no run folder is there\n"
            "expected a folder that a run wrote its evidence into\n"
            "run nox -s gate, or name a folder of out/"
        )
    folder = asked.resolve()
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _tell_faults(evidence: Sequence[LayerEvidence]) -> None:
    faults = [str(fault) for layer in evidence for fault in layer.faults]
    for fault in faults[:MOST_FAULTS]:
        print(fault, file=sys.stderr)
    if len(faults) > MOST_FAULTS:
        print(f"and {len(faults) - MOST_FAULTS} more faults", file=sys.stderr)


def _write(view: View, run_dir: Path) -> None:
    for renderer in FORMATS:
        path = run_dir / renderer.filename
        try:
            path.write_text(renderer.render(view), "utf-8")
        except OSError as error:
            raise Refusal(f"{path}: cannot be written: {error.strerror}") from None


def _link_latest(run_dir: Path) -> None:
    try:
        history.update_latest(run_dir.resolve())
    except OSError as error:
        print(f"{run_dir.parent / history.LATEST}: not updated: {error}", file=sys.stderr)


# --- the small commands ------------------------------------------------------------------------


def _check(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m reports check",
        description="Check slo.toml and waivers.toml before anything runs.",
    )
    _add_configuration(parser)
    options = parser.parse_args(words)
    objectives = _configuration(options).objectives
    required = objectives.required_by(options.policy)
    unknown = producers.unrecorded(required, producers.vocabularies(options.root))
    if unknown:
        raise Refusal("\n".join(f"{options.slo}: {problem}" for problem in unknown))
    print(f"{options.slo}: policy {options.policy} requires {len(required)} objectives of layers "
          f"{', '.join(objectives.layers_of(options.policy))}")  # fmt: skip
    return 0


def _new_run(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m reports new-run", description="Name a folder for a new run."
    )
    parser.add_argument("--label", default="run")
    options = parser.parse_args(words)
    print(Path("out", f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{options.label}"))
    return 0


def _limits(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m reports limits",
        description="Print the limits by which a run of a layer can be steered, in words.",
    )
    parser.add_argument("layer")
    _add_configuration(parser)
    options = parser.parse_args(words)
    objectives = _configuration(options).objectives
    found = spoken.limits(objectives, options.policy, options.layer)
    if not found:
        raise Refusal(
            f"{options.slo}: policy {options.policy} sets no limit by which a run of layer "
            f"{options.layer} can be steered"
        )
    print(",".join(found))
    return 0


def _ran(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m reports ran", description="Fail when one of the layers ran no test."
    )
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("layers", nargs="+", metavar="layer")
    options = parser.parse_args(words)
    idle = idle_layers(read_run(_run_folder(options.run_dir)), options.layers)
    if idle:
        raise Refusal("\n".join([*idle, "run these layers alone to see why: nox -s LAYER"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
