"""Finding the service that a command is about: its target file, its address, its document."""

from __future__ import annotations

import argparse
import ipaddress
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import schemathesis
from schemathesis.errors import LoaderError

from reports.configuration import load_waivers
from scenarios.targets import Identity, Target
from suites.contract.anywhere.people import VISITOR


class NotCheckedError(Exception):
    """The service cannot be checked at all; a few lines say what, where and what to do."""


class OutOfTimeError(Exception):
    """The time that was given is over."""


class Clock:
    """The time that is left of what was given, in seconds."""

    def __init__(self, within_s: float) -> None:
        self._ends_at = time.monotonic() + within_s

    @property
    def left_s(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self._ends_at - time.monotonic())

    def check(self) -> None:
        """Raises OutOfTimeError once the time is over."""
        if not self.left_s:
            raise OutOfTimeError


def add_where(parser: argparse.ArgumentParser) -> None:
    """The words that say which service, where to write, and what was accepted."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--target", type=Path, help="target file of the service")
    where.add_argument("--openapi", help="address of its OpenAPI document, for a first look")
    parser.add_argument("--out", type=Path, help="folder for what is written (out/...)")
    parser.add_argument("--waivers", type=Path, help="a file like scenarios/waivers.toml")
    parser.add_argument("--i-may-test", metavar="HOST", help="a host that is not this machine")


def first_look(address: str) -> Target:
    """A target of nothing but a document's address: a visitor alone."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotCheckedError(
            f"--openapi: expected an address like http://127.0.0.1:8000/openapi.json, "
            f"found {address!r}"
        )
    base = f"{parts.scheme}://{parts.netloc}"
    return Target(
        name=parts.netloc, base_url=base, ready="/", openapi=parts.path or "/",
        identities={VISITOR: Identity()},
    )  # fmt: skip


def address(target: Target, asked: str | None) -> str:
    """Where the document is: as asked, or as the target file says. Raises NotCheckedError."""
    if asked:
        return asked
    if target.openapi is None:
        raise NotCheckedError("the target file has no `openapi`, the path of the document")
    return urljoin(target.base_url + "/", target.openapi.lstrip("/"))


def refuse_strangers(base_url: str, allowed: str | None) -> None:
    """Attacks go to this machine, or to a host that was named on purpose."""
    host = urlsplit(base_url).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local and host != allowed:
        raise NotCheckedError(
            f"{host} is not this machine. The check attacks rights and writes data.\n"
            f"If you may do that there, say so: --i-may-test {host}"
        )


def fetched(address: str) -> dict[str, Any]:
    """The document at an address. Raises NotCheckedError with what is there instead."""
    try:
        config = schemathesis.Config.from_dict({})
        raw = schemathesis.openapi.from_url(address, config=config, timeout=20).raw_schema
    except (LoaderError, requests.RequestException, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        raise NotCheckedError(f"{address}: no OpenAPI document is answered: {first}") from None
    if "openapi" not in raw:
        found = f"Swagger {raw.get('swagger', 'of an unknown version')}"
        raise NotCheckedError(
            f"{address}: expected OpenAPI 3, found {found}\n"
            "Convert the document (swagger2openapi does) and name it in the target file."
        )
    return dict(raw)


def waived(path: Path | None) -> dict[str, str]:
    """Fingerprints that a valid waiver of the file accepts, each with who says so and why."""
    if path is None:
        return {}
    today = date.today()  # noqa: DTZ011  a waiver ends with a day, wherever one is
    return {
        waiver.target: f"{waiver.owner}: {waiver.reason.strip()}"
        for waiver in load_waivers(path)
        if waiver.kind == "finding" and waiver.standing(today) == "valid"
    }


def say() -> Callable[[str], None]:
    """Where progress goes: a line of the terminal that the next one takes."""
    if not sys.stderr.isatty():
        return lambda text: None
    return lambda text: print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)


def folder(purpose: str) -> Path:
    """A folder for what one run writes."""
    return Path("out", f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{purpose}")
