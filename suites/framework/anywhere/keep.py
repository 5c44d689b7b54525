"""A small service with log-ins, to be attacked by the tests beside it: whole, or with known holes.

`whole` is what it takes to withstand every attack, and each hole leaves one thing out.
"""

import hashlib
import hmac
import json
import re
import secrets
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from suites.framework.anywhere.keep_edge import Edge
from suites.security.forgery import Token, taken_apart

Hole = Literal[
    "none-algorithm", "guessed-key", "any-algorithm", "any-claims", "stale", "future", "audience",
    "cut", "refresh-as-access", "log-out", "password", "reuse", "family", "race", "fixation",
    "words", "time", "no-throttle", "throttle-by-header", "sql", "template", "markup", "header",
    "path", "log", "body", "deep", "headers", "bomb", "slow", "origins", "kept", "sniff", "inside",
    "broken", "loose", "limit-by-header",
]  # fmt: skip
HOLES: frozenset[Hole] = frozenset(get_args(Hole))
KEY = secrets.token_bytes(32).hex()  # of this process alone
AUDIENCE = "keep"
WRONG_MAX = 10
HASH_ROUNDS = 20_000
TERMS = "Whatever is kept here is kept."


class Account(BaseModel):
    """Who signs up or logs in."""

    username: str = Field(min_length=1, max_length=10_000)
    password: str = Field(min_length=8, max_length=200)


class Tokens(BaseModel):
    """What shows who is asking, and what gives the next."""

    token: str
    refresh_token: str
    session_id: str


class Refresh(BaseModel):
    """The newest refresh token of a session."""

    refresh_token: str = Field(max_length=200)


class NewPassword(BaseModel):
    """Another password, and the one that holds."""

    current_password: str = Field(max_length=200)
    new_password: str = Field(min_length=8, max_length=200)


class Note(BaseModel):
    """A note."""

    title: str = Field(max_length=200)


class Name(BaseModel):
    """Somebody's name."""

    name: str


class Greeting(BaseModel):
    """A word of welcome."""

    text: str


@dataclass
class Session:
    """A session: whose it is, what refreshes it now and what did before."""

    name: str
    refresh: str
    alive: bool = True
    used: set[str] = field(default_factory=set)


class Keeper:
    """Accounts, sessions and notes in memory, and which holes there are."""

    def __init__(self, holes: frozenset[Hole]) -> None:
        self.holes = holes
        self.lock = threading.RLock()
        self.people: dict[str, bytes] = {}
        self.sessions: dict[str, Session] = {}
        self.issued: list[str] = []
        self.wrong: Counter[str] = Counter()
        self._numbers = count(1)
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._database.execute("create table notes (owner text, title text)")

    def query(self, sql: str, *values: Any) -> list[Any]:
        """The rows that a statement answers."""
        with self.lock:
            return self._database.execute(sql, values).fetchall()

    # --- passwords -------------------------------------------------------------------------

    def is_right(self, name: str, password: str) -> bool:
        """Whether it is somebody's password; nobody's takes as long to find wrong."""
        kept = self.people.get(name)
        if kept is None and "time" in self.holes:
            return False
        return hmac.compare_digest(kept or b"", hashed(password)) and kept is not None

    # --- sessions --------------------------------------------------------------------------

    def begin(self, name: str) -> Tokens:
        """A session of its own."""
        sid = f"s-{secrets.token_hex(8)}"
        self.sessions[sid] = Session(name, secrets.token_urlsafe(24))
        return self.told(sid)

    def told(self, sid: str) -> Tokens:
        """What a session is shown by."""
        session, now = self.sessions[sid], int(time.time())
        claims = {"sub": session.name, "sid": sid, "aud": AUDIENCE, "iat": now, "exp": now + 600,
                  "jti": next(self._numbers)}  # fmt: skip
        token = str(Token({"alg": "HS256", "typ": "JWT"}, claims, "").signed(KEY.encode()))
        self.issued.append(token)
        return Tokens(token=token, refresh_token=session.refresh, session_id=sid)

    def refreshed(self, token: str) -> Tokens:
        """The next tokens of a session, or 401; what was used ends the session."""
        found = [(sid, one) for sid, one in self.sessions.items()
                 if token == one.refresh or token in one.used]  # fmt: skip
        if not found or not found[0][1].alive:
            raise HTTPException(401)
        sid, session = found[0]
        if token in session.used and "reuse" not in self.holes:
            session.alive = "family" in self.holes
            raise HTTPException(401)
        if "race" in self.holes:
            time.sleep(0.2)  # what a slow database does between reading and writing
        session.used.add(token)
        session.refresh = secrets.token_urlsafe(24)
        return self.told(sid)

    def end(self, name: str, sid: str | None = None) -> None:
        """End somebody's sessions, or one of them."""
        for key, session in self.sessions.items():
            if session.name == name and sid in (None, key):
                session.alive = False

    # --- tokens ----------------------------------------------------------------------------

    def who(self, token: str) -> tuple[str, str]:
        """Whose token it is, and of which session. Raises ValueError."""
        if "cut" in self.holes and len(token) > 40:
            token = next((one for one in self.issued if one.startswith(token)), token)
        if "refresh-as-access" in self.holes:
            for sid, session in self.sessions.items():
                if session.refresh == token:
                    return session.name, sid
        parts = taken_apart(token)
        if not self._is_signed(parts, token):
            raise ValueError("signature")
        name, sid = str(parts.claims["sub"]), str(parts.claims["sid"])
        if "any-claims" not in self.holes and self.sessions[sid].name != name:
            raise ValueError("session")
        self._check_claims(parts)
        if not self.sessions[sid].alive:
            raise ValueError("ended")
        return name, sid

    def _is_signed(self, token: Token, whole: str) -> bool:
        method = str(token.header.get("alg"))
        if method.lower() == "none":
            return "none-algorithm" in self.holes
        if "any-claims" in self.holes:
            known = {one.rpartition(".")[2] for one in self.issued}
            return token.signature in known
        methods = {"HS256"}
        if "any-algorithm" in self.holes:
            methods |= {"HS384", "HS512"}
        keys = [KEY.encode(), *([b"secret"] if "guessed-key" in self.holes else [])]
        return method in methods and any(
            hmac.compare_digest(whole, str(token.signed(key, method))) for key in keys
        )

    def _check_claims(self, token: Token) -> None:
        now = time.time()
        if "stale" not in self.holes and token.claims["exp"] <= now:
            raise ValueError("expired")
        if "future" not in self.holes and token.claims.get("nbf", 0) > now:
            raise ValueError("not yet")
        if "audience" not in self.holes and token.claims["aud"] != AUDIENCE:
            raise ValueError("audience")


def hashed(password: str) -> bytes:
    """A password as it is kept."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), b"keep", HASH_ROUNDS)


Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]
Address = Annotated[str, Header(alias="X-Forwarded-For", include_in_schema=False)]


def keep_app(
    holes: frozenset[Hole] = frozenset(), limit: int = 1_000_000, log: Path | None = None
) -> Edge:
    """The service, with the holes that are named and no other.

    A visitor and each account may ask `limit` times in ten minutes.
    """
    keeper = Keeper(holes)
    app = FastAPI(title="Keep", docs_url=None, redoc_url=None,
                  generate_unique_id_function=lambda route: route.name)  # fmt: skip
    app.get("/ready")(_ready)
    _entrance(app, keeper)
    _who(app, keeper)
    _sessions(app, keeper)
    _notes(app, keeper)
    _public(app, keeper)
    return Edge(app, keeper, limit, log)


def _ready() -> dict[str, bool]:
    return {"ready": True}


def _entrance(app: FastAPI, keeper: Keeper) -> None:
    @app.post("/people", status_code=201)
    def sign_up(body: Account) -> Name:
        with keeper.lock:
            if body.username in keeper.people:
                raise HTTPException(409)
            keeper.people[body.username] = hashed(body.password)
        return Name(name=body.username)

    @app.post("/log-in")
    def log_in(body: Account, sent: Sent, address: Address = "") -> Tokens:
        if "bomb" in keeper.holes:
            re.search(r"\s+$", body.username)
        elif len(body.username) > 60:
            raise HTTPException(401)
        by_header = "throttle-by-header" in keeper.holes
        guesser = f"{body.username} {address}" if by_header else body.username
        if keeper.wrong[guesser] >= WRONG_MAX and "no-throttle" not in keeper.holes:
            raise HTTPException(429)
        if not keeper.is_right(body.username, body.password):
            keeper.wrong[guesser] += 1
            told = "words" in keeper.holes and body.username not in keeper.people
            raise HTTPException(404 if told else 401)
        if sent and "fixation" in keeper.holes:
            return keeper.told(keeper.who(sent.credentials)[1])
        return keeper.begin(body.username)


def _who(app: FastAPI, keeper: Keeper) -> None:
    def who(sent: Sent) -> tuple[str, str]:
        try:
            return keeper.who(sent.credentials if sent else "")
        except (ValueError, LookupError, TypeError):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None

    app.state.who = who


def _sessions(app: FastAPI, keeper: Keeper) -> None:
    Who = Annotated[tuple[str, str], Depends(app.state.who)]  # noqa: N806  a type

    @app.get("/me")
    def me(someone: Who) -> Name:
        return Name(name=someone[0])

    @app.post("/refresh")
    def refresh(body: Refresh) -> Tokens:
        if "race" in keeper.holes:
            return keeper.refreshed(body.refresh_token)
        with keeper.lock:
            return keeper.refreshed(body.refresh_token)

    @app.post("/log-out", status_code=204)
    def log_out(someone: Who) -> None:
        if "log-out" not in keeper.holes:
            keeper.end(*someone)

    @app.put("/me/password", status_code=204)
    def change_password(body: NewPassword, someone: Who) -> None:
        if not keeper.is_right(someone[0], body.current_password):
            raise HTTPException(403)
        keeper.people[someone[0]] = hashed(body.new_password)
        if "password" not in keeper.holes:
            keeper.end(someone[0])


def _notes(app: FastAPI, keeper: Keeper) -> None:
    Who = Annotated[tuple[str, str], Depends(app.state.who)]  # noqa: N806  a type

    @app.get("/notes")
    def list_notes(someone: Who, search: str = "") -> list[Note]:
        sql, values = "select title from notes where owner = ? and ", [someone[0]]
        if "sql" in keeper.holes:
            sql += f"title like '%{search}%'"
        else:
            sql, values = sql + "instr(title, ?) > 0", [*values, search]
        return [Note(title=row[0]) for row in keeper.query(sql, *values)]

    @app.post("/notes", status_code=201)
    def create_note(body: Note, someone: Who) -> Note:
        keeper.query("insert into notes values (?, ?)", someone[0], body.title)
        return body


def _public(app: FastAPI, keeper: Keeper) -> None:
    @app.get("/greeting")
    def greeting(name: Annotated[str, Query(max_length=200)] = "you") -> Greeting:
        if "template" in keeper.holes:
            name = re.sub(r"{{(\d)\*(\d)}}", lambda found: str(int(found[1]) * int(found[2])), name)
        return Greeting(text=f"Welcome, {name}.")

    @app.get("/page", response_class=HTMLResponse)
    def page(name: Annotated[str, Query(max_length=200)] = "you") -> Response:
        shown = name if "markup" in keeper.holes else name.replace("<", "&lt;")
        # The server itself refuses ends of lines, so the hole splits where a weaker one would.
        lines = [line.partition(": ") for line in re.split(r"[\r\n]+", name)[1:]]
        held = {key: value for key, _, value in lines if key.startswith("X-") and value}
        held = held if "header" in keeper.holes else {}
        return HTMLResponse(f"<p>{shown}</p>".encode("utf-8", "replace"), headers=held)

    @app.get("/terms")
    def terms(name: str = "terms") -> Greeting:
        if "path" in keeper.holes and "\0" not in name and Path("/srv", name).is_file():
            return Greeting(text=Path("/srv", name).read_text())
        return Greeting(text=TERMS)

    @app.exception_handler(404)
    def not_there(request: Request, error: Any) -> JSONResponse:
        said = 'File "/srv/keep/app.py", line 7' if "inside" in keeper.holes else "not there"
        return JSONResponse({"detail": said.replace('"', "'")}, 404)


def as_line(path: str, query: str) -> str:
    """A request as a line of the log."""
    return json.dumps({"event": "request", "path": path, "query": query})
