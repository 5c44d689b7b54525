"""A person in a browser, as far as the service can tell one: headers, cookies, forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from httpx import AsyncClient, Response

from fixtures.clients import PASSWORD
from sut.accounts.models import Account

HEADERS = {"accept": "text/html", "sec-fetch-site": "same-origin"}


@dataclass(frozen=True)
class Visit:
    """Someone who is logged in."""

    browser: AsyncClient
    player: Account


def address_of(player: Account) -> str:
    """Where a player who was not erased gets mail."""
    assert player.email is not None
    return player.email


async def log_in(browser: AsyncClient, email: str, onward: str = "/") -> None:
    """Send the log-in form; the browser keeps the session's cookie."""
    form = {"email": email, "password": PASSWORD, "next": onward}
    answer = await browser.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, onward)


async def is_logged_in(browser: AsyncClient) -> bool:
    """Whether one's own account opens, rather than the log-in."""
    return (await browser.get("/account")).status_code == 200


def text_of(answer: Response) -> str:
    """What a page says, without its markup and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def field_of(answer: Response, name: str, form: str = "") -> str:
    """The value that a form's field holds; `form` is the action of the form."""
    pattern = rf'action="{re.escape(form)}["?].*?name="{name}"[^>]*?value="([^"]*)"'
    found = re.search(pattern, answer.text, re.DOTALL)
    assert found, f"no field {name} in a form for {form}"
    return unescape(found[1])


def place_of(answer: Response) -> str:
    """Where a redirect leads."""
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])
