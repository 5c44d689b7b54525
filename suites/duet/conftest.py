"""The two builds: the working files, and a base that is looked up before anything starts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures import layers
from fixtures import options as options_plugin
from fixtures.database import run_prefix
from fixtures.options import Options, refuse
from fixtures.redis_namespaces import Source
from fixtures.services import plugin
from fixtures.services.guard import Guard
from fixtures.services.interface import ServerInfo, ServiceError
from fixtures.worktrees import Commit, WorktreeError, checked_out, find_commit
from scenarios.targets import TargetError, load_target
from suites.duet.builds import Files, Running, Stage

WORKERS = 1  # with more, chance decides which worker a connection meets
STARTS = 3
BASE: pytest.StashKey[Commit] = pytest.StashKey()
TABLE: pytest.StashKey[str] = pytest.StashKey()
NO_BASE = (
    "--base: missing; name the commit to compare the working files with:\n"
    "nox -s duet -- --base v1.0    (a tag, a branch or a commit)"
)


@dataclass(frozen=True)
class Pair:
    """Both builds, running side by side, and the target file of the new one."""

    base: Running
    new: Running
    commit: Commit
    target: Path


def pytest_configure(config: pytest.Config) -> None:
    asked = options_plugin.of(config)
    if asked.base is None:
        if [layer.name for layer in layers.selected_by(config)] == ["duet"]:
            refuse(config, NO_BASE)
        return
    try:
        commit = find_commit(config.rootpath, asked.base)
        _must_hold(commit, asked.target)
    except WorktreeError as error:
        refuse(config, str(error))
    config.stash[BASE] = commit


def _must_hold(commit: Commit, target: Path) -> str:
    """The target file's place in the base. Raises WorktreeError where there is none."""
    if not target.is_relative_to(commit.root):
        raise WorktreeError(
            f"--target: {target} lies outside {commit.root}, so no commit of it can be the base.\n"
            "Start both builds yourself and use `python -m scenarios.duet --a URL --b URL`."
        )
    place = target.relative_to(commit.root).as_posix()
    if not commit.holds(place):
        raise WorktreeError(
            f"--base: {commit.ref} ({commit.sha[:12]}) has no {place}, so how it is started is not "
            "known.\nName a later commit, or with --target a file that it has."
        )
    return place


@pytest.fixture(scope="session")
def pair(
    pytestconfig: pytest.Config,
    options: Options,
    guard: Guard,
    postgres_server: ServerInfo,
    redis_namespaces: Source,
) -> Iterator[Pair]:
    """Both builds on the run's servers."""
    commit = pytestconfig.stash.get(BASE, None)
    if commit is None:
        pytest.fail(NO_BASE, pytrace=False)
    prefix = run_prefix(plugin.of(pytestconfig))
    workers = options.workers or WORKERS
    stage = Stage(guard, postgres_server.url, prefix, redis_namespaces, workers, STARTS)
    with ExitStack() as stack:
        try:
            checkout = stack.enter_context(checked_out(commit, guard))
            there = load_target(checkout.root / _must_hold(commit, options.target))
            old = Files("base", checkout.root, checkout.python, there)
            ours = load_target(options.target)
            new = Files("new", pytestconfig.rootpath, sys.executable, ours)
            base, built = stack.enter_context(stage.side_by_side(old, new))
        except (WorktreeError, TargetError, ServiceError) as error:
            pytest.exit(str(error), returncode=options_plugin.BAD_INPUT)
        yield Pair(base, built, commit, options.target)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    table = config.stash.get(TABLE, "")
    if table:
        terminalreporter.section("duet", sep="-")
        terminalreporter.write_line(table)
