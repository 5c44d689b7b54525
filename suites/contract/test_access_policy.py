"""The access policy itself, and what a body or an answer must never carry."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from httpx import Response

from fixtures.application import SettingsFactory
from fixtures.environment import UNLIMITED
from suites.contract import access
from suites.contract.access import Policy
from suites.contract.faults import EXISTENCE, FUNCTION_LEVEL, WRONGLY_401, Kind
from suites.contract.matrix import prove
from suites.contract.recipes import RECIPES
from suites.contract.world import Person, Request, World
from sut.app import Service
from sut.settings import Settings

pytestmark = pytest.mark.objective("sec-access")

ADMINS = "select count(*) from accounts where role = 'admin'"


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    """Everybody here comes from one address."""
    return settings_with(**UNLIMITED)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return access.load()


def test_the_policy_speaks_of_every_operation_and_of_no_other(app: Service, policy: Policy) -> None:
    served = {
        operation["operationId"]
        for item in app.openapi()["paths"].values()
        for operation in item.values()
    }
    assert policy.operations == served
    assert set(RECIPES) == served


def test_the_policy_lets_visitors_in_exactly_where_the_document_asks_for_no_token(
    app: Service, policy: Policy
) -> None:
    free = {
        operation["operationId"]
        for item in app.openapi()["paths"].values()
        for operation in item.values()
        if operation["security"] == []
    }
    assert policy.lets_in("visitor") == free


# What a client may not set, by the operation that it could try it on.
FORBIDDEN_FIELDS: dict[str, dict[str, object]] = {
    "register": {"role": "admin", "tier": "elite", "id": 1, "points": 9, "password_hash": "x"},
    "log_in": {"role": "admin", "account_id": 1},
    "change_profile": {"role": "admin", "tier": "elite", "email": "a@example.org", "id": 1},
    "change_password": {"account_id": 1},
    "erase_me": {"account_id": 1},
    "create_prediction": {"account_id": 1, "points": 5, "version": 9, "id": 1},
    "change_prediction": {"account_id": 1, "points": 5, "match_id": 1, "version": 9},
    "create_match": {"status": "finished", "home_goals": 1, "version": 9},
    "change_match": {"home_goals": 5, "version": 5, "round": 1},
    "enter_result": {"points": 5, "status": "finished"},
    "change_tier": {"role": "admin"},
}


async def test_a_field_that_is_not_the_clients_to_set_is_refused(
    world: World, policy: Policy
) -> None:
    for operation, fields in FORBIDDEN_FIELDS.items():
        person = await world.person("player" if operation in policy.lets_in("player") else "admin")
        request = await RECIPES[operation](world, person)
        admins = await world.value(ADMINS)
        for name, value in fields.items():
            assigned = replace(request, body={**(request.body or {}), name: value})
            refused = await world.send(operation, assigned, person)
            assert refused.status_code == 422, f"{operation} {name}: {refused.text}"
            assert not await world.has_happened(request.effect), f"{operation} {name}"
        control = await world.send(operation, request, person)
        assert control.is_success, f"{operation}: {control.text}"
        assert await world.has_happened(request.effect), operation
        assert await world.value(ADMINS) == admins, operation


@pytest.mark.parametrize("role", access.ROLES)
async def test_no_answer_carries_anothers_address_or_any_secret(
    world: World, policy: Policy, role: access.Role
) -> None:
    stranger = await world.person()
    finished = await world.build.finished_match(1, 0)
    account = await world.build.player(email="seen@world.example.org", display_name="Seen")
    await world.build.prediction(account, finished)
    person = None if role == "visitor" else await world.person(role)
    hashes = await world.value(
        "select string_agg(encode(password_hash, 'escape'), ' ') from accounts"
    )
    for operation in sorted(policy.lets_in(role) - {"change_tier", "register"}):
        who = person
        if operation in {"log_out", "log_out_everywhere", "change_password", "erase_me"}:
            who = await world.person(role)
        answer = await world.send(operation, await RECIPES[operation](world, who), who)
        assert answer.is_success, f"{operation}: {answer.text}"
        assert stranger.email not in answer.text, operation
        assert "seen@world.example.org" not in answer.text, operation
        assert "password_hash" not in answer.text, operation
        assert not any(one in answer.text for one in hashes.split()), operation


async def test_a_refusal_that_did_all_the_same_what_was_asked_for_is_none(
    world: World, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cell,) = (one for one in policy.cells if str(one) == "player change_tier")
    admin, send = await world.person("admin"), world.send

    async def does_it_and_refuses(operation: str, request: Request, who: Person | None) -> Response:
        answer = await send(operation, request, admin)
        return answer if who and who.role == "admin" else Response(403, json={})

    monkeypatch.setattr(world, "send", does_it_and_refuses)
    proof = await prove(world, policy, cell)
    assert (proof.outcome, proof.kind) == ("open", FUNCTION_LEVEL)
    assert proof.detail == "answered 403, and did it all the same"


@pytest.mark.parametrize(
    ("right", "status", "kind"),
    [
        ("visitor change_tier", 403, None),
        ("player change_tier", 401, WRONGLY_401),
        ("player change_tier", 404, None),
        ("player get_prediction of someone else", 403, EXISTENCE),
        ("player get_prediction of someone else", 401, WRONGLY_401),
    ],
)
async def test_a_refusal_with_another_status_than_the_policy_says_proves_nothing(
    world: World,
    policy: Policy,
    monkeypatch: pytest.MonkeyPatch,
    right: str,
    status: int,
    kind: Kind | None,
) -> None:
    (cell,) = (one for one in policy.cells if str(one) == right)
    send, attempts = world.send, count()

    async def refuses_first(operation: str, request: Request, who: Person | None) -> Response:
        if next(attempts) == 0:
            return Response(status, json={})
        return await send(operation, request, who)

    monkeypatch.setattr(world, "send", refuses_first)
    proof = await prove(world, policy, cell)
    assert (proof.outcome, proof.kind) == ("unproven", kind)
    assert proof.detail == f"refused with {status}, the policy says {cell.refusal}"

    # where nobody wrote down which refusal, each is one
    attempts = count()
    free = replace(cell, refusal=access.ANY_REFUSAL)
    assert (await prove(world, policy, free)).outcome == "proven"


@pytest.mark.parametrize("word", ["401.0", "true", "200", '"401"', "[401]", '"Allowed"'])
def test_a_word_that_is_none_of_the_policys_allows_nothing(tmp_path: Path, word: str) -> None:
    path = tmp_path / "access.toml"
    path.write_text(f"[a]\nvisitor = {word}\n")
    with pytest.raises(access.PolicyError, match="visitor: expected"):
        access.load(path, ("visitor",))


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b"[a]\nvisitor = '\xff'", "expected UTF-8, found byte 15 in it"),
        (b"a = " + b"9" * 5000, "Exceeds the limit"),
        (b"a = " + b"[" * 5000, "it is nested too deeply"),
    ],
)
def test_a_policy_file_that_cannot_be_read_is_told_in_a_line(
    tmp_path: Path, held: bytes, said: str
) -> None:
    path = tmp_path / "access.toml"
    path.write_bytes(held)
    with pytest.raises(access.PolicyError) as caught:
        access.load(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)
