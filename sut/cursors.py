"""Opaque page cursors: a few numbers under a checksum that also covers which list they are of.

The checksum catches cut, altered and borrowed cursors; it is no secret, so whatever a cursor says
is still checked where it is used. Reading one never fails in any way but `INVALID_CURSOR`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from datetime import UTC, datetime, timedelta

from sut.problems import INVALID_CURSOR, Problem

CURSOR_CHARS_MAX = 120
_CHECKSUM_BYTES = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def encode(kind: str, *numbers: int) -> str:
    """A cursor of the list `kind` that holds `numbers`, each of 64 bits with a sign."""
    body = struct.pack(f">{len(numbers)}q", *numbers)
    return base64.urlsafe_b64encode(_checksum(kind, body) + body).rstrip(b"=").decode()


def decode(kind: str, cursor: str, count: int) -> tuple[int, ...]:
    """The `count` numbers of a cursor of `kind`; raises Problem (invalid-cursor) if it is none."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise refuse_cursor() from None
    body = raw[_CHECKSUM_BYTES:]
    if len(body) != 8 * count or raw[:_CHECKSUM_BYTES] != _checksum(kind, body):
        raise refuse_cursor()
    numbers = struct.unpack(f">{count}q", body)
    if encode(kind, *numbers) != cursor:
        raise refuse_cursor()
    return numbers


def refuse_cursor() -> Problem:
    """The refusal of a cursor, for what only its reader can tell (an age, a range)."""
    return Problem(INVALID_CURSOR, "Start again from the first page.")


def moment_to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an instant with an offset."""
    return (moment - _EPOCH) // _MICROSECOND


def us_to_moment(us: int) -> datetime:
    """The UTC instant of `us` microseconds since 1970; refused as a cursor beyond year 9999."""
    try:
        return _EPOCH + us * _MICROSECOND
    except OverflowError:
        raise refuse_cursor() from None


def _checksum(kind: str, body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECKSUM_BYTES, person=kind.encode()[:16]).digest()
