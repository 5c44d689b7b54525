"""The sessions: what they hand on, and what they end with."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from nox.command import CommandFailed

FILE = Path(__file__).parents[2] / "noxfile.py"
KILLED = -9


class Session:
    """A session that notes its commands; `codes` says what those with certain words end with."""

    def __init__(self, *words: str, codes: dict[str, int] | None = None) -> None:
        self.posargs = list(words)
        self.commands: list[tuple[str, ...]] = []
        self._codes = codes or {}

    def run(self, *words: str, success_codes: Sequence[int] = (0,), **_: Any) -> str:
        self.commands.append(words[1:])
        code = next((code for word, code in self._codes.items() if word in words), 0)
        if code not in success_codes:
            raise CommandFailed("refused", return_code=code)
        return "--limits"

    def ran(self, *words: str) -> list[tuple[str, ...]]:
        """The commands that hold all of these words."""
        return [command for command in self.commands if set(words) <= set(command)]


@cache
def loaded() -> ModuleType:
    """Once: loading registers the sessions, which nox allows one time."""
    loader = SourceFileLoader("sessions_under_test", str(FILE))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


class Beside(list[tuple[str, ...]]):
    """What was started beside the session's own commands."""

    @contextmanager
    def start(self, *words: str) -> Iterator[None]:
        self.append(words)
        yield


@pytest.fixture
def beside() -> Beside:
    return Beside()


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, beside: Beside) -> ModuleType:
    module = loaded()
    monkeypatch.setattr(module, "_ready", lambda session, **_: None)
    monkeypatch.setattr(module, "_new_run", lambda label: tmp_path / "run")
    monkeypatch.setattr(
        module, "_alongside", lambda run, *words: beside.start(*module._command(run, *words))
    )
    return module


@pytest.mark.parametrize("code", [2, 3])
@pytest.mark.parametrize("name", ["gate", "report", "unit", "tests", "duet"])
def test_a_session_ends_with_the_very_code_of_what_it_ran(
    sessions: ModuleType, name: str, code: int
) -> None:
    asked = {"gate": "reports", "report": "reports"}.get(name, "pytest")
    with pytest.raises(SystemExit) as ended:
        getattr(sessions, name)(Session(codes={asked: code}))
    assert ended.value.code == code


def test_a_session_that_was_killed_ends_as_a_shell_would_say_it(sessions: ModuleType) -> None:
    with pytest.raises(SystemExit) as ended:
        sessions.unit(Session(codes={"pytest": KILLED}))
    assert ended.value.code == 128 - KILLED


def test_a_red_session_leaves_those_that_follow_to_run(sessions: ModuleType) -> None:
    with pytest.raises(CommandFailed):
        sessions.unit(Session(codes={"pytest": 1}))


def test_a_layer_that_was_killed_does_not_keep_the_gate_from_judging(
    sessions: ModuleType, beside: Beside, tmp_path: Path
) -> None:
    session = Session(codes={"pytest": KILLED})
    sessions.gate(session)
    assert len(session.ran("pytest")) + len(beside) == len(sessions.GATE)
    assert session.commands[-1][:3] == ("-m", "reports", str(tmp_path / "run"))


def test_what_runs_beside_another_layer_says_its_words_when_both_have_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    slow = "import time; time.sleep(0.3); print('lint is red'); raise SystemExit(1)"
    monkeypatch.setattr(loaded(), "PYTHON", Path(sys.executable))
    monkeypatch.setattr(loaded(), "_command", lambda run, layer: ("-c", slow))
    with loaded()._alongside(tmp_path, "lint"):
        print("unit is over", flush=True)
    assert capfd.readouterr().out.split("\n")[:2] == ["unit is over", "lint is red"]


@pytest.mark.parametrize("words", [("--policy", "release"), ("--policy=release",)])
def test_a_policy_may_be_named_with_or_without_an_equals_sign(
    sessions: ModuleType, beside: Beside, words: tuple[str, ...]
) -> None:
    session = Session(*words, "--services=embedded")
    sessions.gate(session)
    ran = [*session.ran("pytest", "--services=embedded"), *beside]
    assert {"suites/" + layer for layer in sessions.RELEASE} == {command[2] for command in ran}
    assert all("--services=embedded" in command for command in beside)
    assert not session.ran("pytest", "release")
    assert len(session.ran("reports", "--policy", "release")) == 2


def test_an_option_without_its_value_is_bad_input(
    sessions: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        sessions.gate(Session("--policy"))
    assert ended.value.code == 2
    assert "--policy" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--profile", "spike"), ("--profile=spike",)])
def test_a_profile_that_was_asked_for_is_not_replaced_by_steady(
    sessions: ModuleType, words: tuple[str, ...]
) -> None:
    session = Session("--policy", "release", *words)
    sessions.gate(session)
    assert session.ran("suites/load", *words)
    assert not session.ran("steady")


@pytest.mark.parametrize("words", [("--load", "--think 1s"), ("--load=--think 1s",)])
def test_words_for_the_load_command_are_kept_beside_the_sessions_own(
    sessions: ModuleType, words: tuple[str, ...]
) -> None:
    session = Session("--abort", *words)
    sessions.load(session)
    assert session.ran("suites/load", "--load=--think 1s --abort --hold --limits")
    session = Session(*words)
    sessions.load(session)
    assert session.ran("suites/load", "--load=--think 1s")


@pytest.mark.parametrize(
    ("words", "accepted"),
    [
        (("--accept",), ()),
        (("--accept=document",), ("document",)),
        (("--accept", "document"), ("document",)),
    ],
)
def test_accepting_a_document_is_not_accepting_a_release(
    sessions: ModuleType, words: tuple[str, ...], accepted: tuple[str, ...]
) -> None:
    session = Session(*words)
    sessions.contract(session)
    assert session.commands == [("-m", "suites.contract", "accept", *accepted)]


@pytest.mark.parametrize("word", ["-k=life", "-klife", "--last-failed", "--deselect=a"])
def test_a_chosen_few_tests_need_not_be_of_every_layer(sessions: ModuleType, word: str) -> None:
    chosen, every = Session(word), Session("--services=embedded")
    sessions.tests(chosen)
    sessions.tests(every)
    assert not chosen.ran("ran")
    assert every.ran("ran", *sessions.FUNCTIONAL)


def test_words_for_the_coverage_session_reach_the_layers_that_it_measures(
    sessions: ModuleType,
) -> None:
    session = Session("--services=external")
    sessions.coverage(session)
    assert len(session.ran("--coverage", "--services=external")) == len(sessions.MEASURED)


def test_a_coverage_session_without_figures_is_not_green(sessions: ModuleType) -> None:
    with pytest.raises(CommandFailed):
        sessions.coverage(Session(codes={"ran": 1}))
