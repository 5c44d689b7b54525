"""Who the journeys are about: people of their own for every test, and the admin behind the API."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from playwright.sync_api import Page

ADMIN = {"email": "admin@example.org", "password": "correct horse battery"}


@dataclass(frozen=True)
class Person:
    """Someone with an address that nobody else has."""

    name: str
    email: str = field(default_factory=lambda: f"e2e-{secrets.token_hex(8)}@example.org")
    password: str = field(default_factory=lambda: f"unrelated words {secrets.token_hex(4)}")


def someone(name: str = "") -> Person:
    """A person whose name no other test has either."""
    return Person(name or f"Ada {secrets.token_hex(4)}")


def register(page: Page, person: Person) -> None:
    """Make an account through the page; the person is logged in afterwards."""
    page.goto("/register")
    page.get_by_label("Name on the leaderboard").fill(person.name)
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Create account").click()


def log_in(page: Page, person: Person) -> None:
    """Log in through the page."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.locator("main").get_by_role("button", name="Log in").click()


@dataclass(frozen=True)
class Game:
    """A match that a test made for itself."""

    id: int
    home: str
    away: str
    kick_off: datetime

    @property
    def field(self) -> str:
        """Its place on a page."""
        return f"#match-{self.id}"

    @property
    def fixtures(self) -> str:
        """The page of fixtures that it stands on, whichever day this runs."""
        return f"/?week={self.kick_off.date().isoformat()}"


@dataclass(frozen=True)
class Organiser:
    """The admin, over the API."""

    client: httpx.Client

    def new_match(self, kick_off: timedelta = timedelta(minutes=50)) -> Game:
        """A match so long from now; near enough to stand on the first page of open matches."""
        home, away = self._ask("GET", "/api/teams")["items"][:2]
        moment = datetime.now(UTC) + kick_off
        body = {
            "home_team_id": home["id"],
            "away_team_id": away["id"],
            "kick_off": moment.isoformat(),
            "round": 38,
        }
        match = self._ask("POST", "/api/matches", body)
        return Game(match["id"], home["name"], away["name"], moment)

    def move_kick_off(self, game: Game, kick_off: timedelta) -> None:
        """Move a match to so long from now; a negative time has it kick off in the past."""
        moment = (datetime.now(UTC) + kick_off).isoformat()
        self._ask("PATCH", f"/api/matches/{game.id}", {"kick_off": moment})

    def enter_result(self, game: Game, home_goals: int, away_goals: int) -> None:
        """Finish a match that has kicked off."""
        goals = {"home_goals": home_goals, "away_goals": away_goals}
        self._ask("PUT", f"/api/matches/{game.id}/result", goals)

    def call_off(self, game: Game) -> None:
        """Cancel a match, so that it stands in no other test's way."""
        self._ask("PATCH", f"/api/matches/{game.id}", {"status": "cancelled"})

    def register(self, person: Person) -> None:
        """Make an account for somebody who only has to be there."""
        body = {"email": person.email, "password": person.password, "display_name": person.name}
        self._ask("POST", "/api/accounts", body)

    def promote(self, email: str, tier: str, password: str) -> None:
        """Give a person a tier."""
        account = account_of(str(self.client.base_url), email, password)
        body = {"tier": tier, "expires_at": None}
        self._ask("PUT", f"/api/accounts/{account['id']}/tier", body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.client.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


@contextmanager
def organiser_at(url: str) -> Iterator[Organiser]:
    """The admin of the service at `url`, logged in."""
    with httpx.Client(base_url=url, timeout=30, auth=AdminAuth(url)) as client:
        yield Organiser(client)


class AdminAuth(httpx.Auth):
    """Logs the admin in, and again when the access token has run out."""

    requires_response_body = True

    def __init__(self, url: str) -> None:
        self._log_in = f"{url}/api/sessions"
        self._bearer = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raises AssertionError when the admin may not log in."""
        if self._bearer:
            request.headers["Authorization"] = self._bearer
            if (yield request).status_code != httpx.codes.UNAUTHORIZED:
                return
        answer = yield httpx.Request("POST", self._log_in, json=ADMIN)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        self._bearer = request.headers["Authorization"] = bearer(answer)
        yield request


def account_of(url: str, email: str, password: str) -> Any:
    """An account as its owner sees it over the API."""
    with httpx.Client(base_url=url, timeout=30) as client:
        session = client.post("/api/sessions", json={"email": email, "password": password})
        assert session.status_code == httpx.codes.CREATED, session.text
        headers = {"Authorization": bearer(session)}
        return client.get("/api/me", headers=headers).raise_for_status().json()


def bearer(session: httpx.Response) -> str:
    """The header that stands for a session of the API that has just begun."""
    return f"Bearer {session.json()['access_token']}"
