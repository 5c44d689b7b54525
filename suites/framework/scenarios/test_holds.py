from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from scenarios.holds import Abort, HoldError, outcome_of, parse
from scenarios.moments import Moment

MOMENT = Moment(
    second=10, duration_s=60, started=100, answered=400, failed=0, waiting=0, offered_per_s=10,
    answers_per_s=40, failures_per_s=0, lag_ms=0, loop_lag_ms=0, cpu_share=0.1, reporting=1,
    latencies_so_far=Counter({5_000: 400}), visits_to_come=500,
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("p95<200ms", "http_latency_p95_ms < 200"),
        ("p99.9 <= 0.5s", "http_latency_p99.9_ms <= 500"),
        ("http_latency_p95_ms<200", "http_latency_p95_ms < 200"),
        ("errors<0.1%", "http_error_ratio < 0.001"),
        ("http_error_ratio<0.001", "http_error_ratio < 0.001"),
        ("p50<1ms, errors<=1%", "http_latency_p50_ms < 1, http_error_ratio <= 0.01"),
    ],
)
def test_a_limit_is_read_in_words(words: str, said: str) -> None:
    assert ", ".join(map(str, parse(words))) == said


@pytest.mark.parametrize(
    "words",
    ["", "p95", "p95>200ms", "p95<0ms", "p95<2%", "p100<2ms", "errors<0", "errors<5ms", "errors<2",
     "cache_hit_ratio<0.8", "p95<200ms,", "p95<nan"],
)  # fmt: skip
def test_words_that_are_no_limit_are_refused_with_an_example(words: str) -> None:
    with pytest.raises(HoldError, match=r"expected limits like p95<200ms or errors<0\.1%"):
        parse(words)


def test_a_whole_interval_decides() -> None:
    (hold,) = parse("p95<200ms")
    assert hold.outcome(100, 199) == "held"
    assert hold.outcome(150, 200) == "unclear"
    assert hold.outcome(150, None) == "unclear"
    assert hold.outcome(200, 250) == "broke"
    assert outcome_of(["held", "unclear"]) == "unclear"
    assert outcome_of(["held", "unclear", "broke"]) == "broke"


@pytest.mark.parametrize("words", ["p95<200ms", "errors<5%"])
def test_a_run_ends_only_when_nothing_to_come_could_save_a_limit(words: str) -> None:
    # 400 answers of 100 visits, 500 visits to come: at most 3,400 requests, of which 170 may be bad
    abort = Abort(parse(words))
    for bad, ends in ((170, False), (171, True)):
        slow = Counter({5_000: 400 - bad, 250_000: bad})
        reason = abort(replace(MOMENT, latencies_so_far=slow, failed=bad))
        assert bool(reason) == ends, reason
    assert reason.startswith(f"{parse(words)[0]} cannot be kept any more: 171 requests")


def test_visits_that_wait_may_still_be_quick() -> None:
    slow = Counter({5_000: 229, 250_000: 171})
    waiting = replace(MOMENT, latencies_so_far=slow, waiting=10)
    assert Abort(parse("p95<200ms"))(waiting) == ""


def test_the_first_few_answers_end_nothing() -> None:
    few = replace(MOMENT, answered=99, failed=99, visits_to_come=0)
    assert Abort(parse("errors<5%"))(few) == ""
