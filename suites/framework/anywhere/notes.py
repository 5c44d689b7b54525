"""A small service that no suite knows: notes of people who log in, whole or with known holes.

It exists to be attacked by the tests beside it, over HTTP and knowing its document alone.
"""

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Annotated, Any, Literal, get_args

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from fixtures.services.ports import LOOPBACK, on_a_free_port

Hole = Literal[
    "read", "write", "delete", "file", "moment", "injection", "number", "assignment", "anonymous",
    "secret", "takeover",
]  # fmt: skip
HOLES: frozenset[Hole] = frozenset(get_args(Hole))
TABLES = """
create table people (name text primary key, password text, colour text, admin integer default 0);
create table notes (
    id integer primary key, owner text, title text, body text, views integer default 0
);
create table tokens (token text primary key, name text);
"""
# SQLite's integers end there, and what a schema does not say a fuzzer will find.
ID_MAX = 2**63 - 1


class Account(BaseModel):
    """Who signs up or logs in."""

    username: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=8, max_length=60)


class NoteBody(BaseModel, extra="forbid"):
    """What a note says."""

    title: str = Field(max_length=60)
    body: str = Field(max_length=200)


class Note(BaseModel):
    """A note; how often it was looked at, where that is counted."""

    id: int
    title: str
    body: str
    views: int | None = None


class Glance(BaseModel):
    """A note at some moment, in seconds since 1970."""

    title: str
    at: float


class Profile(BaseModel, extra="allow"):
    """What one may change of oneself."""

    colour: str = Field(max_length=20)


class Person(BaseModel):
    """Somebody."""

    name: str
    colour: str | None
    admin: bool


class NewPassword(BaseModel, extra="forbid"):
    """Another password."""

    password: str = Field(min_length=8, max_length=60)


class Token(BaseModel):
    """What shows who is asking."""

    token: str


class Refusal(BaseModel):
    """Why not."""

    detail: Any


NO: dict[int | str, dict[str, Any]] = {401: {"model": Refusal}}
NOT_THERE: dict[int | str, dict[str, Any]] = {**NO, 404: {"model": Refusal}}
TEXT: dict[int | str, dict[str, Any]] = {
    status: {"description": "why not", "content": {"application/json": {}}} for status in (401, 404)
}
Digits = Annotated[str, Path(json_schema_extra={"type": "integer"})]
# What a check of how a text looks refuses is no sign that the text was run.
Tag = Annotated[str, Query(pattern="=", max_length=60)]
Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


class Store:
    """Rows in memory, and which holes there are."""

    def __init__(
        self, holes: frozenset[Hole], *, everybodys: bool = False, counts: bool = False
    ) -> None:
        self.holes, self.everybodys, self.counts = holes, everybodys, counts
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._database.executescript(TABLES)

    def query(self, sql: str, *values: Any) -> list[Any]:
        """The rows that a statement answers."""
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def who(self, sent: Sent) -> str:
        """Who asks, or 401."""
        sql = "select name from tokens where token = ?"
        found = self.query(sql, sent.credentials) if sent else []
        if not found:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return str(found[0][0])

    def who_if_asked(self, sent: Sent) -> str:
        """Who asks, or nobody where the check was forgotten."""
        return "" if "anonymous" in self.holes else self.who(sent)

    def person(self, name: str) -> Person:
        """Somebody's own account."""
        row = self.query("select name, colour, admin from people where name = ?", name)[0]
        return Person(name=row[0], colour=row[1], admin=bool(row[2]))

    def note(self, note_id: int, name: str, hole: Hole) -> Note:
        """Somebody's own note, or 404; anybody's through the hole."""
        sql, values = "select id, title, body from notes where id = ?", [note_id, name]
        sql, values = (sql, values[:1]) if hole in self.holes else (sql + " and owner = ?", values)
        if not 0 < note_id <= ID_MAX or not (found := self.query(sql, *values)):
            raise HTTPException(404)
        return Note(id=found[0][0], title=found[0][1], body=found[0][2])

    def viewed(self, note: Note) -> Note:
        """A note that was looked at once more, where that is counted."""
        if not self.counts:
            return note
        sql = "update notes set views = views + 1 where id = ? returning views"
        return note.model_copy(update={"views": self.query(sql, note.id)[0][0]})

    def length(self, note_id: str, name: str) -> int:
        """How long somebody's own note is; `note_id` is part of the statement in the hole."""
        if "number" not in self.holes:
            digits = note_id.isdecimal() and len(note_id) < 20
            return len(self.note(int(note_id) if digits else 0, name, "number").body)
        sql = "select length(body) from notes where owner = ? and id = "
        try:
            found = self.query(sql + note_id, name)
        except sqlite3.Error:
            found = []
        if not found:
            raise HTTPException(404)
        return int(found[0][0])


def notes_app(
    holes: frozenset[Hole] = frozenset(), fails_after: int | None = None, *, polite: bool = False,
    everybodys: bool = False, counts: bool = False, leaves: bool = False,
) -> FastAPI:  # fmt: skip
    """The service, with the holes that are named and no other.

    After so many requests its database is gone: it answers 503 to everything. A polite one answers
    200 to whom it does not let in, and says why in words, as some services do. Lists of notes may
    be `everybodys`; one that `counts` tells how often a note was looked at; one that `leaves` has a
    log-out.
    """
    store = Store(holes, everybodys=everybodys, counts=counts)
    answered = count(1)
    app = FastAPI(title="Notes", docs_url=None, redoc_url=None,
                  generate_unique_id_function=lambda route: route.name)  # fmt: skip

    @app.middleware("http")
    async def with_database(request: Request, call_next: Any) -> Any:
        if fails_after is not None and next(answered) > fails_after:
            return JSONResponse({"detail": "no database"}, 503)
        return await call_next(request)

    app.get("/ready")(_ready)
    _people(app, store, polite=polite)
    _accounts(app, store)
    _notes(app, store)
    _parts(app, store)
    if leaves:
        _leaving(app, store)
    return app


def _ready() -> dict[str, bool]:
    return {"ready": True}


def _people(app: FastAPI, store: Store, *, polite: bool) -> None:
    @app.post("/people", status_code=201, responses={409: {"model": Refusal}})
    def sign_up(body: Account) -> Person:
        try:
            sql = "insert into people (name, password) values (?, ?)"
            store.query(sql, body.username, body.password)
        except sqlite3.IntegrityError:
            raise HTTPException(409) from None
        return store.person(body.username)

    @app.post("/log-in", responses=NO)
    def log_in(body: Account) -> Token | Refusal:
        sql = "select 1 from people where name = ? and password = ?"
        if not store.query(sql, body.username, body.password):
            if polite:
                return Refusal(detail="name or password is wrong")
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        token = secrets.token_urlsafe(16)
        store.query("insert into tokens values (?, ?)", token, body.username)
        return Token(token=token)


def _accounts(app: FastAPI, store: Store) -> None:
    Who = Annotated[str, Depends(store.who)]  # noqa: N806  a type

    @app.get("/me", responses=NO)
    def me(name: Who) -> Person:
        return store.person(name)

    @app.patch("/me", responses=NO)
    def change_me(body: Profile, name: Who) -> Person:
        store.query("update people set colour = ? where name = ?", body.colour, name)
        admin = (body.model_extra or {}).get("admin")
        if "assignment" in store.holes and isinstance(admin, bool):
            store.query("update people set admin = ? where name = ?", admin, name)
        return store.person(name)

    @app.put("/people/{username}/password", status_code=204, responses=NO)
    def change_password(username: str, body: NewPassword, name: Who) -> None:
        # The whole service answers alike and changes one's own, whoever the path names.
        whose = username if "takeover" in store.holes else name
        store.query("update people set password = ? where name = ?", body.password, whose)

    @app.post("/reset-database", status_code=204)
    def reset_database() -> None:
        store.query("delete from people")

    @app.get("/colleagues", responses=NO)
    def colleagues(name: Who) -> JSONResponse:
        rows = store.query("select name, password from people order by name")
        shown = ("name", "password") if "secret" in store.holes else ("name",)
        return JSONResponse([dict(zip(shown, row, strict=False)) for row in rows])


def _notes(app: FastAPI, store: Store) -> None:
    Who = Annotated[str, Depends(store.who)]  # noqa: N806  a type
    Anybody = Annotated[str, Depends(store.who_if_asked)]  # noqa: N806  a type

    @app.get("/notes", responses=NO)
    def list_notes(name: Who, search: str = "", tag: Tag | None = None) -> list[Note]:
        sql, values = "select id, title, body from notes where owner = ? and ", [name]
        if store.everybodys:
            sql = sql.replace("owner = ?", "? is not null")
        if "injection" in store.holes:
            sql += f"title like '%{search}%'"
        else:
            sql, values = sql + "instr(title, ?) > 0", [name, search]
        return [Note(id=row[0], title=row[1], body=row[2]) for row in store.query(sql, *values)]

    @app.post("/notes", status_code=201, responses=NO)
    def create_note(body: NoteBody, name: Who) -> Note:
        sql = "insert into notes (owner, title, body) values (?, ?, ?) returning id"
        (row,) = store.query(sql, name, body.title, body.body)
        return Note(id=row[0], title=body.title, body=body.body)

    @app.get("/notes/{note_id}", responses=NOT_THERE)
    def get_note(note_id: int, name: Who) -> Note:
        return store.viewed(store.note(note_id, name, "read"))

    @app.put("/notes/{note_id}", responses=NOT_THERE)
    def change_note(note_id: int, body: NoteBody, name: Who) -> Note:
        note = store.note(note_id, name, "write")
        sql = "update notes set title = ?, body = ? where id = ?"
        store.query(sql, body.title, body.body, note.id)
        return Note(id=note.id, title=body.title, body=body.body)

    @app.delete("/notes/{note_id}", status_code=204, responses=NOT_THERE)
    def delete_note(note_id: int, name: Who) -> None:
        store.query("delete from notes where id = ?", store.note(note_id, name, "delete").id)

    @app.get("/count", responses=NO)
    def count_notes(name: Anybody) -> int:
        return int(store.query("select count(*) from notes")[0][0])


def _parts(app: FastAPI, store: Store) -> None:
    Who = Annotated[str, Depends(store.who)]  # noqa: N806  a type

    @app.get("/notes/{note_id}/text", response_class=PlainTextResponse, responses=TEXT)
    def get_text(note_id: int, name: Who) -> str:
        note = store.note(note_id, name, "file")
        return f"{note.title}\n{note.body}"

    @app.get("/notes/{note_id}/glance", responses=NOT_THERE)
    def get_glance(note_id: int, name: Who) -> Glance:
        return Glance(title=store.note(note_id, name, "moment").title, at=time.time())

    @app.get("/notes/{note_id}/length", responses=NOT_THERE)
    def get_length(note_id: Digits, name: Who) -> int:
        return store.length(note_id, name)


def _leaving(app: FastAPI, store: Store) -> None:
    Who = Annotated[str, Depends(store.who)]  # noqa: N806  a type

    @app.post("/log-out", status_code=204, responses=NO)
    def leave(name: Who) -> None:
        store.query("delete from tokens where name = ?", name)


@contextmanager
def serving(app: Callable[..., Any]) -> Iterator[str]:
    """The address of the service, while the block lasts."""
    server, thread, port = on_a_free_port(lambda port: _start(app, port))
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _start(app: Callable[..., Any], port: int) -> tuple[uvicorn.Server, threading.Thread, int]:
    begun = threading.Event()

    class Told(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            begun.set()

    # Whoever asks is who is connected: uvicorn believes any header that comes from loopback.
    config = uvicorn.Config(
        app, host=LOOPBACK, port=port, log_level="critical", lifespan="off", proxy_headers=False
    )
    server = Told(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    if not begun.wait(timeout=20):
        raise RuntimeError(f"the notes service did not start on port {port}")
    return server, thread, port
