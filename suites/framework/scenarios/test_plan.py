from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from scenarios import shapes
from scenarios.journeys.interface import Journey, Visit
from scenarios.plan import Arrival, JourneysError, Plan, schedule
from scenarios.targets import load_target

ROOT = Path(__file__).parents[3]
PLAYER = load_target(ROOT / "sut" / "target.toml").identities["player"]
COMMIT = Plan(url="http://127.0.0.1:1", profile=shapes.profile("commit"), player=PLAYER)


def measured(arrivals: list[Arrival]) -> list[Arrival]:
    return [arrival for arrival in arrivals if arrival.at_s >= 0]


def test_the_mix_has_the_promised_shares() -> None:
    plan = COMMIT.model_copy(update={"profile": COMMIT.profile.overridden(duration_s=400)})
    counts = Counter(arrival.journey_name for arrival in measured(list(schedule(plan))))
    mix = sum(counts.values()) - counts["log_in"]
    shares = {name: count / mix for name, count in counts.items() if name != "log_in"}
    assert shares == pytest.approx(
        {"browse": 0.74, "leaderboard": 0.15, "predict": 0.10, "refresh": 0.01}, abs=0.002
    )


def test_one_person_logs_in_each_second_whatever_the_rate() -> None:
    plan = COMMIT.model_copy(update={"profile": COMMIT.profile.overridden(rate_per_s=500)})
    log_ins = [arrival.at_s for arrival in schedule(plan) if arrival.journey_name == "log_in"]
    assert [int(at_s) for at_s in log_ins] == list(range(30))


def test_the_warm_up_comes_before_the_start_at_the_same_rate() -> None:
    before = [arrival for arrival in schedule(COMMIT) if arrival.at_s < 0]
    assert min(arrival.at_s for arrival in before) >= -COMMIT.profile.warm_up_s
    assert len(before) == pytest.approx(75 * COMMIT.profile.warm_up_s, rel=0.25)


def test_generators_that_share_a_schedule_play_exactly_that_of_one() -> None:
    parts = [COMMIT.model_copy(update={"share": share, "of": 3}) for share in range(3)]
    together = sorted(arrival for part in parts for arrival in schedule(part))
    assert together == list(schedule(COMMIT))


def test_a_seed_repeats_the_schedule_and_another_one_changes_it() -> None:
    assert list(schedule(COMMIT)) == list(schedule(COMMIT))
    assert list(schedule(COMMIT)) != list(schedule(COMMIT.model_copy(update={"seed": 2})))


def test_a_plan_survives_the_way_to_its_generator() -> None:
    assert Plan.model_validate_json(COMMIT.model_dump_json()) == COMMIT


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("no.such.module", "cannot import no.such.module"),
        ("suites.framework.scenarios.journeys_for_tests", "expected MIX, a tuple of Journey"),
    ],
)
def test_journeys_that_cannot_be_had_are_named(module: str, said: str) -> None:
    with pytest.raises(JourneysError, match=said):
        COMMIT.model_copy(update={"journeys": module}).mix()


def step(visit: Visit) -> None:
    """Nothing is played here."""


ONE = Journey("one", 1, step)


@pytest.mark.parametrize(
    ("mix", "log_in", "said"),
    [
        ((ONE, Journey("one", 2, step)), None, "two journeys are named 'one'"),
        ((ONE,), Journey("one", 0, step), "two journeys are named 'one'"),
        ((ONE,), "one", "expected LOG_IN, a Journey, found 'one'"),
        ((Journey("one", 0, step),), None, "expected a journey in MIX with a share above 0"),
        ((ONE, Journey("two", -1, step)), None, "journey two: expected a share, .* found -1"),
        ((Journey("one", float("nan"), step),), None, "journey one: expected a share"),
        ((Journey("one", "half", step),), None, "expected a share, .* found 'half'"),  # type: ignore[arg-type]
        ((Journey("one", 1, None),), None, "journey one: expected play, .* found None"),  # type: ignore[arg-type]
        ((Journey("", 1, step),), None, "expected a name for each journey"),
        ((Journey(7, 1, step),), None, "expected a name for each journey"),  # type: ignore[arg-type]
        (7, None, "expected MIX, a tuple of Journey values"),
        ((ONE, "two"), None, "expected MIX, a tuple of Journey values"),
    ],
)
def test_journeys_that_cannot_be_played_are_named(
    mix: object, log_in: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("their_journeys")
    vars(module).update(MIX=mix, LOG_IN=log_in)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(JourneysError, match=f"^their_journeys: .*{said}"):
        COMMIT.model_copy(update={"journeys": module.__name__}).mix()


def test_a_journey_without_a_share_takes_no_part_in_the_mix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = ModuleType("their_journeys")
    never = Journey("never", 0, step)
    vars(module).update(MIX=[ONE, never], LOG_IN=never)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    plan = COMMIT.model_copy(update={"journeys": module.__name__, "player": None})
    assert {arrival.journey_name for arrival in schedule(plan)} == {"one"}
