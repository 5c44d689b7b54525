"""A local snapshot of advisories (an OSV `all.zip`), answered on loopback in OSV's own way.

Version matching follows the OSV schema (https://ossf.github.io/osv-schema/#evaluation): a version
is affected when it is listed, or when the events of a range say so in the ecosystem's order, which
for PyPI is PEP 440. A record that tells of a package and of none of its versions affects them all.
"""

from __future__ import annotations

import contextlib
import json
import threading
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ECOSYSTEM = "PyPI"
QUERY_PATH = "/v1/query"
Advisory = Mapping[str, Any]
_FIRST = Version("0.dev0")  # before every release of PEP 440
# What zipfile raises for what is broken, locked or packed in a way of its own, and what records
# raise that are none.
_UNREADABLE = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError,
    ValueError, LookupError, TypeError, AttributeError,
)  # fmt: skip
_NEVER = datetime.min.replace(tzinfo=UTC)


class AdvisoriesError(ValueError):
    """The snapshot cannot be used; the message says which file, what is wrong and what to do."""


@dataclass(frozen=True)
class Snapshot:
    """Advisories by canonical package name, and the moment of the newest change among them.

    A record that says it was changed in the future says nothing about the age of the others.
    """

    path: str
    by_package: Mapping[str, tuple[Advisory, ...]]
    newest: datetime

    def affecting(self, package: str, version: str) -> tuple[Advisory, ...]:
        """The advisories that hold for one version of a package, withdrawn ones included."""
        name = canonicalize_name(package)
        return tuple(
            advisory
            for advisory in self.by_package.get(name, ())
            if any(_is_affected(one, name, version) for one in advisory.get("affected", ()))
        )


def load(path: Path) -> Snapshot:
    """Read an OSV `all.zip`. Raises AdvisoriesError for one that is none, or holds no advisory."""
    by_package: dict[str, list[Advisory]] = {}
    newest, now = _NEVER, datetime.now(UTC)
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                advisory = json.loads(archive.read(name))
                changed = moment(advisory["modified"])
                newest = max(newest, changed if changed <= now else _NEVER)
                for package in {
                    canonicalize_name(one["package"]["name"])
                    for one in advisory.get("affected", ())
                    if one["package"]["ecosystem"] == ECOSYSTEM
                }:
                    by_package.setdefault(package, []).append(advisory)
    except _UNREADABLE as error:
        raise AdvisoriesError(
            f"{path}: not an archive of OSV records ({type(error).__name__}: {error});\n"
            "expected the all.zip of https://osv-vulnerabilities.storage.googleapis.com/PyPI/"
        ) from None
    if not by_package:
        raise AdvisoriesError(f"{path}: holds no advisory about a package of {ECOSYSTEM}")
    return Snapshot(str(path), {name: tuple(found) for name, found in by_package.items()}, newest)


def moment(text: str) -> datetime:
    """A record's time; real archives hold a few such as `1-01-01T00:00:00Z`: as old as can be."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # the first year's first hours, elsewhere than in UTC
        return _NEVER


def _is_affected(affected: Mapping[str, Any], name: str, version: str) -> bool:
    package = affected["package"]
    if package["ecosystem"] != ECOSYSTEM or canonicalize_name(package["name"]) != name:
        return False
    wanted = _version(version)
    listed = affected.get("versions") or ()
    ranges = [one for one in affected.get("ranges") or () if one["type"] == "ECOSYSTEM"]
    if not listed and not ranges:  # commits, or nothing: it may be any version
        return True
    if version in listed or (wanted is not None and wanted in map(_version, listed)):
        return True
    return wanted is not None and any(_in_range(found["events"], wanted) for found in ranges)


def _in_range(events: list[Mapping[str, str]], version: Version) -> bool:
    """Walk the events in order: each that the version has reached decides anew.

    Of two at one version the beginning comes first, whatever the record's order: what is introduced
    where it is fixed affects nothing, as the versions say that OSV lists for such records.
    """
    inside, reached = False, (version, "")
    steps = [(_order(text), kind) for event in events for kind, text in event.items()]
    for bound, kind in sorted(steps, key=lambda step: (step[0], step[1] != "introduced")):
        if kind == "introduced" and reached >= bound:
            inside = True
        elif (kind == "fixed" and reached >= bound) or (
            kind == "last_affected" and reached > bound
        ):
            inside = False
    return inside


def _order(text: str) -> tuple[Version, str]:
    """Where a version stands. OSV's "0" is before all, then what is no version of PEP 440."""
    known = None if text == "0" else _version(text)
    return (known, "") if known else (_FIRST, "" if text == "0" else text)


@cache
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:  # of the time before PEP 440: equal to itself alone
        return None


# --- serving -----------------------------------------------------------------------------------


@contextlib.contextmanager
def serve(snapshot: Snapshot) -> Iterator[str]:
    """Answer OSV's `POST /v1/query` on a free loopback port; the address, while it lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(snapshot))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{QUERY_PATH}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(snapshot: Snapshot) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = snapshot.affecting(query["package"]["name"], query["version"])
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: what was asked and answered is in the evidence."""

    return Handler
