from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from scenarios.duet.cores import on_one_core

PARENT = """
import subprocess, sys, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print("ready", flush=True)
input()
"""


@pytest.fixture
def family() -> Iterator[psutil.Process]:
    """A process with two threads and a child."""
    argv = [sys.executable, "-c", PARENT]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield psutil.Process(process.pid)
        process.communicate(b"\n")


def cores_of(family: psutil.Process) -> list[set[int]]:
    members = (family, *family.children())
    return [os.sched_getaffinity(t.id) for member in members for t in member.threads()]


def test_every_thread_of_a_family_is_kept_on_one_core_and_let_go_again(
    family: psutil.Process,
) -> None:
    before = cores_of(family)
    assert len(before) >= 3
    with on_one_core([family.pid]) as core:
        if core is None:
            assert len(os.sched_getaffinity(0)) == 1
        else:
            assert cores_of(family) == [{core}] * len(before)
    assert cores_of(family) == before


def test_without_processes_or_without_a_choice_nothing_is_moved(
    family: psutil.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_one_core([]) as core:
        assert core is None
    before = cores_of(family)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    with on_one_core([family.pid]) as core:
        assert core is None
    monkeypatch.undo()
    assert cores_of(family) == before


def test_a_process_that_is_gone_is_no_hindrance() -> None:
    with on_one_core([2**22 + 1]):
        pass
