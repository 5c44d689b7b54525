"""A run beside earlier ones: what changed, which run is the one to compare with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reports.compare import compare, entry_of
from reports.history import Entry, History, Value
from reports.past import past_of
from reports.releases import ReleaseTag, last_release
from suites.framework.reports.runs import (
    RUN,
    check,
    good_layers,
    instead,
    judged,
    layer,
)

AT = "2026-01-02T00:00:00+00:00"


def entry(run: str, **more: object) -> Entry:
    body = {"began": run, "judged_at": AT, "policy": "commit", "release": "GO", **more}
    return Entry(run=run, **body)  # type: ignore[arg-type]


# --- what a run leaves -------------------------------------------------------------------------


def test_a_judged_run_leaves_states_values_and_failures() -> None:
    evidence = instead(good_layers(), layer("unit", check("bad", "failed", "right")))
    left = entry_of(judged(evidence), evidence, AT)
    assert (left.run, left.release, left.policy) == (RUN, "NO-GO", "commit")
    assert left.states["fast"] == "met"
    assert left.states["right"] == "missed"
    assert left.failures == {"suites/x/test_x.py::bad": "failed"}
    value = left.values["fast latency_ms"]
    assert (value.value, value.limit, value.low, value.high) == (150, 200, 145, 155)
    assert set(left.layers) == {"unit", "security", "load"}


def test_a_layer_that_cannot_be_believed_is_not_among_the_layers_that_ran() -> None:
    evidence = instead(good_layers(), layer("unit", check("a"), deselected=3))
    assert "unit" not in entry_of(judged(evidence), evidence, AT).layers


# --- comparing ---------------------------------------------------------------------------------


def test_worse_and_better_are_told_apart_and_doubt_is_worse_than_met() -> None:
    now = entry(
        "2", states={"a": "missed", "b": "met", "c": "no evidence", "d": "met", "new": "met"}
    )
    then = entry("1", states={"a": "met", "b": "missed", "c": "met", "d": "met"})
    found = compare(now, then, "then", ())
    assert [change.objective for change in found.worse] == ["a", "c"]
    assert [change.objective for change in found.better] == ["b"]


def test_failures_are_new_still_there_fixed_or_gone() -> None:
    now = entry("2", failures={"new": "failed", "still": "error", "skipped": "skipped"})
    then = entry("1", failures={"still": "failed", "fixed": "failed", "gone": "failed"})
    found = compare(now, then, "then", {"new", "still", "fixed"})
    assert (found.new, found.still, found.fixed, found.gone) == (
        ("new",), ("still",), ("fixed",), ("gone",),
    )  # fmt: skip
    assert (found.of("new"), found.of("still")) == ("new", "still")


def test_a_test_that_did_not_run_now_is_not_fixed() -> None:
    found = compare(entry("2"), entry("1", failures={"t": "failed"}), "then", ())
    assert (found.fixed, found.gone) == ((), ("t",))


def test_a_test_that_is_skipped_now_is_not_fixed() -> None:
    now = entry("2", failures={"t": "skipped"})
    assert compare(now, entry("1", failures={"t": "failed"}), "then", {"t"}).fixed == ()


# --- the run to compare with -------------------------------------------------------------------

TAG = ReleaseTag("v1.0", "c" * 40, AT)


def test_the_release_leads_then_the_pinned_run_then_the_one_before() -> None:
    history = History((entry("1", commit="c" * 40), entry("2"), entry("3")), pinned="2")
    past = past_of(history, entry("4"), TAG, ())
    assert [(item.label, item.base.run) for item in past.comparisons] == [
        ("release v1.0", "1"), ("the pinned run 2", "2"), ("the run before", "3"),
    ]  # fmt: skip


def test_a_release_whose_run_is_not_known_is_said_to_be_so() -> None:
    past = past_of(History((entry("1"),)), entry("2"), TAG, ())
    assert [(item.label, item.why) for item in past.absent] == [
        ("release v1.0", "no run of its commit cccccccccccc is in the history")
    ]
    assert [item.label for item in past.comparisons] == ["the run before"]


def test_a_run_of_changed_files_does_not_stand_for_the_release() -> None:
    dirty = entry("1", commit="c" * 40, dirty=True)
    assert past_of(History((dirty,)), entry("2"), TAG, ()).absent != ()


def test_a_run_of_the_same_policy_stands_for_the_release_before_another() -> None:
    history = History((
        entry("1", commit="c" * 40), entry("2", commit="c" * 40, policy="release"),
    ))  # fmt: skip
    assert past_of(history, entry("3"), TAG, ()).comparisons[0].base.run == "1"


def test_later_runs_are_not_the_past() -> None:
    past = past_of(History((entry("5"),)), entry("4"), None, ())
    assert (past.entries, past.comparisons) == ((), ())


def test_values_are_set_beside_those_of_then() -> None:
    values = {"fast m": Value(value=1.0, unit="ms")}
    past = past_of(History((entry("1", values=values),)), entry("2", values=values), None, ())
    assert past.leading is not None
    assert past.leading.values == {"fast m": (values["fast m"], values["fast m"])}


# --- tags --------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=eve", "-c", "user.email=eve@example.org")
    done = subprocess.run(
        ["git", "-C", str(root), *who, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, *tags: str) -> str:
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    for tag in tags:
        git(root, "tag", "-a", tag, "-m", tag) if "a" in tag else git(root, "tag", tag)
    return git(root, "rev-parse", "HEAD")


def test_the_newest_version_tag_behind_head_is_the_last_release(repository: Path) -> None:
    commit(repository, "v1.9")
    newest = commit(repository, "v1.10", "nightly")
    commit(repository)
    found = last_release(repository)
    assert found is not None
    assert (found.name, found.commit) == ("v1.10", newest)


def test_a_candidate_that_is_tagged_itself_is_compared_with_the_release_before(
    repository: Path,
) -> None:
    first = commit(repository, "v1.0")
    commit(repository, "v2.0")
    found = last_release(repository)
    assert found is not None
    assert found.commit == first


def test_an_annotated_tag_is_followed_to_its_commit(repository: Path) -> None:
    first = commit(repository, "v1.0a1")
    commit(repository)
    found = last_release(repository)
    assert found is not None
    assert found.commit == first


def test_without_tags_or_without_git_there_is_no_release(repository: Path, tmp_path: Path) -> None:
    commit(repository, "nightly")
    assert last_release(repository) is None
    assert last_release(tmp_path / "nowhere") is None


def test_a_pinned_run_that_the_history_does_not_hold_is_said_to_be_absent() -> None:
    found = past_of(History((entry("a"),), pinned="gone"), entry("b"), None, frozenset())
    absent = {item.label: item.why for item in found.absent}
    assert absent["the pinned run gone"] == "it is not in the history"
