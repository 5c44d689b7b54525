from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import AnyRecord, Check, LayerEvidence, Outcome, read_run
from reports.verdicts import ORDER, State, Verdicts, worst
from suites.framework.reports.runs import (
    BANDIT,
    GRANTED,
    LATENCY,
    OTHER_TREE,
    PARSED,
    SPOKEN,
    TREE,
    check,
    finding,
    good_layers,
    instead,
    instrument,
    judged,
    layer,
    measured,
    objective,
    objectives,
    of,
    small,
    waiver,
    write,
)


def load(value: float, **more: object) -> LayerEvidence:
    return layer("load", measured(value, **more), check("d"))


# --- the release -------------------------------------------------------------------------------


def test_a_run_that_shows_everything_is_go() -> None:
    verdicts = judged(good_layers())
    assert (verdicts.release, verdicts.exit_code) == ("GO", 0)
    assert verdicts.why == "all 6 required objectives met"


def test_one_missed_objective_is_no_go() -> None:
    verdicts = judged(instead(good_layers(), load(250)))
    assert (verdicts.release, verdicts.exit_code) == ("NO-GO", 1)
    assert verdicts.why == "1 of 6 required objectives missed: fast"


def test_one_invalid_objective_is_no_verdict() -> None:
    security = layer("security", instrument(60, 61, missing=("a.py",)), check("c"))
    verdicts = judged(instead(good_layers(), security))
    assert (verdicts.release, verdicts.exit_code) == ("NO VERDICT", 2)
    assert of(verdicts, "clean").state == "invalid"
    assert "a.py" in of(verdicts, "clean").why


def test_a_missed_objective_outweighs_one_that_is_not_known() -> None:
    evidence = [item for item in instead(good_layers(), load(250)) if item.layer != "security"]
    verdicts = judged(evidence)
    assert verdicts.release == "NO-GO"
    assert "2 more without a verdict" in verdicts.why


def test_an_objective_that_the_policy_does_not_require_moves_nothing() -> None:
    rows = objectives(*small().objectives, objective("later", policy="release"))
    assert judged(good_layers(), rows).release == "GO"
    assert of(judged(good_layers(), rows), "later").state == "no evidence"
    assert judged(good_layers(), rows, policy="release").release == "NO VERDICT"


def test_a_policy_that_requires_nothing_is_no_verdict() -> None:
    rows = objectives(objective("later", policy="release"), layers=())
    verdicts = judged(good_layers(), rows)
    assert verdicts.release == "NO VERDICT"
    assert "requires nothing" in verdicts.why


def test_release_requires_all_that_commit_requires() -> None:
    verdicts = judged(instead(good_layers(), load(250)), policy="release")
    assert verdicts.release == "NO-GO"


@pytest.mark.parametrize("first", ORDER)
@pytest.mark.parametrize("second", ORDER)
def test_what_is_made_of_several_is_its_worst(first: State, second: State) -> None:
    assert ORDER.index(worst((first, second))) == max(ORDER.index(first), ORDER.index(second))


def test_what_is_made_of_nothing_is_not_known() -> None:
    assert worst(()) == "no evidence"


def test_every_reason_of_an_objective_is_told() -> None:
    rows = objectives(objective("both", LATENCY, PARSED, SPOKEN))
    verdict = of(judged([], rows), "both")
    assert [word in verdict.why for word in ("load", "security", "unit")] == [True] * 3


KEPT_UP = {"kind": "instrument", "layer": "load", "name": "on_time", "limit": 0.99}


@pytest.mark.parametrize(
    ("distorts", "share", "value", "state"),
    [
        (True, 0.98, 250, "invalid"),
        (True, 0.98, 150, "invalid"),
        (True, 0.99, 250, "missed"),
        (True, 0.99, 150, "met"),
        (False, 0.98, 250, "missed"),
        (False, 0.98, 150, "invalid"),
    ],
)
def test_an_overloaded_instrument_says_nothing_of_the_service(
    distorts: bool, share: float, value: float, state: State
) -> None:
    rows = objectives(objective("fast", LATENCY, {**KEPT_UP, "distorts": distorts}))
    made = layer("load", measured(value), instrument(share, 1.0, name="on_time"), check("d"))
    verdict = of(judged(instead(good_layers(), made), rows), "fast")
    assert verdict.state == state
    assert state == "met" or (state == "invalid") == ("on_time" in verdict.why)


def test_a_distorted_instrument_takes_back_no_finding() -> None:
    rows = objectives(objective("clean", BANDIT, {**PARSED, "distorts": True}))
    made = layer("security", finding(), instrument(3, 61), check("c"))
    assert of(judged(instead(good_layers(), made), rows), "clean").state == "missed"


# --- every check of a layer --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "state", "release"),
    [
        ("passed", "met", "GO"),
        ("failed", "missed", "NO-GO"),
        ("error", "no evidence", "NO VERDICT"),
        ("skipped", "no evidence", "NO VERDICT"),
        ("flaky", "no evidence", "NO VERDICT"),
    ],
)
def test_a_test_that_speaks_for_no_objective_counts(
    outcome: Outcome, state: State, release: str
) -> None:
    unit = layer("unit", check("a", "passed", "right"), check("loose", outcome))
    verdicts = judged(instead(good_layers(), unit))
    assert of(verdicts, "unit-suite").state == state
    assert of(verdicts, "right").state == "met"
    assert verdicts.release == release


def test_a_failed_test_condemns_the_objective_that_it_speaks_for_without_a_clause() -> None:
    security = layer("security", check("c", "failed", "fast"), instrument(61, 61))
    verdicts = judged(instead(good_layers(), security))
    assert of(verdicts, "fast").state == "missed"
    assert "test_x.py::c" in of(verdicts, "fast").why


def test_a_layer_outside_the_policy_is_shown_and_not_required() -> None:
    rows = objectives(objective("right", SPOKEN), layers=("unit",))
    verdicts = judged(instead(good_layers(), layer("load", check("d", "failed"))), rows)
    assert verdicts.release == "GO"
    assert of(verdicts, "load-suite").state == "missed"
    assert not of(verdicts, "load-suite").required


# --- waivers -----------------------------------------------------------------------------------


def test_a_waiver_turns_a_miss_into_waived_and_go() -> None:
    verdicts = judged(instead(good_layers(), load(250)), waivers=[waiver("objective:fast")])
    assert verdicts.release == "GO"
    assert verdicts.why == "all 6 required objectives met, 1 of them by a waiver; 1 waiver in use"
    assert "eve@example.org until 2026-04-01" in of(verdicts, "fast").why
    assert verdicts.waivers[0].used_for == ("fast",)


@pytest.mark.parametrize(
    ("granted", "expires", "standing", "release"),
    [
        (date(2026, 1, 1), date(2026, 2, 28), "expired", "NO-GO"),
        (date(2026, 1, 1), date(2026, 3, 1), "valid", "GO"),
        (date(2026, 3, 1), date(2026, 3, 1), "valid", "GO"),
        (date(2026, 3, 2), date(2026, 4, 1), "not yet granted", "NO-GO"),
    ],
)
def test_a_waiver_counts_from_its_grant_to_its_last_day(
    granted: date, expires: date, standing: str, release: str
) -> None:
    given_one = waiver("objective:fast", granted, expires)
    verdicts = judged(instead(good_layers(), load(250)), waivers=[given_one])
    assert (verdicts.waivers[0].standing, verdicts.release) == (standing, release)


@pytest.mark.parametrize(
    ("expires", "told"),
    [
        (date(2026, 3, 16), "1 waiver in use"),
        (date(2026, 3, 15), "the one of objective:fast ends soon, on 2026-03-15"),
        (date(2026, 3, 1), "the one of objective:fast ends soon, on 2026-03-01"),
        (date(2026, 2, 28), "1 waiver expired and counting as none: objective:fast"),
    ],
)
def test_the_headline_counts_waivers_and_says_which_end_soon(expires: date, told: str) -> None:
    given_one = waiver("objective:fast", GRANTED, expires)
    verdicts = judged(instead(good_layers(), load(250)), waivers=[given_one])
    assert verdicts.why.endswith(told)


def test_a_headline_without_waivers_says_nothing_of_them() -> None:
    unused = waiver("objective:fast", GRANTED, date(2026, 3, 2))
    assert "waiver" not in judged(good_layers(), waivers=[unused]).why


def test_a_waiver_of_one_objective_is_none_of_another_whose_name_begins_alike() -> None:
    named = ("load-s", "load-s-too")  # as the layer's own does: load-suite
    rows = objectives(*(objective(one, LATENCY) for one in named), layers=("load",))
    slow = layer("load", measured(250, low=245, high=255), check("d", "failed"))
    verdicts = judged([slow], rows, waivers=[waiver("objective:load-s")])
    states = {item.id: item.state for item in verdicts.objectives}
    assert states == {"load-s": "waived", "load-s-too": "missed", "load-suite": "missed"}
    assert verdicts.waivers[0].used_for == ("load-s",)
    assert verdicts.release == "NO-GO"


def test_a_waiver_never_stands_in_for_evidence() -> None:
    evidence = [item for item in good_layers() if item.layer != "load"]
    verdicts = judged(evidence, waivers=[waiver("objective:fast"), waiver("objective:load-suite")])
    assert of(verdicts, "fast").state == "no evidence"
    assert verdicts.release == "NO VERDICT"


def test_a_waiver_leaves_the_doubt_that_stands_beside_the_miss() -> None:
    rows = objectives(objective("both", LATENCY, PARSED), layers=("load",))
    verdicts = judged([load(250)], rows, waivers=[waiver("objective:both")])
    assert of(verdicts, "both").state == "no evidence"
    assert "security" in of(verdicts, "both").why


def test_a_waiver_that_matches_nothing_is_reported() -> None:
    verdicts = judged(good_layers(), waivers=[waiver("objective:fast"), waiver("finding:gone")])
    assert [item.used_for for item in verdicts.waivers] == [(), ()]
    assert verdicts.release == "GO"


def test_a_waiver_that_something_unjudged_may_have_needed_is_not_called_idle() -> None:
    wanted = [waiver("objective:fast"), waiver("objective:right"), waiver("finding:gone")]
    evidence = [item for item in good_layers() if item.layer not in ("load", "security")]
    verdicts = judged(evidence, waivers=wanted)
    assert [item.unsettled for item in verdicts.waivers] == [("fast",), (), ("clean",)]
    whole = judged(good_layers(), waivers=wanted)
    assert [item.unsettled for item in whole.waivers] == [(), (), ()]


def test_a_waived_finding_is_counted_out_and_seen() -> None:
    security = layer("security", instrument(61, 61), finding("f1"), check("c"))
    verdicts = judged(instead(good_layers(), security), waivers=[waiver("finding:f1")])
    assert of(verdicts, "clean").state == "waived"
    assert verdicts.waivers[0].used_for == ("clean",)
    assert verdicts.release == "GO"


def test_a_waiver_of_one_finding_leaves_the_other() -> None:
    security = layer("security", instrument(61, 61), finding("f1"), finding("f2"), check("c"))
    verdicts = judged(instead(good_layers(), security), waivers=[waiver("finding:f1")])
    assert of(verdicts, "clean").state == "missed"
    assert verdicts.waivers[0].used_for == ("clean",)


def test_a_waived_objective_takes_its_failed_tests_out_of_the_layer() -> None:
    unit = layer("unit", check("a", "failed", "right"), check("b"))
    verdicts = judged(instead(good_layers(), unit), waivers=[waiver("objective:right")])
    assert of(verdicts, "unit-suite").state == "waived"
    assert verdicts.waivers[0].used_for == ("right", "unit-suite")
    assert verdicts.release == "GO"


def test_a_waived_objective_excuses_no_test_of_another() -> None:
    unit = layer("unit", check("a", "failed", "right"), check("b", "failed"))
    verdicts = judged(instead(good_layers(), unit), waivers=[waiver("objective:right")])
    assert of(verdicts, "unit-suite").state == "missed"


def test_a_waived_finding_excuses_no_failed_test() -> None:
    security = layer("security", instrument(61, 61), finding("f1"), check("c", "failed", "clean"))
    verdicts = judged(instead(good_layers(), security), waivers=[waiver("finding:f1")])
    assert of(verdicts, "security-suite").state == "missed"
    assert verdicts.release == "NO-GO"


# --- what no objective judges ------------------------------------------------------------------


def test_what_no_objective_judges_is_named() -> None:
    security = layer(
        "security", instrument(61, 61), finding("f9", tool="semgrep"), check("c", "passed", "odd")
    )
    stranger = replace(layer("soak", check("s")), layer="soak")
    notes = " ".join(judged([*instead(good_layers(), security), stranger]).unclaimed)
    assert [word in notes for word in ("semgrep", "odd", "soak")] == [True] * 3


# --- properties --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a good run."""
    folder = tmp_path_factory.mktemp("whole")
    paths = [write(folder, made.layer, *made.records[2:-1]) for made in good_layers()]
    assert judged(read_run(folder)).release == "GO"
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    (path / "evidence").mkdir()
    return path


def after(folder: Path, whole: dict[str, bytes], victim: str, content: bytes) -> Verdicts:
    for name, raw in whole.items():
        (folder / "evidence" / name).write_bytes(content if name == victim else raw)
    return judged(read_run(folder))


@given(data=st.data())
def test_no_line_taken_away_or_doubled_leaves_a_go(
    data: st.DataObject, whole: dict[str, bytes], folder: Path
) -> None:
    victim = data.draw(st.sampled_from(sorted(whole)))
    lines = whole[victim].splitlines(keepends=True)
    index = data.draw(st.integers(0, len(lines) - 1))
    times = data.draw(st.sampled_from([0, 2]))
    changed = b"".join([*lines[:index], *[lines[index]] * times, *lines[index + 1 :]])
    verdicts = after(folder, whole, victim, changed)
    assert verdicts.release == "NO VERDICT"
    layer_name = victim.removesuffix(".ndjson")
    assert layer_name in " ".join(item.why for item in verdicts.objectives)


@given(data=st.data())
def test_no_byte_changed_leaves_a_go(
    data: st.DataObject, whole: dict[str, bytes], folder: Path
) -> None:
    victim = data.draw(st.sampled_from(sorted(whole)))
    raw = bytearray(whole[victim])
    body = raw.rstrip(b"\n").rfind(b"\n")  # the closing's own fields are not covered by its hash
    index = data.draw(st.integers(0, body))
    raw[index] ^= data.draw(st.integers(1, 255))
    assert after(folder, whole, victim, bytes(raw)).release == "NO VERDICT"


_DEFECTS = st.sampled_from(["gone", "foreign tree", "foreign run", "deselected", "interrupted"])


@given(
    defects=st.dictionaries(st.sampled_from(["unit", "security", "load"]), _DEFECTS, min_size=1),
    extra=st.lists(st.sampled_from(["check", "measurement", "instrument"]), max_size=4),
)
def test_nothing_that_is_added_makes_up_for_a_layer_that_is_unsound(
    defects: dict[str, str], extra: list[str]
) -> None:
    more: dict[str, AnyRecord] = {
        "check": check("extra", "passed", "right", "fast", "clean"),
        "measurement": measured(1, samples=10**9),
        "instrument": instrument(61, 61),
    }
    evidence: list[LayerEvidence] = []
    for made in good_layers():
        defect = defects.get(made.layer, "")
        if defect == "gone":
            continue
        evidence.append(
            layer(
                made.layer,
                *made.records[2:-1],
                *(more[name] for name in extra),
                tree=OTHER_TREE if defect == "foreign tree" else TREE,
                run=f"another-{made.layer}" if defect == "foreign run" else made.records[0].run,
                deselected=defect == "deselected",
                exit_status=2 if defect == "interrupted" else 0,
            )
        )
    assert judged(evidence).release != "GO"


@given(value=st.floats(1, 400), half=st.floats(0, 200), limit=st.floats(1, 400))
def test_a_wider_interval_never_turns_doubt_into_a_pass(
    value: float, half: float, limit: float
) -> None:
    rows = objectives(objective("fast", {**LATENCY, "limit": limit}), layers=())
    states = [
        of(judged([load(value, low=value - width, high=value + width)], rows), "fast").state
        for width in (0.0, half / 2, half)
    ]
    assert states in (
        ["met"] * 3, ["missed"] * 3, ["no evidence"] * 3,
        ["met", "met", "no evidence"], ["met", "no evidence", "no evidence"],
        ["missed", "missed", "no evidence"], ["missed", "no evidence", "no evidence"],
    )  # fmt: skip


@given(
    outcomes=st.lists(
        st.sampled_from(["passed", "failed", "error", "skipped", "flaky"]), min_size=1, max_size=6
    )
)
def test_a_layer_is_met_only_when_every_check_of_it_passed(outcomes: list[Outcome]) -> None:
    checks: list[Check] = [check(f"t{i}", outcome) for i, outcome in enumerate(outcomes)]
    unit = layer("unit", *checks, check("a", "passed", "right"))
    state = of(judged(instead(good_layers(), unit)), "unit-suite").state
    assert (state == "met") == (set(outcomes) == {"passed"})
    assert (state == "missed") == ("failed" in outcomes)
