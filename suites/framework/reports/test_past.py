"""A run beside earlier ones: what changed, which run is the one to compare with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reports.compare import TAKEN_BACK, compare, entry_of
from reports.evidence import Instrument
from reports.history import Entry, History, Value
from reports.objectives import Objectives
from reports.past import past_of
from reports.releases import VERSION, ReleaseTag, last_release
from suites.framework.reports.runs import (
    LATENCY,
    RUN,
    check,
    good_layers,
    instead,
    instrument,
    judged,
    layer,
    measured,
    objective,
    objectives,
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


def watched(**clause: object) -> Objectives:
    """A latency, and a generator that must have kept up for it to be true."""
    bound = {"kind": "instrument", "layer": "load", "name": "sent", "distorts": True, **clause}
    return objectives(objective("fast", {**LATENCY, "minimum_samples": 1000}, bound))


SENT = instrument(100, 100, name="sent")
UNSENT = instrument(20, 100, name="sent")


@pytest.mark.parametrize(
    ("value", "samples", "sent", "kept"),
    [(150, 9000, SENT, True), (5000, 9000, SENT, True), (5000, 1, SENT, False),
     (150, 9000, UNSENT, False), (5000, 9000, UNSENT, False)],
    ids=["met", "missed", "too-few", "met-in-vain", "missed-in-vain"],
)  # fmt: skip
def test_a_value_that_could_not_be_judged_is_not_kept_as_one(
    value: float, samples: int, sent: Instrument, kept: bool
) -> None:
    load = layer("load", measured(value, samples=samples), sent, check("d"))
    evidence = instead(good_layers(), load)
    left = entry_of(judged(evidence, watched()), evidence, AT)
    assert (set(left.values) == {"fast latency_ms"}) == kept


def test_what_is_bad_beside_an_instrument_that_only_left_things_unseen_is_kept() -> None:
    load = layer("load", measured(5000, samples=9000), UNSENT, check("d"))
    evidence = instead(good_layers(), load)
    left = entry_of(judged(evidence, watched(distorts=False)), evidence, AT)
    assert (left.states["fast"], left.values["fast latency_ms"].value) == ("missed", 5000)


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


def test_a_test_that_failed_then_and_is_skipped_now_is_gone_and_a_flaky_one_still_there() -> None:
    now = entry("2", failures={"s": "skipped", "f": "flaky", "unsteady": "flaky"})
    then = entry("1", failures={"s": "failed", "f": "error"})
    found = compare(now, then, "then", {"s", "f", "unsteady"})
    assert (found.new, found.still, found.fixed, found.gone) == ((), ("f",), (), ("s",))


@pytest.mark.parametrize("outcome", ["failed", "error", "flaky", "skipped", "passed", None])
def test_every_test_that_failed_then_is_told_of_once(outcome: str | None) -> None:
    now = entry("2", failures={"t": outcome} if outcome not in ("passed", None) else {})
    ran = {"t"} if outcome else set()
    found = compare(now, entry("1", failures={"t": "failed"}), "then", ran)
    assert [*found.still, *found.fixed, *found.gone] == ["t"]


def test_a_promise_that_was_taken_back_is_worse_than_one_that_is_kept() -> None:
    then = entry("1", states={"kept": "met", "gone": "met", "odd": "of another time"})
    found = compare(entry("2", states={"kept": "met"}), then, "then", ())
    assert [(item.objective, item.then, item.now) for item in found.worse] == [
        ("gone", "met", TAKEN_BACK)
    ]


@pytest.mark.parametrize(
    ("policy", "required", "told"),
    [("commit", ("unit-suite",), 1), ("commit", (), 0), ("release", ("unit-suite",), 0)],
)
def test_a_layer_that_the_same_policy_does_not_ask_for_any_more_is_told(
    policy: str, required: tuple[str, ...], told: int
) -> None:
    then = entry("1", states={"unit-suite": "met"}, required=required, policy=policy)
    assert len(compare(entry("2"), then, "then", ()).worse) == told


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


def test_a_run_that_was_go_stands_for_the_release_before_a_later_one_that_was_not() -> None:
    history = History((
        entry("1", commit="c" * 40), entry("2", commit="c" * 40, release="NO VERDICT"),
    ))  # fmt: skip
    assert past_of(history, entry("3"), TAG, ()).comparisons[0].base.run == "1"
    worse = History((
        entry("1", commit="c" * 40, release="NO-GO"),
        entry("2", commit="c" * 40, release="NO VERDICT"),
    ))  # fmt: skip
    assert past_of(worse, entry("3"), TAG, ()).comparisons[0].base.run == "2"


def test_of_a_pinned_run_with_two_policies_the_present_one_counts() -> None:
    history = History((entry("1"), entry("1", policy="release")), pinned="1")
    for policy in ("commit", "release"):
        pinned = past_of(history, entry("2", policy=policy), None, ()).comparisons[0]
        assert (pinned.label, pinned.base.policy) == ("the pinned run 1", policy)
    assert past_of(history, entry("2", policy="other"), None, ()).comparisons[0].base.run == "1"


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


def test_a_release_is_newer_than_its_candidates(repository: Path) -> None:
    for tag in ("v1.9", "v2.0.dev1", "v2.0a1", "v2.0-beta.2", "v2.0rc2", "v2.0-rc10"):
        commit(repository, tag)
    newest = commit(repository, "v2.0")
    commit(repository, "v1.9.1")
    commit(repository)
    found = last_release(repository)
    assert found is not None
    assert (found.name, found.commit) == ("v2.0", newest)


def test_versions_are_told_apart_as_people_do() -> None:
    in_order = (
        "1.0.2", "1.0.2a", "v1.9", "v1.10", "v2.0.dev3", "v2.0a1", "v2.0-beta1", "v2.0-next",
        "v2.0rc1", "v2.0-rc2", "v2.0rc10", "v2.0", "v2.0.post1", "v2.0.1",
    )  # fmt: skip
    tags = [ReleaseTag(name, "", "") for name in reversed(in_order)]
    assert [tag.name for tag in sorted(tags, key=lambda tag: tag.order)] == [*in_order]


def test_a_long_tag_that_is_no_version_is_told_at_once() -> None:
    for name in ("2026_spring_performance_baseline@eu", "2026" + "a" * 200 + "/", "1.1" * 80 + "@"):
        assert VERSION.fullmatch(name) is None
    assert VERSION.fullmatch("2026_spring_performance_baseline-eu")


def test_a_tag_of_two_lines_is_one_tag(repository: Path) -> None:
    first = commit(repository, "v1.0")
    commit(repository, "v2.0\u2028x")
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
