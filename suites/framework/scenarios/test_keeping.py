"""What was measured is kept, whatever becomes of the folder, the terminal, or who watches."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios import keeping
from scenarios.__main__ import main
from scenarios.keeping import UnwritableError, keep, make_writable
from scenarios.live import Line
from scenarios.words import EVIDENCE, SUMMARY
from suites.framework.scenarios.loopback import serving

ROOT = Path(__file__).parents[3]
SHORT = ("--path", "/ok", "--profile", "smoke", "--duration", "1s", "--warm-up", "0")


class Gone(io.StringIO):
    """A terminal that nobody is at any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def isatty(self) -> bool:
        return True


def by_shell(redirection: str, url: str, out: Path) -> int:
    """The exit code of a short run whose streams the shell has closed or led elsewhere."""
    command = [sys.executable, "-m", "scenarios", "run", "--url", url, *SHORT, "--out", str(out)]
    whole = ["sh", "-c", f'"$@" {redirection}', "sh", *command]
    return subprocess.run(whole, cwd=ROOT, timeout=90).returncode


@pytest.mark.parametrize("out", ["/sys/kernel", "/proc/nowhere/run"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_the_load(
    out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        assert main(["run", "--url", server.url, *SHORT, "--out", out]) == 2
        assert server.answered == 1, "nothing but whether it is ready was asked"
    error = capsys.readouterr().err
    assert error.startswith(f"--out: {out} cannot be written to: ")
    assert "Name a folder that you may write to" in error
    assert error.count("\n") == 2


def test_whether_a_folder_takes_anything_leaves_nothing_in_it(tmp_path: Path) -> None:
    make_writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(UnwritableError, match="cannot be written to"):
        make_writable(tmp_path / "file")


def test_what_cannot_be_written_in_the_end_is_said_and_kept_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, spare = tmp_path / "out", tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spare))
    monkeypatch.setattr("scenarios.__main__.make_writable", lambda folder: None)
    with serving() as server:
        assert main(["run", "--url", server.url, *SHORT, "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert "errors     0 of " in said.out
    assert said.err.startswith(f"--out: {out} could not be written to: No such file or directory.")
    (instead,) = spare.iterdir()
    assert f"What was measured is in {instead} instead" in said.err
    assert {file.name for file in instead.iterdir()} == {EVIDENCE, SUMMARY}


def test_where_nothing_can_be_written_the_summary_is_said_to_be_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert not keep(tmp_path / "out", full)
    error = capsys.readouterr().err
    assert "could not be written to: No space left on device" in error
    assert "The summary is all there is." in error


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_nobody_reads_changes_nothing(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, stream, Gone())
    keeping.say("a summary")
    keeping.tell("a fault")


def test_a_terminal_that_knows_few_characters_shows_the_others_as_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))
    keeping.say("5 µs\n")
    keeping.say("6 ms\n")
    assert shown.getvalue() == b"5 ?s\n6 ms\n"


def test_a_terminal_that_is_gone_or_was_never_there_ends_no_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Line(Gone()).say("waiting for 2 workers")
    monkeypatch.setattr(sys, "stderr", None)
    line = Line()
    line.say("waiting for 2 workers")
    line.end()


def test_a_run_without_stderr_or_with_a_full_stdout_ends_as_any_other(tmp_path: Path) -> None:
    with serving() as server:
        for number, redirection in enumerate((">/dev/full", "2>&-", ">&- 2>&-")):
            out = tmp_path / str(number)
            assert by_shell(redirection, server.url, out) == 0, redirection
            assert (out / EVIDENCE).exists(), redirection


@pytest.mark.parametrize("module", ["scenarios", "scenarios.worker"])
def test_an_interrupt_while_it_begins_leaves_no_trace_of_imports(module: str) -> None:
    begin = (
        "import os, runpy, signal, sys\n"
        # as on a terminal: what runs in the background may have been told to ignore it
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name in ('scenarios.orders', 'locust'):\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        f"runpy.run_module({module!r}, run_name='__main__')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", begin], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_an_interrupt_before_the_load_is_said_in_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(url: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scenarios.__main__.must_answer", interrupted)
    assert main(["run", "--url", "http://127.0.0.1:1", "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err == "interrupted\n"
