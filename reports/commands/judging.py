"""``python -m reports [RUN_DIR]``: judge a run, render it, remember it, state what was judged."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reports import history, statement
from reports.commands.shared import (
    Refusal,
    add_configuration,
    configuration_of,
    resolved,
    run_folder,
)
from reports.compare import entry_of
from reports.evidence import Check, LayerEvidence, read_run
from reports.gate import judge
from reports.history import Entry
from reports.past import Past, past_of
from reports.provenance import tree_id
from reports.releases import last_release
from reports.render.compose import NO_PAST, view_of
from reports.render.formats import FORMATS
from reports.render.github import workflow_commands
from reports.render.markdown import MarkdownRenderer
from reports.render.terminal import WIDTH, TerminalRenderer
from reports.render.view import View
from reports.saying import say
from reports.sbom import read_sboms

if TYPE_CHECKING:
    from securesystemslib.signer._crypto_signer import CryptoSigner

MOST_FAULTS = 50


def judge_run(words: Sequence[str]) -> int:
    """Judge and render; the exit code is the verdict's. Raises Refusal."""
    options = _judge_parser().parse_args(words)
    configuration = configuration_of(options)
    run_dir = run_folder(options.run_dir)
    signer = _signer(options.sign)
    evidence = read_run(run_dir)
    _tell_faults(evidence)
    now = datetime.now().astimezone()
    verdicts = judge(
        configuration.objectives,
        evidence,
        configuration.waivers,
        options.policy,
        now.date(),
        tree_id(resolved(options.root)),
        run_dir.name,
    )
    judged_at = now.isoformat(timespec="seconds")
    entry = entry_of(verdicts, evidence, judged_at)
    with_history = options.history == "yes"
    view = view_of(
        verdicts,
        evidence,
        configuration.objectives,
        judged_at=judged_at,
        report_path=str(run_dir / "report.html"),
        past=_past(entry, evidence, run_dir, options.root) if with_history else NO_PAST,
        folders=_folders_beside(run_dir),
        sboms=read_sboms(run_dir),
    )
    _write(view, run_dir)
    if with_history:
        _remember(entry, run_dir)
    unstated = _state(options, view, run_dir, signer)
    _tell_github(view, run_dir)
    if options.latest:
        _link_latest(run_dir)
    colour = sys.stdout is not None and sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 160) if colour else WIDTH
    say(TerminalRenderer(colour=colour, width=width).render(view), _kept(run_dir))
    if unstated:
        raise Refusal(f"{unstated}\nthe run is judged, but no statement of it was written")
    return verdicts.exit_code


def _kept(run_dir: Path) -> str:
    return f"the verdict is in {run_dir}"


def _past(entry: Entry, evidence: Sequence[LayerEvidence], run_dir: Path, root: Path) -> Past:
    ran = {item.id for layer in evidence for item in layer.records if isinstance(item, Check)}
    stored = history.read_history(history.store_of(run_dir))
    return past_of(stored, entry, last_release(root.resolve()), ran)


def _folders_beside(run_dir: Path) -> tuple[str, ...]:
    """The runs whose pages a link can reach."""
    return tuple(path.parent.name for path in run_dir.resolve().parent.glob("*/report.html"))


def _remember(entry: Entry, run_dir: Path) -> None:
    store = history.store_of(run_dir)
    try:
        history.add_run(store, entry)
    except OSError as error:
        print(f"{store}: not added to: {error.strerror}", file=sys.stderr)


def _signer(key: Path | str | None) -> CryptoSigner | None:
    """The signer that was asked for; refused before anything is judged when it cannot sign."""
    if not key:
        return None
    try:
        return statement.signer_of(Path(key))
    except statement.KeyFileError as error:
        advice = "name a key with --sign, or leave the statement unsigned"
        raise Refusal(f"{error}\n{advice}") from None


def _state(
    options: argparse.Namespace, view: View, run_dir: Path, signer: CryptoSigner | None
) -> str:
    """Write the statement, last of all: it is about every other file. Answers why not, if not."""
    lockfile = next((digest for name, digest in view.provenance if name == "uv.lock sha256"), "")
    try:
        judged_by = [
            statement.Subject(str(path), statement.digest_of(path))
            for path in (options.slo, options.waivers)
        ]
        subjects = statement.subjects_of(run_dir, lockfile if len(lockfile) == 64 else "")
        made = statement.statements(
            subjects, view.verdicts, view.evidence, judged_by, view.judged_at
        )
        statement.write(run_dir, made, signer)
    except statement.StatementError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename or run_dir}: {error.strerror or error}"
    return ""


def _tell_github(view: View, run_dir: Path) -> None:
    """In a job on GitHub: a summary on its page, and annotations beside the code."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    if page:
        try:
            with Path(page).open("a", encoding="utf-8") as file:
                file.write(MarkdownRenderer().render(view))
        except OSError as error:
            print(f"{page}: the summary was not added: {error.strerror}", file=sys.stderr)
    say("".join(f"{line}\n" for line in workflow_commands(view)), _kept(run_dir))


def _judge_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reports",
        description="Judge the evidence of a run and render its verdict.",
        epilog="exit 0: GO, 1: NO-GO, 2: NO VERDICT or nothing that could be judged",
    )
    parser.add_argument("run_dir", nargs="?", type=Path, default=Path("out/latest"))
    add_configuration(parser)
    parser.add_argument("--history", choices=("yes", "no"), default="yes",
                        help="compare with earlier runs, and join them (default: yes)")  # fmt: skip
    key = os.environ.get("TOUCHLINE_SIGNING_KEY") or None  # an empty one is none: CI sets such
    parser.add_argument("--sign", type=Path, default=key, metavar="KEY.pem",
                        help="sign the statement with this private key "
                        "(default: $TOUCHLINE_SIGNING_KEY, unsigned without)")  # fmt: skip
    parser.add_argument("--latest", action="store_true", help="point out/latest at this run")
    return parser


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
