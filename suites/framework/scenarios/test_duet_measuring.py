from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scenarios.duet.asking import Connection, NoAnswerError, fetch
from scenarios.duet.blocks import ORDERS, Block, Series
from scenarios.duet.endpoints import Endpoint
from scenarios.duet.measuring import Duet, NotComparableError, Tally
from scenarios.duet.sides import Build, Start
from scenarios.duet.spending import Spending
from suites.framework.scenarios.duet_services import (
    Answer,
    Respond,
    a_closed_port,
    after,
    answering,
    fine,
)

BLOCKS = 20
HERE = Endpoint("GET /here", "/here")


@contextmanager
def builds(
    base: Respond = fine, new: Respond = fine, spending: Spending | None = None
) -> Iterator[Duet]:
    with answering(base) as there, answering(new) as here:
        starts = {"base": (Start(there, spending),), "new": (Start(here, spending),)}
        pair = {side: Build(side, found) for side, found in starts.items()}  # type: ignore[arg-type]
        yield Duet(pair, 0.8, random.Random(1))  # type: ignore[arg-type] # noqa: S311


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short warm-up and slices, and 20 blocks an endpoint, however long they take.

    These tests are about order and honesty, not about time: a machine that stands still for a
    second must not decide how many blocks they see.
    """
    monkeypatch.setattr(
        Duet, "_goes_on", lambda _, tally: not tally.fault and len(tally.series.blocks) < BLOCKS
    )
    monkeypatch.setattr("scenarios.duet.measuring.WARM_UP_S", 0.05)
    monkeypatch.setattr("scenarios.duet.measuring.SLICE_S", 0.005)


def only(duet: Duet, endpoint: Endpoint = HERE) -> Tally:
    (tally,) = duet.measure([endpoint])
    return tally


@pytest.mark.usefixtures("quick")
def test_blocks_come_in_both_orders_and_each_side_is_asked_alike() -> None:
    with builds() as duet:
        tally = only(duet)
    orders = {tuple(part.side for part in block.slices) for block in tally.series.blocks}
    assert orders == set(ORDERS)
    assert len(tally.series.latencies_s("base")) == len(tally.series.latencies_s("new")) > 0
    assert tally.counts.failed == 0
    assert tally.counts.warm_up >= 20
    assert tally.counts.kept == 4 * len(tally.series.blocks) * tally.slice_requests


@pytest.mark.parametrize(
    ("blocks", "spent_s", "fault", "goes_on"),
    [
        (0, 0.3, "", True),  # the warm-up alone
        (0, 0.9, "", False),
        (3, 0.6, "", True),  # another 0.2 s
        (2, 0.6, "", False),
        (3, 0.3, "the new side answers 500", False),
    ],
)
def test_a_block_is_begun_only_if_one_as_long_as_those_before_fits_the_time(
    blocks: int, spent_s: float, fault: str, goes_on: bool
) -> None:
    block = Block((), {})
    tally = Tally(HERE, Series([block] * blocks), fault=fault, spent_s=spent_s)
    duet = Duet({}, 0.8, random.Random(1))  # noqa: S311
    assert duet._goes_on(tally) is goes_on


@pytest.mark.usefixtures("quick")
def test_the_same_seed_tosses_the_same_coins() -> None:
    found = []
    for _ in range(2):
        with builds() as duet:
            tally = only(duet)
        found.append([block.slices[0].side for block in tally.series.blocks])
    assert len(found[0]) == BLOCKS
    assert found[0] == found[1]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("then", "said"),
    [
        ((500, b"{}"), "the new side answers 500, expected 200"),
        ((201, b"{}"), "the new side answers 201, expected 200"),
        ((0, b""), "the connection was closed in an answer"),
    ],
)
def test_an_answer_that_turns_bad_ends_the_comparison_of_that_endpoint(
    then: Answer, said: str
) -> None:
    with builds(new=after(40, then)) as duet:
        tally = only(duet)
    assert said in tally.fault
    assert tally.counts.failed == 1


@pytest.mark.usefixtures("quick")
def test_an_endpoint_that_fails_leaves_the_others_their_time() -> None:
    def respond(path: str, headers: object) -> Answer:
        return (500 if path == "/bad" else 200), b"{}"

    with builds(new=respond) as duet:
        bad, good = duet.measure([Endpoint("GET /bad", "/bad"), HERE])
    assert "the new side answers 500, expected 2" in bad.fault
    assert not good.fault
    assert len(good.series.blocks) == BLOCKS


@pytest.mark.usefixtures("quick")
def test_a_side_that_is_gone_is_no_comparison() -> None:
    with builds() as duet:
        duet.builds["new"].starts = (Start(f"http://127.0.0.1:{a_closed_port()}"),)
        tally = only(duet)
    assert "cannot be reached" in tally.fault
    assert tally.series.blocks == []


@pytest.mark.usefixtures("quick")
def test_pythons_collector_is_as_it_was_afterwards() -> None:
    assert gc.isenabled()
    seen = []

    def respond(path: str, headers: object) -> Answer:
        seen.append(gc.isenabled())
        return 200, b"{}"

    with builds(base=respond) as duet:
        only(duet)
    assert True not in seen
    assert gc.isenabled()


@pytest.mark.usefixtures("quick")
def test_cpu_is_read_of_the_processes_that_are_named() -> None:
    with builds(spending=Spending(os.getpid())) as duet:  # both services run in this process
        tally = only(duet)
    assert len(tally.series.logs("cpu")) == len(tally.series.blocks)
    assert all(min(block.cpu_s.values()) > 0 for block in tally.series.blocks)


@pytest.mark.usefixtures("quick")
def test_every_start_of_a_build_takes_its_turn() -> None:
    seen: list[Counter[str]] = [Counter(), Counter()]

    def counting(number: int) -> Respond:
        def respond(path: str, headers: object) -> Answer:
            seen[number][path] += 1
            return 200, b"{}"

        return respond

    with answering(counting(0)) as one, answering(counting(1)) as two, builds() as duet:
        duet.builds["base"].starts = (Start(one), Start(two))
        tally = only(duet)
    assert not tally.fault
    assert len(tally.series.blocks) > 2
    assert min(found["/here"] for found in seen) > 20


def test_a_process_that_is_not_there_is_said_before_anything_is_measured() -> None:
    with builds(spending=Spending(2**22 + 1)) as duet, pytest.raises(NotComparableError) as told:
        only(duet)
    assert "the base side: there is no process 4194305" in str(told.value)


def test_spending_counts_what_a_process_below_has_spent() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    busy = "import sys, time\nwhile time.process_time() < .3: pass\nprint('spun', flush=True)\n"
    argv = [sys.executable, "-c", code, busy + "sys.stdin.read()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"spun\n"
        spending = Spending(process.pid)
        spending.refresh()
        spent = spending.total_s()
        process.communicate()
    assert spent is not None
    assert 0.3 <= spent < 3.0
    assert spending.total_s() is None  # they have ended
    with pytest.raises(ProcessLookupError):
        spending.refresh()


# --- one request -------------------------------------------------------------------------------


def test_a_connection_is_kept_for_the_next_request() -> None:
    seen = []

    def respond(path: str, headers: object) -> Answer:
        seen.append(path)
        return 200, path.encode()

    with answering(respond) as url:
        connection = Connection(url)
        request = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
        replies = [connection.ask(request % number) for number in range(3)]
        connection.close()
    assert [reply.body for reply in replies] == [b"/0", b"/1", b"/2"]
    assert all(reply.seconds > 0 for reply in replies)


def test_a_body_of_many_parts_is_read_whole() -> None:
    with answering(lambda path, headers: (200, b"x" * 300_000)) as url:
        assert len(fetch(url, "/").body) == 300_000


def test_a_service_that_says_nothing_is_not_waited_for_for_ever() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        connection = Connection(f"http://127.0.0.1:{port}", within_s=0.1)
        with pytest.raises(NoAnswerError, match="no answer in time"):
            connection.ask(b"GET / HTTP/1.1\r\n\r\n")
        connection.close()
