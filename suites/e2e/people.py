"""Who the journeys are about: people of their own for every test, and the admin behind the API."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
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
        tokens = log_in_by_api(self.client, email, password)
        account = self.client.get("/api/me", headers=_bearer(tokens)).raise_for_status().json()
        body = {"tier": tier, "expires_at": None}
        self._ask("PUT", f"/api/accounts/{account['id']}/tier", body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.client.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


@contextmanager
def organiser_at(url: str) -> Iterator[Organiser]:
    """The admin of the service at `url`, logged in."""
    with httpx.Client(base_url=url, timeout=30) as client:
        tokens = log_in_by_api(client, ADMIN["email"], ADMIN["password"])
        client.headers.update(_bearer(tokens))
        yield Organiser(client)


def log_in_by_api(client: httpx.Client, email: str, password: str) -> dict[str, Any]:
    """A session of the API; its tokens."""
    answer = client.post("/api/sessions", json={"email": email, "password": password})
    assert answer.status_code == 201, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def _bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}
