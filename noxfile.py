"""Touchline's sessions. One environment, made by uv from uv.lock, is shared by all of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import NoReturn

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "typing", "tests"]

ROOT = Path(__file__).parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
FUNCTIONAL = ("unit", "integration", "contract", "security", "e2e", "framework")
# the order of the gate: what fails fastest first; load last and alone, so that nothing disturbs it
GATE = (
    "lint", "unit", "integration", "framework", "coverage", "contract", "security", "e2e", "load",
)  # fmt: skip
RELEASE = (*GATE[:-1], "bench", "duet", "proof", "load")
STEADY = ("--profile", "steady")  # what a release promises holds for a minute
SPREAD = {"unit", "contract", "security"}
# mypy is most of it, one process that would keep a core busy while the others wait
ALONGSIDE = ("lint", "unit")
MEASURED = ("unit", "integration", "framework")  # what the coverage layer asks for
# A red layer is the judge's business; the next layer still runs. Below 0: the signal that ended it.
ANY_EXIT = tuple(range(-64, 256))
FAILED, REFUSED = 1, 2
CHILD_ENVIRONMENT = {
    "TOUCHLINE_LIFELINE": "1",  # pytest ends when this process does, however it does
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": None,  # compiling everything at each start costs seconds
}
PARALLEL = ("-n", "auto", "--dist", "worksteal")
# One process more than there are cores, for tests that wait half of their time, for processes that
# they start or for Postgres. Where each process has a service of its own, one more costs too much.
WAITING = {"integration", "framework"}
CROWDED = ("-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal")
# Words by which pytest runs some tests only, so that a layer may rightly be without any.
SOME_TESTS = ("-k", "-m", "--deselect", "--lf", "--last-failed")
# What unit tests need; looking for the plugins of every installed package takes half a second.
UNIT_PLUGINS = ("pytest_asyncio.plugin", "pytest_randomly", "_hypothesis_pytestplugin")


def _ready(session: nox.Session, *, at_once: bool = False) -> None:
    """Bring the shared environment in line with uv.lock; a moment when it already is.

    `at_once` spares the moment where neither lock nor groups changed since the last time.
    """
    made_of = ENVIRONMENT / "touchline-made-of"
    wanted = sha256((ROOT / "uv.lock").read_bytes() + (ROOT / "pyproject.toml").read_bytes())
    if at_once and made_of.exists() and made_of.read_text() == wanted.hexdigest():
        return
    made_of.unlink(missing_ok=True)
    uv = shutil.which("uv") or _bundled_uv()
    quiet = () if sys.stdout.isatty() else ("-q",)
    # once: where nothing has changed, compiling would still look at every file
    compiled = () if PYTHON.exists() else ("--compile-bytecode",)
    session.run(
        uv, "sync", "--frozen", "--python", sys.executable, *quiet, *compiled,
        env={"UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT), "VIRTUAL_ENV": None},
        external=True,
        silent=False,
    )  # fmt: skip
    made_of.write_text(wanted.hexdigest())


def _bundled_uv() -> str:
    try:
        from uv import find_uv_bin
    except ImportError:
        _refuse('uv is missing. Install it beside nox: python3 -m pip install "nox[uv]"')
    return str(find_uv_bin())


def _python(
    session: nox.Session,
    *arguments: str,
    any_exit: bool = False,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run Python; what it ends with is what the session ends with.

    nox makes 1 of whatever a command ends with, and 1 is NO-GO: a release without a verdict, a
    faulty slo.toml or servers that cannot start end with 2.
    """
    try:
        session.run(
            str(PYTHON), *arguments,
            env={**CHILD_ENVIRONMENT, **(environment or {})},
            external=True,
            success_codes=ANY_EXIT if any_exit else (0,),
            stderr=None,  # as the command has it: not among what it prints
        )  # fmt: skip
    except CommandFailed as failed:
        code = getattr(failed, "return_code", None) or FAILED
        if code == FAILED:  # the other sessions that were asked for may still run
            raise
        raise SystemExit(code if code > 0 else 128 - code) from None


def _refuse(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(REFUSED)


def _taken(words: list[str], name: str) -> str | None:
    """The value of `--name VALUE` or `--name=VALUE`, which is taken out of the words."""
    for at, word in enumerate(words):
        if word.startswith(f"{name}="):
            return words.pop(at).partition("=")[2]
        if word == name:
            if at + 1 == len(words):
                _refuse(f"{name} needs a value behind it")
            value = words[at + 1]
            del words[at : at + 2]
            return value
    return None


def _names(words: list[str]) -> set[str]:
    """The options among the words, without their values."""
    return {word.partition("=")[0] for word in words if word.startswith("--")}


def _new_run(label: str) -> Path:
    """A folder of its own for what this run measures; never one that exists."""
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        folder = ROOT / "out" / f"{stamp}-{label}{suffix}"
        try:
            (folder / "evidence").mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(folder)


def _layers(
    session: nox.Session,
    run: Path,
    layers: tuple[str, ...],
    *extra: str,
    environment: Mapping[str, str] | None = None,
) -> None:
    folders = [f"suites/{layer}" for layer in layers]
    command = ("-m", "pytest", *folders, "--run-dir", str(run), *extra, *session.posargs)
    _python(session, *command, environment=environment)


def _command(run: Path, layer: str, *extra: str) -> tuple[str, ...]:
    """One layer as the gate runs it."""
    parallel = CROWDED if layer in WAITING else PARALLEL if layer in SPREAD else ()
    measured = ("--coverage",) if layer in MEASURED else ()
    command = ("-m", "pytest", f"suites/{layer}", "--run-dir", str(run), "-q")
    return (*command, *parallel, *measured, *extra)


def _quietly(session: nox.Session, run: Path, layer: str, *extra: str) -> None:
    """One layer as the gate runs it, whatever comes of it."""
    _python(session, *_command(run, layer, *extra), any_exit=True)


@contextmanager
def _alongside(run: Path, layer: str, *extra: str) -> Iterator[None]:
    """The same beside what is done meanwhile; what it says is printed once it has ended."""
    changed = {name: value for name, value in CHILD_ENVIRONMENT.items() if value is not None}
    kept = {name: value for name, value in os.environ.items() if name not in CHILD_ENVIRONMENT}
    with TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - the words are ours and the caller's
            [str(PYTHON), *_command(run, layer, *extra)],
            env={**kept, **changed}, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield
            process.wait()
        finally:
            process.terminate()
            process.wait()
            said.seek(0)
            print(said.read().decode(errors="replace"), end="", flush=True)


def _one(session: nox.Session, layer: str, *extra: str) -> None:
    _ready(session)
    _layers(session, _new_run(layer), (layer,), *extra)


@nox.session
def gate(session: nox.Session) -> None:
    """Judge a release: every layer of the policy (-- --policy release), one verdict, one page."""
    _ready(session)
    arguments = list(session.posargs)
    policy = _taken(arguments, "--policy") or "commit"
    _python(session, "-m", "reports", "check", "--policy", policy)
    run = _new_run("gate")
    beside, first = ALONGSIDE
    with _alongside(run, beside, *arguments):
        _quietly(session, run, first, *arguments)
    for layer in RELEASE if policy == "release" else GATE:
        if layer in ALONGSIDE:
            continue
        steady = layer == "load" and policy == "release" and "--profile" not in _names(arguments)
        _quietly(session, run, layer, *arguments, *(STEADY if steady else ()))
    _python(session, "-m", "reports", str(run), "--policy", policy, "--latest")


@nox.session
def report(session: nox.Session) -> None:
    """Judge and render again from the evidence of out/latest (-- out/RUN for another run)."""
    _ready(session)
    _python(session, "-m", "reports", *(session.posargs or ("out/latest", "--policy", "commit")))


@nox.session
def tests(session: nox.Session) -> None:
    """Every functional suite and the framework's own tests, in parallel and in random order."""
    _ready(session)
    run = _new_run("tests")
    _layers(session, run, FUNCTIONAL, *CROWDED)
    if not any(word.startswith(SOME_TESTS) for word in session.posargs):
        _python(session, "-m", "reports", "ran", str(run), *FUNCTIONAL)


@nox.session
def unit(session: nox.Session) -> None:
    """The rules of every domain, without any service; fewer random examples than the gate."""
    _ready(session, at_once=True)
    # the watch for a test that hangs starts a thread a test, for rules that wait for nothing
    quick = ["-q", "--hypothesis-profile=quick", "-o", "faulthandler_timeout=0"]
    environment = {}
    if not session.posargs:  # words of the caller's own may mean any plugin
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        quick.extend(chain.from_iterable(("-p", name) for name in UNIT_PLUGINS))
        quick += ("--forks", str(os.cpu_count() or 1))
    _layers(session, _new_run("unit"), ("unit",), *quick, environment=environment)


@nox.session
def integration(session: nox.Session) -> None:
    """The service over real Postgres and Redis, one database a test."""
    _one(session, "integration", *CROWDED)


@nox.session
def contract(session: nox.Session) -> None:
    """The served document, fuzzed as every role (-- --accept; any service: --target, --openapi)."""
    words = list(session.posargs)
    if "--accept" in _names(words):
        at = next(at for at, word in enumerate(words) if word.partition("=")[0] == "--accept")
        _, _, what = words.pop(at).partition("=")
        _ready(session)
        _python(session, "-m", "suites.contract", "accept", *([what] if what else []), *words)
    elif {"--target", "--openapi"} & _names(words):
        _ready(session)
        _python(session, "-m", "suites.contract", "check", *words)
    else:
        _one(session, "contract", *PARALLEL)


@nox.session
def security(session: nox.Session) -> None:
    """Scans and attacks on the reference service (-- any running one: --target, --openapi)."""
    if {"--target", "--openapi"} & _names(session.posargs):
        _ready(session)
        _python(session, "-m", "suites.security", "attack", *session.posargs)
    else:
        _one(session, "security", *PARALLEL)


@nox.session
def e2e(session: nox.Session) -> None:
    """A real browser on the real pages."""
    _one(session, "e2e")


@nox.session
def load(session: nox.Session) -> None:
    """Open-model load on the live service (-- --profile NAME --rate R --duration S --abort)."""
    _ready(session)
    words = list(session.posargs)
    theirs = _taken(words, "--load")
    more = [theirs] if theirs else []
    abort = "--abort" in words
    if abort:
        words.remove("--abort")
        more.append("--abort")
    if abort or "breakpoint" in words or "--profile=breakpoint" in words:
        more.append(f"--hold {_promised(session)}")
    extra = (f"--load={' '.join(more)}",) if more else ()
    run = _new_run("load")
    _python(session, "-m", "pytest", "suites/load", "--run-dir", str(run), *words, *extra)


def _promised(session: nox.Session) -> str:
    """The limits that load objectives set: a run does not read them, so it is told."""
    command = (str(PYTHON), "-m", "reports", "limits", "load")
    return str(session.run(*command, external=True, silent=True, stderr=None)).strip()


@nox.session
def bench(session: nox.Session) -> None:
    """Benchmarks as ratios against a peer or a limit of the same run."""
    _one(session, "bench")


@nox.session
def duet(session: nox.Session) -> None:
    """The working files beside an earlier commit, endpoint by endpoint (-- --base REF)."""
    _ready(session)
    command = ("-m", "pytest", "suites/duet", "--run-dir", str(_new_run("duet")), "-q")
    _python(session, *command, *session.posargs)


@nox.session
def proof(session: nox.Session) -> None:
    """Known faults turn the right tests red and no other; all attacks on a clean service."""
    _one(session, "proof")


@nox.session
def framework(session: nox.Session) -> None:
    """The tests of the framework itself: fixtures, scenarios and reports."""
    _one(session, "framework", *CROWDED)


@nox.session
def coverage(session: nox.Session) -> None:
    """Lines and branches that unit, integration and framework run, and where the gaps are."""
    _ready(session)
    run = _new_run("coverage")
    for layer in MEASURED:
        _quietly(session, run, layer, *session.posargs)
    _python(session, "-m", "pytest", "suites/coverage", "--run-dir", str(run), "-q")
    for listed in sorted(run.glob("attachments/coverage/*files*")):
        print(listed.read_text(encoding="utf-8"))
    _python(session, "-m", "reports", "ran", str(run), "coverage")  # skipped without whole data


@nox.session
def lint(session: nox.Session) -> None:
    """Style and layering: ruff, mypy and import-linter over the whole tree."""
    _one(session, "lint", "-q")


@nox.session
def typing(session: nox.Session) -> None:
    """Types alone: mypy, strict."""
    _ready(session)
    _python(session, "-m", "mypy", *(session.posargs or (".",)))


@nox.session
def serve(session: nox.Session) -> None:
    """The service with its season on real Postgres and Redis; prints the URLs, ends on Ctrl-C."""
    _ready(session)
    _python(session, "-m", "fixtures.serve", *session.posargs)
