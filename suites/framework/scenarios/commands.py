"""Load commands as processes of their own, for tests of what needs more than one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.services.waiting import NotYetError, wait_until

ROOT = Path(__file__).parents[3]
ENDS_WITHIN_S = 90.0


class Command:
    """``python -m scenarios ...``, under way; or code that begins otherwise, as `-c` takes it."""

    def __init__(self, *words: str, log: Path) -> None:
        self.log = log
        self.words = words
        begins = () if words[0] == "-c" else ("-m", "scenarios")
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, *begins, *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """All that it wrote until now."""
        return self.log.read_text(errors="replace")

    def await_words(self, words: str) -> str:
        """What it said, once it holds these words."""

        def look() -> str:
            if words not in self.said:
                raise NotYetError(f"said: {self.said!r}")
            return self.said

        return wait_until(
            look,
            what=f"{words!r} from {' '.join(self.words)}",
            within_s=ENDS_WITHIN_S,
            advice="See what the command wrote.",
            ended=lambda: None if self.process.poll() is None else f"it ended: {self.said}",
        )

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(ENDS_WITHIN_S)


@contextmanager
def commands(folder: Path, *each: tuple[str, ...]) -> Iterator[list[Command]]:
    """Several commands at once; whatever is left of them is ended on leaving."""
    running: list[Command] = []
    folder.mkdir(exist_ok=True)
    try:
        for number, words in enumerate(each):
            running.append(Command(*words, log=folder / f"{number}.log"))
        yield running
    finally:
        for command in running:
            command.process.kill()
            command.process.wait()
