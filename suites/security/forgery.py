"""Access tokens made by hand, with any header, any claims and any signature.

A JWT library refuses to make most of these, so the three parts are put together here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
HASHES: Mapping[str, Callable[..., Any]] = {
    "HS256": hashlib.sha256,
    "HS384": hashlib.sha384,
    "HS512": hashlib.sha512,
}


@dataclass(frozen=True)
class Token:
    """A token taken apart."""

    header: Json
    claims: Json
    signature: str

    def __str__(self) -> str:
        return f"{_part(self.header)}.{_part(self.claims)}.{self.signature}"

    def signed(self, key: bytes, method: str = "HS256") -> Token:
        """The same token under another signature; `method` says how, whatever the header claims."""
        body = f"{_part(self.header)}.{_part(self.claims)}".encode()
        digest = hmac.new(key, body, HASHES[method]).digest()
        return Token(self.header, self.claims, _encoded(digest))

    def with_header(self, **header: Any) -> Token:
        """The same token with other header fields; the signature stays what it was."""
        return Token({**self.header, **header}, self.claims, self.signature)

    def with_claims(self, **claims: Any) -> Token:
        """The same token with other claims; one that is None is left out."""
        changed = {name: v for name, v in {**self.claims, **claims}.items() if v is not None}
        return Token(self.header, changed, self.signature)


def taken_apart(token: str) -> Token:
    """A token's parts, unverified."""
    header, claims, signature = token.split(".")
    return Token(json.loads(_decoded(header)), json.loads(_decoded(claims)), signature)


def _part(value: Json) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
