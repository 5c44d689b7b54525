"""Finding the service that a command is about: its target file, its address, its document."""

from __future__ import annotations

import argparse
import ipaddress
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx
import requests
import schemathesis
from schemathesis.errors import LoaderError

from reports.configuration import load_waivers
from scenarios.targets import Identity, Target
from suites.contract.anywhere.bounding import WITHIN_S, EndlessError, bounded
from suites.contract.anywhere.people import VISITOR, NotEnteredError
from suites.contract.anywhere.staying import PORTS, origin
from suites.contract.anywhere.writing import Names, prepare

NO_VERDICT = 2
DEPTH_MAX = 200  # levels of a document; what is deeper is made to break readers
DOCUMENT_MAX = 32_000_000  # bytes
NODES_MAX = 5_000_000  # of a document with every alias written out
# What is raised of a document or an answer that is not as it should be.
BROKEN = (
    LoaderError, AttributeError, LookupError, TypeError, ValueError, RecursionError, OSError,
    httpx.InvalidURL,
)  # fmt: skip


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


@contextmanager
def noting(gaps: list[str], within_s: float) -> Iterator[None]:
    """Whatever ends a look early is a gap in what was seen, and what was seen stays."""
    try:
        yield
    except OutOfTimeError:
        gaps.append(f"the time of {within_s:g} s was over before the end")
    except httpx.HTTPError as error:
        gaps.append(f"the service stopped answering: {error!r}")
    except KeyboardInterrupt:
        gaps.append("interrupted before the end")
    except BROKEN as error:
        gaps.append(f"broken off before the end: {type(error).__name__}: {error!s:.200}")


def folder_of(words: argparse.Namespace, purpose: str, names: Names) -> Path:
    """The folder for what is written, made, tried and without an earlier verdict.

    Raises NotCheckedError.
    """
    out: Path = words.out or folder(purpose)
    try:
        prepare(out, names)
    except OSError as error:
        raise NotCheckedError(
            f"--out {out}: nothing can be written there: {error.strerror or error}\n"
            "Nothing was asked yet. Name a folder that takes files."
        ) from None
    return out


def ended(look: Callable[[], int]) -> int:
    """The exit code of a command; what ends it before it can write is told in a few lines."""
    try:
        return look()
    except KeyboardInterrupt:
        print("no verdict: interrupted before anything was written", file=sys.stderr)
    except (NotCheckedError, NotEnteredError, *BROKEN) as error:
        said = str(error) or type(error).__name__
        if not isinstance(error, NotCheckedError | NotEnteredError | ValueError):
            said = f"{type(error).__name__}: {said}"
        print(f"no verdict: {said}", file=sys.stderr)
    return NO_VERDICT


def add_where(parser: argparse.ArgumentParser) -> None:
    """The words that say which service, where to write, and what was accepted."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--target", type=Path, help="target file of the service")
    where.add_argument("--openapi", help="address of its OpenAPI document, for a first look")
    parser.add_argument("--out", type=Path, help="folder for what is written (out/...)")
    parser.add_argument("--waivers", type=Path, help="a file like scenarios/waivers.toml")
    parser.add_argument("--i-may-test", metavar="HOST", help="a host that is not this machine")


def sound(address: str, where: str) -> SplitResult:
    """An address taken apart. Raises NotCheckedError where two readers could read two hosts.

    Readers differ about backslashes and blanks; a user before the host is one who is written down
    with every address that is told.
    """
    shown = re.sub(r"//.*@", "//...@", address)
    odd = not address.isprintable() or any(sign in address for sign in " \\")
    try:
        parts = urlsplit(address)
        odd = odd or parts.scheme not in PORTS or not parts.hostname or parts.port == 0
    except ValueError:  # brackets that do not close, a port that is no number
        parts, odd = SplitResult("", "", "", "", ""), True
    if odd or "@" in parts.netloc:
        raise NotCheckedError(
            f"{where}: expected an address like http://127.0.0.1:8000/openapi.json, without "
            f"blanks, backslashes and a user before the host; found {shown!r}"
        )
    return parts


def first_look(address: str) -> Target:
    """A target of nothing but a document's address: a visitor alone."""
    parts = sound(address, "--openapi")
    base = f"{parts.scheme}://{parts.netloc}"
    return Target(
        name=parts.netloc, base_url=base, ready="/", openapi=parts.path or "/",
        identities={VISITOR: Identity()},
    )  # fmt: skip


def based(target: Target, raw: Mapping[str, Any], at: str) -> Target:
    """The target of a first look at the path below which its document says that it answers.

    A server on another host is not asked, so it changes nothing.
    """
    servers = raw.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, Mapping) else None
    if not isinstance(url, str) or "{" in url:
        return target
    try:
        found = urljoin(at, url)
        is_here = origin(found) == origin(target.base_url)
    except ValueError:  # no address
        return target
    path = urlsplit(found).path.rstrip("/")
    return target.model_copy(update={"base_url": target.base_url + path}) if is_here else target


def address(target: Target, asked: str | None) -> str:
    """Where the document is: as asked, or as the target file says. Raises NotCheckedError."""
    if asked:
        return asked
    if target.openapi is None:
        raise NotCheckedError("the target file has no `openapi`, the path of the document")
    found = target.base_url + target.openapi
    sound(found, "openapi in the target file")
    return found


def refuse_strangers(base_url: str, allowed: str | None) -> None:
    """Attacks go to this machine, or to a host that was named on purpose."""
    host = sound(base_url, "base_url").hostname or ""
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
    text = _answered(address)
    try:
        config = schemathesis.Config.from_dict({})
        raw = schemathesis.openapi.from_file(text, config=config).raw_schema
    except BROKEN as error:
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        raise NotCheckedError(f"{address}: no OpenAPI document is answered: {first}") from None
    if "openapi" not in raw:
        found = f"Swagger {raw.get('swagger', 'of an unknown version')}"
        raise NotCheckedError(
            f"{address}: expected OpenAPI 3, found {found}\n"
            "Convert the document (swagger2openapi does) and name it in the target file."
        )
    _refuse_unreadable(raw, address)
    return dict(raw)


def _answered(address: str) -> str:
    """The text at an address, asked for directly and there alone."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy
            answer = session.get(address, timeout=20, allow_redirects=False, stream=True)
            pieces = answer.iter_content(64_000)
            content = b"".join(bounded(pieces, WITHIN_S, DOCUMENT_MAX))
    except (requests.RequestException, EndlessError, OSError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        raise NotCheckedError(f"{address}: no OpenAPI document is answered: {first}") from None
    if answer.is_redirect:
        raise NotCheckedError(
            f"{address}: answers {answer.status_code} and sends on to "
            f"{answer.headers['location']!r}: name that address if it is meant"
        )
    if not answer.ok:
        raise NotCheckedError(
            f"{address}: no OpenAPI document is answered: status {answer.status_code}"
        )
    return content.decode("utf-8-sig", "replace")


def _refuse_unreadable(raw: Mapping[str, Any], address: str) -> None:
    """What cannot be walked or written down is refused before anything is asked for it."""
    level: dict[int, Any] = {id(raw): raw}
    for _ in range(DEPTH_MAX):
        inner = [one for held in level.values() for one in _held(held)]
        level = {id(one): one for one in inner if isinstance(one, Mapping | list)}
    if level:
        raise NotCheckedError(f"{address}: the document nests deeper than {DEPTH_MAX} levels")
    if _size(raw, {}) > NODES_MAX:
        raise NotCheckedError(
            f"{address}: the document has more than {NODES_MAX} values once its aliases are "
            "written out"
        )
    try:
        json.dumps(raw, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        found = error.object[error.start : error.end]
        raise NotCheckedError(
            f"{address}: the document holds {found!r}, half of a character, which is no text"
        ) from None
    except (TypeError, ValueError) as error:
        raise NotCheckedError(f"{address}: the document is no JSON: {error}") from None


def _size(node: Any, known: dict[int, int]) -> int:
    """How many values a node is when it is written down; each is added up once."""
    if not isinstance(node, Mapping | list):
        return 1
    if id(node) not in known:
        known[id(node)] = 1 + sum(_size(one, known) for one in _held(node))
    return known[id(node)]


def _held(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, Mapping) else node


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
