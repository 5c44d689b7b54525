"""Letting people in without the forms, for tests that are about something else."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from playwright.sync_api import Page

from fixtures.builders import Builders
from fixtures.live import LiveService
from suites.e2e.people import Person, someone
from sut.settings import Settings
from sut.tokens import Tokens

PREFIX = "SOCCERAI_"
Made = TypeVar("Made")


@dataclass(frozen=True)
class Door:
    """Makes accounts and sessions in the service's database; the cookies are those of a log-in.

    Pages of the leaderboard that a cache holds do not know these people: who must be seen there
    registers.
    """

    service: LiveService
    accounts: dict[str, int] = field(default_factory=dict)

    def enter(self, page: Page, person: Person | None = None) -> Person:
        """Log a person in to the page's context: somebody new, or another session of theirs."""
        person = person or someone()
        settings, tokens = self._keys()
        if person.email not in self.accounts:
            self.accounts[person.email] = _run(_new_account(self.service.database.url, person))
        account = self.accounts[person.email]
        cookie = tokens.new_browser_token(account)
        _run(_new_session(self.service.database.url, account, tokens.digest(cookie)))
        page.context.add_cookies(
            [
                {
                    "name": settings.browser_cookie,
                    "value": cookie,
                    "url": self.service.url,
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
            ]
        )
        return person

    def _keys(self) -> tuple[Settings, Tokens]:
        told = self.service.environment.items()
        settings = Settings.model_validate(
            {name.removeprefix(PREFIX).lower(): value for name, value in told}
        )
        return settings, Tokens(settings)


async def _new_account(url: str, person: Person) -> int:
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    build = Builders(create_async_engine(url, poolclass=NullPool))
    account = await build.player(
        email=person.email, display_name=person.name, password=person.password
    )
    return account.id


async def _new_session(url: str, account_id: int, token_hash: bytes) -> None:
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlalchemy.pool import NullPool

    from sut.accounts.repository import begin_session

    engine = create_async_engine(url, poolclass=NullPool)
    async with AsyncSession(engine) as session, session.begin():
        await begin_session(session, account_id, timedelta(hours=1), token_hash)


def _run(work: Coroutine[None, None, Made]) -> Made:
    """In a thread of its own: this one's event loop is Playwright's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
