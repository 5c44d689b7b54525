"""What an answer of the reference service costs in CPU time, as a share of a peer's in turns.

The peer is Starlette alone, on the same server and event loop, which answers the same bytes and
does nothing else: no limit, no cache, no log, no metrics. CPU time hardly notices neighbours, and
what a busy machine adds it adds to both. It is read in nanoseconds: a turn on a quick machine costs
no more than one or two of the hundredths of a second in which the kernel tells it otherwise.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from fixtures import clients
from fixtures.evidence import Evidence
from fixtures.live import LIMITS_FOR_TESTS, LiveServiceFactory
from scenarios.duet.spending import Spending
from suites.bench.load.processes import ENDS_WITHIN_S, ROOT
from suites.bench.pairs import CONFIDENCE, Spread, spread

TURNS, REQUESTS = 11, 100
PATHS = (
    "/api/teams",
    "/api/standings",
    "/api/matches?limit=50",
    "/api/matches/1",
    "/api/leaderboard?limit=50",
)
OF_A_PLAYER = ("/api/predictions?limit=100", "/api/me")
# A request that announces a body, even an empty one, is never answered by the short way.
THE_LONG_WAY = {"content-length": "0"}


@dataclass
class Asked:
    """A server, a connection to it, and what the processes that answer there have spent."""

    connection: http.client.HTTPConnection
    spending: Spending

    @classmethod
    def at(cls, url: str, pid: int) -> Asked:
        address = urlsplit(url)
        assert address.hostname is not None
        made = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        return cls(made, Spending(pid))

    def body(self, path: str, headers: Mapping[str, str]) -> bytes:
        """The bytes of one answer, which must be a good one."""
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        read = answer.read()
        assert answer.status == 200, read
        return read

    def cost_s(self, path: str, headers: Mapping[str, str]) -> float:
        """CPU seconds that one turn of requests takes the server."""
        self.spending.refresh()
        before = self._spent_s()
        for _ in range(REQUESTS):
            self.body(path, headers)
        return self._spent_s() - before

    def _spent_s(self) -> float:
        spent_s = self.spending.total_s()
        assert spent_s is not None, "a process of the server has ended"
        return spent_s


@contextmanager
def starlette_with(bodies: Mapping[str, bytes]) -> Iterator[Asked]:
    """Starlette alone with these bodies."""
    with subprocess.Popen(
        [sys.executable, "-m", "suites.bench.load.starlette_peer"], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = {path.partition("?")[0]: body.decode() for path, body in bodies.items()}
            process.stdin.write(json.dumps(said) + "\n")
            process.stdin.flush()
            yield Asked.at(process.stdout.readline().strip(), process.pid)
        finally:
            process.stdin.close()
            process.wait(ENDS_WITHIN_S)


def shares(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """How often the peer's cost ours is, turn by turn."""
    return spread([one / other for one, other in zip(ours, theirs, strict=True)])


def test_an_answer_by_the_short_way_costs_less_than_by_the_long_one(
    live_service_factory: LiveServiceFactory, evidence: Evidence
) -> None:
    service = live_service_factory(workers=1, environment=LIMITS_FOR_TESTS)
    ours = Asked.at(service.url, service.pid)
    player = {"authorization": f"Bearer {_token(ours)}"}
    headers: dict[str, Mapping[str, str]] = {key: {} for key in PATHS} | dict.fromkeys(
        OF_A_PLAYER, player
    )
    bodies = {path: ours.body(path, sent) for path, sent in headers.items()}
    lines = []
    with starlette_with(bodies) as peer:
        for path, sent in headers.items():
            assert peer.body(path, {}) == ours.body(path, sent) == bodies[path]
            costs: dict[str, list[float]] = {"ours": [], "long": [], "starlette": []}
            for _ in range(TURNS):
                costs["ours"].append(ours.cost_s(path, sent))
                costs["long"].append(ours.cost_s(path, {**sent, **THE_LONG_WAY}))
                costs["starlette"].append(peer.cost_s(path, {}))
            lines.append(_note(evidence, path, costs))
            if path in PATHS:
                assert shares(costs["ours"], costs["long"]).high < 1, lines[-1]
    print("\n".join(lines))
    evidence.attach("\n".join(lines) + "\n", "cost-of-answers.txt")


def _token(service: Asked) -> str:
    told = {"email": clients.player_address(1), "password": clients.PASSWORD}
    service.connection.request(
        "POST", "/api/sessions", json.dumps(told), {"content-type": "application/json"}
    )
    answer = service.connection.getresponse()
    said = json.loads(answer.read())
    assert answer.status == 201, said
    return str(said["access_token"])


def _note(evidence: Evidence, path: str, costs: Mapping[str, Sequence[float]]) -> str:
    found = shares(costs["ours"], costs["starlette"])
    evidence.measure(
        "answer_cpu_share", found.median, "ratio", samples=found.samples, low=found.low,
        high=found.high, confidence=CONFIDENCE, endpoint=path, against="Starlette alone",
    )  # fmt: skip
    each = {name: sum(spent) / TURNS / REQUESTS * 1e3 for name, spent in costs.items()}
    evidence.measure(
        "answer_cpu_seconds_per_1000", each["ours"], "s", samples=TURNS * REQUESTS, endpoint=path
    )
    return (
        f"{path}: {each['ours']:.2f} CPU-seconds for 1,000 requests, {each['long']:.2f} the long "
        f"way, {each['starlette']:.2f} by Starlette alone; {found.median:.1f} times as much "
        f"({found.low:.1f} to {found.high:.1f})"
    )
