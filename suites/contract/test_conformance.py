"""Schemathesis as visitor, player and admin, each against a service of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from httpx import AsyncClient

from fixtures.evidence import Evidence
from fixtures.live import FOR_TESTS, LiveService, LiveServiceFactory
from suites.contract import access, conformance
from suites.contract.access import Policy, Role
from suites.contract.conformance import Budget, Run
from suites.contract.feeding import Feeder, feeding
from suites.contract.world import World, world_of

pytestmark = pytest.mark.objective("contract-conformance", "sec-input")

SEED = 20_260_801
ENVIRONMENT = {
    **FOR_TESTS,
    # Every farewell needs a person of its own, whose log-in must not cost a quarter of a second.
    "SOCCERAI_ENVIRONMENT": "development",
    "SOCCERAI_BCRYPT_ROUNDS": "4",
}
# A refusal that is about the load or the size, not about what was asked.
BESIDE_THE_POINT = {"405", "413", "429"}


@pytest.fixture
def service(live_service_factory: LiveServiceFactory) -> LiveService:
    """One worker and a season of its own: what one role leaves behind, no other role meets."""
    return live_service_factory(workers=1, seeded=True, environment=ENVIRONMENT)


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture
def world(service: LiveService, portal: BlockingPortal, served: dict[str, Any]) -> Iterator[World]:
    client = AsyncClient(base_url=service.url, timeout=30)
    with portal.wrap_async_context_manager(client):
        made = world_of(service.database.url, client, served)
        with portal.wrap_async_context_manager(made) as world:
            yield world


@pytest.mark.long
@pytest.mark.parametrize("role", access.ROLES)
def test_every_operation_answers_as_its_schema_says(
    role: Role, service: LiveService, world: World, portal: BlockingPortal, evidence: Evidence
) -> None:
    policy = access.load()
    config = conformance.configuration(
        service.url, SEED, Budget(), world.operations - in_depth(policy, role)
    )
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json", config=config)
    with feeding(schema, Feeder(world, policy, role, portal.call)):
        run = conformance.run(schema)
    record(evidence, schema.raw_schema, run, role)
    assert run.complete, f"{run.stop_reason} {run.errors}"
    assert not run.errors, "\n".join(run.errors)
    assert not run.failures, "\n".join(map(str, run.failures.values()))


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
