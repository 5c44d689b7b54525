"""One run by several generators: over Locust's own distribution, as it is across hosts."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from fixtures.services.ports import free_port
from fixtures.services.waiting import NotYetError, wait_until
from reports.evidence import AnyRecord, Instrument, Measurement, Series, decode
from scenarios import shapes
from scenarios.conductor import Conductor, LoadError
from scenarios.histograms import Endpoint, merged
from scenarios.observer import Observer
from scenarios.plan import Plan, schedule
from scenarios.posts import Post
from scenarios.runs import Run
from scenarios.station import Letter, Station
from scenarios.wire import HELLO, VERSION
from scenarios.words import ENDED_EARLY, EVIDENCE
from suites.framework.scenarios.commands import ROOT, Command, commands
from suites.framework.scenarios.loopback import Loopback, serving
from suites.framework.scenarios.test_generator import play, profile

PATHS = ("/ok", "/broken", "/page")


def measured(run: Run) -> dict[Endpoint, tuple[Counter[int], Counter[int]]]:
    """How many requests of each endpoint were due in each second, and how many of them failed."""
    return {
        endpoint: (
            Counter({second: counts.total() for second, counts in tally.by_second.items()}),
            tally.failed_by_second,
        )
        for endpoint, tally in run.tallies.items()
    }


def failures(run: Run) -> Counter[tuple[Endpoint, str]]:
    total: Counter[tuple[Endpoint, str]] = Counter()
    for result in run.results:
        total.update(result.failures.counts)
    return total


def test_two_generators_measure_what_one_does_on_the_same_schedule() -> None:
    shape = shapes.ramp(20, 60, 3)
    runs = []
    for generators in (1, 2):
        with serving() as server:
            run = play(
                server, shape, generators=generators, paths=PATHS, process="poisson", warm_up_s=0.5
            )
            due = list(schedule(run.plan))
            assert server.answered == len(due)
        runs.append(run)
    alone, together = runs
    assert measured(together) == measured(alone)
    assert failures(together) == failures(alone)
    shared = [result.health.begun for result in together.results]
    assert len(shared) == 2
    assert min(shared) > 0
    assert sum(shared) == sum(arrival.at_s >= 0 for arrival in due)
    assert merged(together.tallies.values()).count == sum(shared)
    assert together.lost == 0
    assert 0 < together.clock_uncertainty_s < 1


def master(server: Loopback, port: int, out: Path, *more: str) -> tuple[str, ...]:
    return (
        "run", "--url", server.url, "--path", "/ok", "--rate", "40", "--master",
        "--expect-workers", "2", "--bind-port", str(port), "--out", str(out), *more,
    )  # fmt: skip


def worker(port: int, *more: str) -> tuple[str, ...]:
    return ("run", "--worker", f"127.0.0.1:{port}", *more)


def read(out: Path) -> list[AnyRecord]:
    return [decode(line) for line in (out / EVIDENCE).read_text().splitlines()]


def instruments(out: Path) -> dict[str, Instrument]:
    return {item.name: item for item in read(out) if isinstance(item, Instrument)}


def requests(out: Path) -> int:
    ratios = (item for item in read(out) if isinstance(item, Measurement)
              and item.metric == "http_error_ratio")  # fmt: skip
    return next(item.samples for item in ratios if item.dimensions["scenario"] == "mix")


def test_workers_that_come_by_their_own_commands_share_a_masters_run(tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out"
    with (
        serving() as server,
        commands(
            tmp_path, worker(port), master(server, port, out, "--duration", "2s"), worker(port)
        ) as all_three,
    ):
        assert [command.ended() for command in all_three] == [0, 0, 0], all_three[1].said
    found = instruments(out)
    assert (found["generators_finished"].value, found["generators_finished"].total) == (2, 2)
    assert found["arrivals_served"].value == found["arrivals_served"].total
    assert requests(out) == found["arrivals_served"].value
    assert 0 < found["clock_uncertainty_ms"].value < 1000


AHEAD = """
import sys, time
real = time.monotonic
time.monotonic = lambda: real() + 5000
from scenarios.worker import main
raise SystemExit(main(sys.argv[1:]))
"""


def test_workers_whose_clocks_differ_begin_together() -> None:
    port = free_port()
    plan = {"profile": profile(shapes.constant(40, 3)), "paths": ("/ok",)}
    with serving() as server:
        workers = [
            subprocess.Popen([sys.executable, *code, "127.0.0.1", str(port)], cwd=ROOT)
            for code in (("-c", AHEAD), ("-m", "scenarios.worker"))
        ]
        try:
            whole = Plan.model_validate({"url": server.url, **plan})
            run = Conductor(whole, 2, Observer(), post=Post(local=False, bind_port=port)).conduct()
            assert [process.wait(30) for process in workers] == [0, 0]
        finally:
            for process in workers:
                process.kill()
                process.wait()
    assert [result.health.begun for result in run.results] == [60, 60]
    assert run.clock_uncertainty_s < 1
    (due,) = measured(run).values()
    assert due[0] == {0: 40, 1: 40, 2: 40}
    (tally,) = run.tallies.values()
    assert set(tally.finished_by_second) <= {0, 1, 2, 3, 4}, "one was thousands of seconds late"


def enough(server: Loopback, count: int) -> None:
    if server.answered < count:
        raise NotYetError(f"{server.answered} requests")


def under_load(server: Loopback, count: int, command: Command) -> None:
    wait_until(
        lambda: enough(server, count),
        what="load on the test server",
        within_s=90,
        advice="See what the master wrote.",
        ended=lambda: None if command.process.poll() is None else command.said,
    )


@pytest.mark.long
def test_a_worker_elsewhere_that_dies_makes_the_run_invalid_and_takes_nothing_of_the_others_along(
    tmp_path: Path,
) -> None:
    port, out = free_port(), tmp_path / "out"
    with (
        serving() as server,
        commands(
            tmp_path, master(server, port, out, "--duration", "12s"), worker(port), worker(port)
        ) as (leader, one, other),
    ):
        under_load(server, 200, leader)
        one.process.kill()
        assert leader.ended() == 2
        assert other.ended() == 0
        assert "1 of 2 generators did not hand over all that they measured" in leader.said
    found = instruments(out)
    assert (found["generators_finished"].value, found["generators_finished"].total) == (1, 2)
    assert found["load_seconds"].value >= 12
    # the survivor's half of 480 visits, and what the lost one had reported until it died
    assert requests(out) > 240
    (rates,) = (item for item in read(out) if isinstance(item, Series)
                and item.metric == "http_rate_per_s")  # fmt: skip
    assert [second for second, _ in rates.points] == list(range(12))
    assert sum(rate for second, rate in rates.points if second >= 8) > 0


def connected(command: Command, port: int) -> None:
    seen = psutil.Process(command.process.pid).net_connections("tcp")
    if not any(one.raddr and one.raddr.port == port and one.status == psutil.CONN_ESTABLISHED
               for one in seen):  # fmt: skip
        raise NotYetError(f"{len(seen)} connections")


@pytest.mark.long
def test_one_worker_too_many_changes_nothing(tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out"
    with (
        serving() as server,
        commands(
            tmp_path, master(server, port, out, "--duration", "5m"), worker(port), worker(port)
        ) as (leader, *two),
    ):
        under_load(server, 20, leader)
        with commands(tmp_path / "late", worker(port)) as (late,):
            wait_until(
                lambda: connected(late, port),
                what="the late worker at its master",
                within_s=90,
                advice="See what it wrote.",
                ended=lambda: None if late.process.poll() is None else late.said,
            )
            under_load(server, server.answered + 40, leader)
            leader.process.send_signal(signal.SIGINT)
            ends = [command.ended() for command in (leader, *two, late)]
            assert ends == [ENDED_EARLY, 0, 0, 0], leader.said
    found = instruments(out)
    assert (found["generators_finished"].value, found["generators_finished"].total) == (2, 2)
    assert found["arrivals_served"].value == found["arrivals_served"].total == requests(out)


IMPATIENT = """
import sys
from scenarios import worker
worker.MASTER_SILENT_S = 4
raise SystemExit(worker.main(sys.argv[1:]))
"""


@pytest.mark.long
def test_a_worker_whose_master_died_ends_and_says_so(tmp_path: Path) -> None:
    port = free_port()
    impatient = ("-c", IMPATIENT, "127.0.0.1", str(port))
    with (
        serving() as server,
        commands(
            tmp_path, master(server, port, tmp_path / "out", "--duration", "5m"), impatient,
            impatient,
        ) as (leader, *both),
    ):  # fmt: skip
        under_load(server, 20, leader)
        leader.process.kill()
        assert [command.ended() for command in both] == [2, 2]
    assert all(
        f"the master at 127.0.0.1:{port} has been silent for 4 s" in item.said for item in both
    )


def test_no_generator_outlives_the_command_that_started_it(tmp_path: Path) -> None:
    with serving() as server:
        words = ("run", "--url", server.url, "--duration", "5m", "--processes", "2",
                 "--out", str(tmp_path / "out"))  # fmt: skip
        with commands(tmp_path, words) as (run,):
            under_load(server, 20, run)
            generators = psutil.Process(run.process.pid).children()
            assert len(generators) == 2
            run.process.kill()
            gone, alive = psutil.wait_procs(generators, timeout=30)
    assert (len(gone), alive) == (2, [])


def test_a_master_listens_on_loopback_unless_told() -> None:
    station = Station("http://127.0.0.1:1")
    try:
        listening = {
            connection.laddr.ip
            for connection in psutil.Process().net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == station.port
        }
    finally:
        station.close()
    assert listening == {"127.0.0.1"}


def test_workers_that_do_not_come_are_said_with_what_to_try(tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out"
    with (
        serving() as server,
        commands(tmp_path, master(server, port, out, "--wait", "1s")) as (leader,),
    ):
        assert leader.ended() == 2
        assert server.answered == 1
    assert "0 of 2 workers came within 1 s.\nStart the others with:" in leader.said
    assert "or ask for fewer with --expect-workers" in leader.said


def test_a_worker_that_came_alone_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    greeted_by(monkeypatch, {"version": VERSION, "pid": 1, "host": "elsewhere"})
    with pytest.raises(LoadError, match=r"1 of 2 workers came within 0\.5 s"):
        conductor(Post(local=False, wait_s=0.5), generators=2).conduct()


def test_a_worker_without_a_master_gives_up_and_says_so(tmp_path: Path) -> None:
    port = free_port()
    with commands(tmp_path, worker(port, "--wait", "2s")) as (alone,):
        assert alone.ended() == 2
    assert f"no master answers at 127.0.0.1:{port} within 2 s" in alone.said
    assert "Traceback" not in alone.said


def test_a_master_that_cannot_listen_says_where(tmp_path: Path) -> None:
    taken = Station("http://127.0.0.1:1")
    try:
        with pytest.raises(LoadError, match=f"127.0.0.1:{taken.port} cannot be listened on"):
            conductor(Post(local=False, bind_port=taken.port)).conduct()
    finally:
        taken.close()


def conductor(post: Post, generators: int = 1) -> Conductor:
    plan = Plan(url="http://127.0.0.1:1", profile=shapes.profile("smoke"), paths=("/",))
    return Conductor(plan, generators, Observer(), post=post)


def greeted_by(monkeypatch: pytest.MonkeyPatch, worker: dict[str, object]) -> None:
    """Let a worker say that it is there as soon as a master listens."""

    class Greeted(Station):
        def __init__(self, *where: object) -> None:
            super().__init__(*where)  # type: ignore[arg-type]
            self.receive("w1", HELLO, worker)

    monkeypatch.setattr("scenarios.conductor.Station", Greeted)


def test_a_worker_of_another_release_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    greeted_by(monkeypatch, {"version": VERSION + 1, "pid": 1, "host": "elsewhere"})
    said = f"the worker on elsewhere speaks version {VERSION + 1} of the messages"
    with pytest.raises(LoadError, match=said):
        conductor(Post(local=False)).conduct()


GREETING: dict[str, object] = {"version": VERSION, "pid": 1, "host": "elsewhere"}


def test_a_worker_that_never_gets_ready_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    greeted_by(monkeypatch, GREETING)
    monkeypatch.setattr("scenarios.conductor.PREPARE_WITHIN_S", 0.2)
    monkeypatch.setattr("scenarios.conductor.CLOCK_WITHIN_S", 0.05)
    with pytest.raises(LoadError, match=r"not ready within 0\.2 s: .* try fewer with --sessions"):
        conductor(Post(local=False)).conduct()


def test_an_interrupt_before_the_load_begins_ends_it_with_nothing_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Interrupted(Station):
        def letter(self, within_s: float) -> Letter | None:
            signal.raise_signal(signal.SIGINT)
            return super().letter(within_s)

    monkeypatch.setattr("scenarios.conductor.Station", Interrupted)
    with pytest.raises(LoadError, match="interrupted before the load began; nothing was measured"):
        conductor(Post(local=False, wait_s=30)).conduct()


def test_a_worker_that_goes_away_before_the_load_begins_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    greeted_by(monkeypatch, GREETING)
    monkeypatch.setattr(Station, "missing", lambda *_: True)
    monkeypatch.setattr("scenarios.conductor.CLOCK_WITHIN_S", 0.05)
    monkeypatch.setattr("scenarios.conductor.SILENT_FOR_S", 0.1)
    with pytest.raises(LoadError, match="a generator ended before it began"):
        conductor(Post(local=False)).conduct()
