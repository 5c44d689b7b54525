"""What one person was answered is answered to nobody else, whatever was kept on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient, Response
from redis import Redis

from fixtures.application import SettingsFactory
from fixtures.database import Database
from fixtures.environment import UNLIMITED
from fixtures.evidence import Evidence
from fixtures.redis_namespaces import RedisNamespace
from suites.contract import access
from suites.contract.recipes import RECIPES
from suites.contract.world import Person, Request, Surface, World, world_of
from sut.app import Service
from sut.settings import Settings

pytestmark = pytest.mark.objective("sec-access")

# What differs between two answers to one question that are the same all the same.
OF_THE_MOMENT = frozenset({"request_id", "last_used_at", "exported_at"})


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    return settings_with(**UNLIMITED)


@pytest.fixture
async def world(app: Service, client: AsyncClient, database: Database) -> AsyncIterator[World]:
    async with world_of(database.url, client, app.openapi()) as made:
        yield made


async def test_no_answer_depends_on_who_asked_before(
    app: Service, world: World, redis_namespace: RedisNamespace, evidence: Evidence
) -> None:
    asked, leaks, silent = [], [], []
    for operation in readings(app):
        found = await Question.of(world, operation)
        answers = await found.asked_by_all(world, redis_namespace)
        asked.append(operation)
        if not any(answer.is_success for answer in answers["alone"].values()):
            silent.append(operation)
        leaks += [
            f"{operation}: {who} is answered otherwise after {before} has asked"
            for before, told in answers.items()
            for who, answer in told.items()
            if meaning(answer) != meaning(answers["alone"][who])
        ]
    evidence.instrument(
        "readings_asked_after_others",
        len(asked) - len(silent),
        total=len(asked),
        missing=[f"{operation}: answered nobody" for operation in silent],
        unit="operations",
    )
    assert not leaks, "\n".join(leaks)
    assert not silent
    assert "get_forecast" in asked


def readings(app: Service) -> list[str]:
    """Every operation that reads for somebody who has logged in."""
    places = Surface.of(app.openapi()).places
    return sorted(name for name in access.load().lets_in("player") if places[name][0] == "GET")


class Question:
    """One request, and the people who ask it: with all rights, with few, and with none."""

    def __init__(self, operation: str, request: Request, people: dict[str, Person | None]) -> None:
        self.operation, self.request, self.people = operation, request, people

    @classmethod
    async def of(cls, world: World, operation: str) -> Question:
        people: dict[str, Person | None] = {
            "an elite player": await world.person("player", "elite"),
            "a free player": await world.person("player", "free"),
            "a visitor": None,
        }
        request = await RECIPES[operation](world, people["an elite player"])
        return cls(operation, request, people)

    async def asked_by_all(
        self, world: World, namespace: RedisNamespace
    ) -> dict[str, dict[str, Response]]:
        """Everybody's answer with nothing kept ("alone"), and after each of the others."""
        answers: dict[str, dict[str, Response]] = {"alone": {}}
        for name, person in self.people.items():
            forget(namespace)
            answers["alone"][name] = await world.send(self.operation, self.request, person)
        for before, first in self.people.items():
            forget(namespace)
            await world.send(self.operation, self.request, first)
            answers[before] = {
                name: await world.send(self.operation, self.request, person)
                for name, person in self.people.items()
            }
        return answers


def forget(namespace: RedisNamespace) -> None:
    with Redis.from_url(namespace.url) as redis:
        redis.flushdb()


def meaning(answer: Response) -> tuple[int, Any]:
    is_json = "json" in answer.headers.get("content-type", "")
    return answer.status_code, steady(answer.json()) if is_json else answer.text


def steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: steady(one) for key, one in value.items() if key not in OF_THE_MOMENT}
    return [steady(one) for one in value] if isinstance(value, list) else value
