"""Schemathesis as visitor, player and admin: the player over HTTP, the others in this process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import psycopg
import pytest
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from httpx import ASGITransport, AsyncClient
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from schemathesis.schemas import BaseSchema

from fixtures.application import BASE_URL, SettingsFactory
from fixtures.database import Database
from fixtures.environment import UNLIMITED
from fixtures.evidence import Evidence
from fixtures.live import FOR_TESTS, LiveServiceFactory
from suites.contract import access, conformance
from suites.contract.access import Policy, Role
from suites.contract.conformance import Budget, Run
from suites.contract.feeding import Do, Feeder, feeding
from suites.contract.inprocess import in_process
from suites.contract.world import Request, World, world_of

pytestmark = pytest.mark.objective("contract-conformance", "sec-input")

SEED = 20_260_801
# Sockets, headers on the wire and a process of its own, for the role that may do most of what
# differs from person to person; the others ask the same application without them, in less time.
OVER_HTTP: Role = "player"
ENVIRONMENT = {
    **FOR_TESTS,
    # Every farewell needs a person of its own, whose log-in must not cost a quarter of a second.
    "SOCCERAI_ENVIRONMENT": "development",
    "SOCCERAI_BCRYPT_ROUNDS": "4",
}
# Whoever logs in as someone makes a session that is that person's to end, not the one's who sent
# the request.
SESSIONS_OF_OTHERS = {
    "include-operation-id": ["log_in", "log_out"],
    "checks": {"ensure_resource_availability": {"enabled": False}},
}
LOST_AT = 20  # events of the tool
# A refusal that is about the load or the size, not about what was asked.
BESIDE_THE_POINT = {"405", "413", "429"}


@dataclass(frozen=True)
class Subject:
    """The service as one role meets it: its document, and the world around it."""

    schema: BaseSchema
    world: World
    do: Do


Subjects = Callable[[Role], Subject]


@pytest.fixture
def subjects(request: pytest.FixtureRequest, served: dict[str, Any]) -> Iterator[Subjects]:
    """A season of its own for each role: what one leaves behind, no other meets."""
    with ExitStack() as stack:
        yield lambda role: (_over_http if role == OVER_HTTP else _in_process)(
            role, request, served, stack
        )


def _over_http(
    role: Role, request: pytest.FixtureRequest, served: dict[str, Any], stack: ExitStack
) -> Subject:
    start: LiveServiceFactory = request.getfixturevalue("live_service_factory")
    service = start(workers=1, seeded=True, environment=ENVIRONMENT)
    portal = stack.enter_context(start_blocking_portal())
    client = AsyncClient(base_url=service.url, timeout=30)
    world = _world(stack, portal, client, service.database.url, served)
    config = _configuration(role, service.url, world)
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json", config=config)
    return Subject(schema, world, portal.call)


def _in_process(
    role: Role,
    request: pytest.FixtureRequest,
    served: dict[str, Any],
    stack: ExitStack,
    **more: Any,
) -> Subject:
    database: Database = request.getfixturevalue("seeded_database")
    settings_with: SettingsFactory = request.getfixturevalue("settings_with")
    service = stack.enter_context(
        in_process(settings_with(database_url=database.url, **{**UNLIMITED, **more}))
    )
    client = AsyncClient(transport=ASGITransport(app=service.app), base_url=BASE_URL)
    world = _world(stack, service.portal, client, database.url, served)
    config = _configuration(role, None, world)
    schema = schemathesis.openapi.from_asgi("/openapi.json", service.app, config=config)
    return Subject(schema, world, service.portal.call)


def _world(
    stack: ExitStack,
    portal: BlockingPortal,
    client: AsyncClient,
    database_url: str,
    served: dict[str, Any],
) -> World:
    stack.enter_context(portal.wrap_async_context_manager(client))
    made = world_of(database_url, client, served)
    return stack.enter_context(portal.wrap_async_context_manager(made))


def _configuration(role: Role, base_url: str | None, world: World) -> schemathesis.Config:
    shallow = world.operations - in_depth(access.load(), role)
    return conformance.configuration(
        base_url, SEED, Budget(), shallow, exceptions=[SESSIONS_OF_OTHERS]
    )


class CouldNotLookError(Exception):
    """The run was no measurement, so it neither acquits nor condemns: a test in error, not failed.

    The tool gave up, data could not be prepared, or the service lost what it needs on the way.
    """


@dataclass(frozen=True)
class Seen:
    """What one role saw of the service."""

    role: Role
    document: Any
    run: Run


def looked_at(subject: Subject, role: Role, watch: Callable[[], bool] = lambda: True) -> Seen:
    """Run every phase as a role. Raises CouldNotLookError."""
    with feeding(subject.schema, Feeder(subject.world, access.load(), role, subject.do)):
        run = conformance.run(subject.schema, watch)
    ready = subject.do(subject.world.send, "ready", Request(), None)
    if not ready.is_success:
        raise CouldNotLookError(f"the service is not ready at the end: {ready.text[:300]}")
    if not run.complete or run.errors:
        raise CouldNotLookError("\n".join([f"ended with: {run.stop_reason}", *run.errors]))
    return Seen(role, subject.schema.raw_schema, run)


@pytest.fixture(params=access.ROLES)
def seen(request: pytest.FixtureRequest, subjects: Subjects) -> Seen:
    return looked_at(subjects(request.param), request.param)


@pytest.mark.long
def test_every_operation_answers_as_its_schema_says(seen: Seen, evidence: Evidence) -> None:
    record(evidence, seen.document, seen.run, seen.role)
    assert not seen.run.failures, "\n".join(map(str, seen.run.failures.values()))


def test_a_database_that_is_lost_on_the_way_is_no_verdict(
    request: pytest.FixtureRequest, served: dict[str, Any], seeded_database: Database
) -> None:
    stack = ExitStack()
    request.addfinalizer(stack.close)
    subject = _in_process("visitor", request, served, stack, database_wait_s=1.0)
    few = replace(subject, schema=subject.schema.include(operation_id=["list_teams", "ready"]))
    events = count(1)

    def stop_in_the_middle() -> bool:
        seen = next(events)
        if seen == LOST_AT:
            refuse_connections(seeded_database)
        return seen < LOST_AT + 3  # the tool tries again what answers 503, each time after a second

    with pytest.raises(CouldNotLookError, match="Postgres is missing"):
        looked_at(few, "visitor", stop_in_the_middle)
    assert next(events) > LOST_AT


def refuse_connections(database: Database) -> None:
    """Nobody gets in any more, and who was in is put out."""
    name = conninfo_to_dict(database.dsn)["dbname"]
    elsewhere = make_conninfo(database.dsn, dbname="postgres")
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        statement = sql.SQL("alter database {} allow_connections false")
        connection.execute(statement.format(sql.Identifier(str(name))))
        ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
        connection.execute(ended, [name])


def in_depth(policy: Policy, role: Role) -> frozenset[str]:
    """What a role is the least of all roles to be let into: there it looks for every fault."""
    lesser = access.ROLES[: access.ROLES.index(role)]
    return policy.lets_in(role) - frozenset[str]().union(*map(policy.lets_in, lesser))


def record(evidence: Evidence, document: Any, run: Run, role: Role) -> None:
    for failure in run.failures.values():
        evidence.record(failure.as_finding(role))
    for phase, cases in run.cases.items():
        evidence.instrument(
            "schemathesis_cases", cases, unit="cases", role=role, phase=phase, seed=str(SEED)
        )
    evidence.measure("schemathesis_cases_per_s", run.rate_per_s, "1/s", role=role)
    for name, counts in run.table(name for name, _ in _operations(document)):
        for status_class, times in sorted(counts.items()):
            evidence.measure(
                "answers", times, "answers", operation=name, role=role, status=status_class
            )
    for name, reached in (
        ("success", run.reached(_may_succeed(document, role), range(200, 400))),
        ("refusal", run.reached(_may_be_refused(document), range(400, 500))),
    ):
        missing = [operation for operation, why_not in reached.items() if why_not]
        evidence.instrument(
            f"operations_reached_with_{name}",
            len(reached) - len(missing),
            total=len(reached),
            missing=[f"{operation}: {reached[operation]}" for operation in missing],
            unit="operations",
            role=role,
        )


def _operations(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def _may_succeed(document: Any, role: Role) -> list[str]:
    allowed = access.load().lets_in(role)
    return [name for name, one in _operations(document) if one["operationId"] in allowed]


def _may_be_refused(document: Any) -> list[str]:
    return [
        name
        for name, one in _operations(document)
        if {status for status in one["responses"] if status[0] == "4"} - BESIDE_THE_POINT
    ]
