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
from reports.commands.shared import Refusal, add_configuration, configuration_of, run_folder
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
        tree_id(options.root.resolve()),
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
    _state(options, view, run_dir, signer)
    _tell_github(view)
    if options.latest:
        _link_latest(run_dir)
    colour = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 160) if colour else WIDTH
    print(TerminalRenderer(colour=colour, width=width).render(view), end="")
    return verdicts.exit_code


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
) -> None:
    """Write the statement, last of all: it is about every other file."""
    judged_by = [
        statement.Subject(str(path), statement.digest_of(path))
        for path in (options.slo, options.waivers)
    ]
    lockfile = next((digest for name, digest in view.provenance if name == "uv.lock sha256"), "")
    subjects = statement.subjects_of(run_dir, lockfile if len(lockfile) == 64 else "")
    made = statement.statements(subjects, view.verdicts, view.evidence, judged_by, view.judged_at)
    statement.write(run_dir, made, signer)


def _tell_github(view: View) -> None:
    """In a job on GitHub: a summary on its page, and annotations beside the code."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    if page:
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(MarkdownRenderer().render(view))
    for line in workflow_commands(view):
        print(line)


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
    parser.add_argument("--sign", type=Path, default=os.environ.get("TOUCHLINE_SIGNING_KEY"),
                        metavar="KEY.pem", help="sign the statement with this private key "
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
