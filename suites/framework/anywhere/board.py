"""A service that takes keys in a header: news for everybody, figures for one, things of each."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

KEYS = {"key-of-ada": "ada", "key-of-bob": "bob"}
POLICY = """
[ready]
visitor = "allowed"
ada = "allowed"
bob = "allowed"
[news]
visitor = "allowed"
ada = "allowed"
bob = "allowed"
[me]
visitor = 401
ada = "allowed"
bob = "allowed"
[figures]
visitor = 401
ada = "allowed"
bob = "refused"
[make]
visitor = 401
ada = "allowed"
bob = "allowed"
[things]
visitor = 401
ada = { own = "allowed", other = "hidden" }
bob = { own = "allowed", other = "hidden" }
"""


class Thing(BaseModel):
    """Something of somebody."""

    title: str


def who(x_key: Annotated[str, Header()] = "") -> str:
    """Who asks, or 401."""
    if x_key not in KEYS:
        raise HTTPException(401)
    return KEYS[x_key]


def board_app(*, everybodys: bool = False, breaks_for: str = "", bare: bool = False) -> FastAPI:
    """The service. Its things may be `everybodys`, break for somebody, or be told by no word."""
    app = FastAPI(generate_unique_id_function=lambda route: route.name)
    made: list[tuple[str, str]] = []
    Who = Annotated[str, Depends(who)]  # noqa: N806  a type

    @app.get("/ready")
    def ready() -> bool:
        return True

    @app.get("/news")
    def news() -> list[str]:
        return ["nothing new"]

    @app.get("/me")
    def me(name: Who) -> dict[str, str]:
        return {"name": name}

    @app.get("/figures")
    def figures(name: Who) -> dict[str, int]:
        if name != "ada":
            raise HTTPException(403)
        return {"things": len(made)}

    @app.post("/things", status_code=201)
    def make(body: Thing, name: Who) -> Thing:
        made.append((name, body.title))
        return body

    @app.get("/things")
    def things(name: Who) -> Any:
        if name == breaks_for:
            raise HTTPException(500)
        shown = [title for owner, title in made if everybodys or owner == name]
        return {"count": len(shown)} if bare else [{"title": one} for one in shown]

    return app
