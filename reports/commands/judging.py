"""``python -m reports [RUN_DIR]``: judge a run, render it, remember it, state what was judged."""

from __future__ import annotations

import argparse
import errno
import os
import secrets
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
from reports.evidence import Check, LayerEvidence, read_run, sayable
from reports.gate import judge
from reports.history import Entry, History
from reports.past import Past, past_of
from reports.provenance import tree_id
from reports.releases import last_release
from reports.render.compose import NO_PAST, view_of
from reports.render.formats import FORMATS
from reports.render.github import without_commands, workflow_commands
from reports.render.head import believed, every
from reports.render.markdown import MarkdownRenderer
from reports.render.terminal import WIDTH, TerminalRenderer
from reports.render.view import View
from reports.saying import inert, say
from reports.sbom import read_sboms
from reports.verdicts import Verdicts

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
    stored = history.read_history(history.store_of(run_dir)) if with_history else History()
    view = view_of(
        verdicts,
        evidence,
        configuration.objectives,
        judged_at=judged_at,
        report_path=str(run_dir / "report.html"),
        past=_past(stored, entry, verdicts, evidence, options.root) if with_history else NO_PAST,
        folders=_folders_beside(run_dir),
        sboms=read_sboms(run_dir),
    )
    _write(view, run_dir)
    if with_history and _is_news(stored, entry, verdicts):
        _remember(entry, run_dir)
    unstated = _state(options, view, run_dir, signer)
    _tell_github(view, run_dir)
    if options.latest:
        _link_latest(run_dir)
    _tell(view, run_dir)
    if unstated:
        raise Refusal(f"{unstated}\nthe run is judged, but no statement of it was written")
    return verdicts.exit_code


def _kept(run_dir: Path) -> str:
    return f"the verdict is in {run_dir}"


def _past(
    stored: History,
    entry: Entry,
    verdicts: Verdicts,
    evidence: Sequence[LayerEvidence],
    root: Path,
) -> Past:
    ran = {check.id for check in every(believed(verdicts, evidence), Check)}
    return past_of(stored, entry, last_release(root.resolve()), ran)


def _is_news(stored: History, entry: Entry, verdicts: Verdicts) -> bool:
    """Whether the history should learn of it.

    A run that is looked at again after the files changed is judged by nothing that it saw, and
    must not take the place of what was said of it when it counted.
    """
    foreign = any(layer.foreign_tree for layer in verdicts.layers)
    return not (foreign and stored.of(sayable(entry.run)))


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
    if not _is_on_github():
        return
    if page:
        try:
            with Path(page).open("a", encoding="utf-8") as file:
                file.write(sayable(MarkdownRenderer().render(view)))
        except OSError as error:
            print(f"{page}: the summary was not added: {error.strerror}", file=sys.stderr)
    say("".join(f"{line}\n" for line in workflow_commands(view)), _kept(run_dir))


def _tell(view: View, run_dir: Path) -> None:
    """The summary on the terminal, or in a job on GitHub as text that commands nothing there."""
    colour = sys.stdout is not None and sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 160) if colour else WIDTH
    text = TerminalRenderer(colour=colour, width=width).render(view)
    if _is_on_github():
        text = without_commands(text, secrets.token_hex(16))
    say(text, _kept(run_dir))


def _is_on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


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
        print(inert(fault), file=sys.stderr)
    if len(faults) > MOST_FAULTS:
        print(f"and {len(faults) - MOST_FAULTS} more faults", file=sys.stderr)


def _write(view: View, run_dir: Path) -> None:
    """Write every format, or none: a verdict must not stand beside the page of another one."""
    texts = {
        run_dir / renderer.filename: sayable(renderer.render(view)).encode() for renderer in FORMATS
    }
    fresh = {path: path.with_name(f".{path.name}-{os.getpid()}") for path in texts}
    path = run_dir
    try:
        for path, text in texts.items():
            if path.is_dir():  # which no file takes the place of, and all else would have by then
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            fresh[path].write_bytes(text)
        for path in texts:
            fresh[path].replace(path)
    except OSError as error:
        raise Refusal(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        for made in fresh.values():
            made.unlink(missing_ok=True)


def _link_latest(run_dir: Path) -> None:
    try:
        history.update_latest(run_dir.resolve())
    except OSError as error:
        print(f"{run_dir.parent / history.LATEST}: not updated: {error}", file=sys.stderr)
