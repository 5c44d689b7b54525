"""Templates with autoescape, and the static files that they name by content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE = Path(__file__).parent
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A static file, held in memory with its compressed twin; `digest` changes with its bytes."""

    name: str
    body: bytes
    squeezed: bytes
    media_type: str
    digest: str

    @property
    def address(self) -> str:
        """Where a page finds it; the digest lets browsers keep it for good."""
        return f"/static/{self.name}?v={self.digest}"


@cache
def assets() -> Mapping[str, Asset]:
    """Every static file by name. What is not in here cannot be asked for."""
    return {path.name: _asset(path) for path in sorted((_HERE / "static").iterdir())}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:12]
    return Asset(path.name, body, gzip.compress(body, mtime=0), _TYPES[path.suffix], digest)


def render(template: str, **context: object) -> str:
    """A template as text. Everything in `context` is escaped; a missing name is an error."""
    return _environment().get_template(template).render(context)


@cache
def service_worker() -> str:
    """The service worker, which knows by name what it keeps; other assets make another version."""
    addresses = [asset.address for asset in assets().values()]
    template = _environment().get_template("service-worker.js")
    version = hashlib.sha256("".join(addresses).encode() + _source(template.filename)).hexdigest()
    return template.render(assets=addresses, version=version[:12])


def _source(filename: str | None) -> bytes:
    return Path(filename).read_bytes() if filename else b""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = lambda name: assets()[name].address
    environment.filters["rfc3339"] = rfc3339
    return environment


def rfc3339(moment: datetime) -> str:
    """A moment as the wire says it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
