"""A small service whose document names no credentials: people with books, and their chief.

Its passwords are short, it refuses log-ins with 200, and its sessions end after some answers.
"""

import secrets
from collections.abc import Callable
from itertools import count
from time import time
from typing import Annotated, Any, Literal, get_args

from fastapi import FastAPI, Header, HTTPException, Path
from pydantic import BaseModel, Field

Hole = Literal["function", "read", "secret", "vanish", "words"]
HOLES: frozenset[Hole] = frozenset(get_args(Hole))
PEOPLE = {"ada": "pass1", "bob": "pass2", "chief": "pass3"}
CHIEF = "chief"
ENDLESS = 1_000  # letters of a token: where it forgets, it does so when it is shown one
Sent = Annotated[str, Header(alias="Authorization", include_in_schema=False)]
# The example is somebody whom the check enters: whoever fuzzes with it would take them away.
Named = Annotated[str, Path(openapi_examples={"somebody": {"value": "ada"}})]
Who = Callable[[str], str]


class Account(BaseModel):
    """Who signs up or logs in."""

    name: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=5, max_length=60)


class Book(BaseModel):
    """A book, and what only its owner may know of it."""

    title: str = Field(min_length=1, max_length=60)
    secret: str = Field(max_length=60)


class Staff:
    """People, books and sessions in memory, and which holes there are."""

    def __init__(self, holes: frozenset[Hole], most: int, *, by_second: bool) -> None:
        self.holes, self._most, self._by_second = holes, most, by_second
        self.people = dict(PEOPLE)
        self.forgets = False
        self.books: dict[str, tuple[str, Book]] = {}
        self.log_ins = count(1)
        self._sessions: dict[str, tuple[str, int]] = {}

    def begin(self, name: str) -> str:
        """A session; what shows it."""
        token = f"{name}-{int(time())}" if self._by_second else secrets.token_urlsafe(16)
        self._sessions[token] = name, self._most
        return token

    def who(self, sent: str) -> str:
        """Who asks, or 401."""
        token = sent.removeprefix("Bearer ")
        if len(token) > ENDLESS and self.forgets:
            self._sessions.clear()
        name, left = self._sessions.get(token, ("", 0))
        if not left or name not in self.people:
            raise HTTPException(401)
        self._sessions[token] = name, left - 1
        return name


def staff_app(
    holes: frozenset[Hole] = frozenset(),
    answers_of_a_session: int = 1_000_000,
    *,
    by_second: bool = False,
) -> FastAPI:
    """The service, with the holes that are named and no other.

    `by_second`: two sessions of one person that begin in the same second are shown by one token.
    """
    staff = Staff(holes, answers_of_a_session, by_second=by_second)
    app = FastAPI(title="Staff", docs_url=None, redoc_url=None,
                  generate_unique_id_function=lambda route: route.name)  # fmt: skip
    app.state.staff = staff
    # Short passwords are words as well, and no secrets wherever they stand.
    app.get("/ready")(lambda: {"ready": " ".join(PEOPLE.values())})
    _entrance(app, staff)
    _people(app, staff)
    _books(app, staff)
    return app


def _entrance(app: FastAPI, staff: Staff) -> None:
    @app.post("/log-in")
    def log_in(body: Account) -> dict[str, str]:
        if staff.people.get(body.name) != body.password:
            known = body.name in staff.people and "words" in staff.holes
            return {"refused": "the password is wrong" if known else "name or password is wrong"}
        next(staff.log_ins)
        return {"token": staff.begin(body.name)}

    @app.post("/people")
    def sign_up(body: Account) -> dict[str, str]:
        staff.people.setdefault(body.name, body.password)
        return {"name": body.name}


def _people(app: FastAPI, staff: Staff) -> None:
    @app.get("/people")
    def list_people() -> list[dict[str, str]]:
        shown = staff.people.items() if "secret" in staff.holes else ((n, "") for n in staff.people)
        return [{"name": name, "password": password} for name, password in shown]

    @app.get("/people/{name}")
    def get_person(name: Named) -> dict[str, str]:
        if name not in staff.people:
            raise HTTPException(404)
        return {"name": name}

    @app.delete("/people/{name}")
    def remove_person(name: Named, sent: Sent = "") -> dict[str, Any]:
        if staff.who(sent) != CHIEF and "function" not in staff.holes:
            raise HTTPException(401)
        if staff.people.pop(name, None) is None:
            raise HTTPException(404)
        return {"removed": True}


def _books(app: FastAPI, staff: Staff) -> None:
    @app.post("/books")
    def add_book(body: Book, sent: Sent = "") -> Book:
        name = staff.who(sent)
        if "vanish" in staff.holes:
            staff.people.pop("bob", None)
        staff.books[body.title] = name, body
        return body

    @app.get("/books/{title}")
    def get_book(title: str, sent: Sent = "") -> Book:
        name = staff.who(sent)
        owner, book = staff.books.get(title, ("", None))
        if book is None or (owner != name and "read" not in staff.holes):
            raise HTTPException(404)
        return book
