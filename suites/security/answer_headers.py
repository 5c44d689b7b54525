"""What every answer must carry, whatever its route and status."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

YEAR_S = 31_536_000
_REFERRER = {"no-referrer", "same-origin", "strict-origin"}
_UNSAFE = ("'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "http:", "https:", "data:")


def faults(headers: Mapping[str, str], *, private: bool) -> Iterator[str]:
    """What is missing or too weak in an answer's headers; `private` answers may be kept nowhere."""
    yield from _policy_faults(headers.get("content-security-policy", ""))
    age = re.search(r"max-age=(\d+)", headers.get("strict-transport-security", ""))
    if not age or int(age[1]) < YEAR_S:
        yield "strict-transport-security: less than a year"
    if headers.get("x-content-type-options") != "nosniff":
        yield "x-content-type-options: not nosniff"
    if headers.get("x-frame-options") != "DENY":
        yield "x-frame-options: not DENY"
    if headers.get("referrer-policy") not in _REFERRER:
        yield f"referrer-policy: none of {', '.join(sorted(_REFERRER))}"
    if private and "no-store" not in headers.get("cache-control", ""):
        yield f"cache-control: not no-store but {headers.get('cache-control')!r}"
    if "cache-control" not in headers:
        yield "cache-control: missing"


def isolation_faults(headers: Mapping[str, str]) -> Iterator[str]:
    """What other origins' pages could take hold of (the window, the answer as a part of theirs),
    and which devices a page could ask for.
    """
    for name in ("cross-origin-opener-policy", "cross-origin-resource-policy"):
        if headers.get(name) != "same-origin":
            yield f"{name}: not same-origin"
    said = [part.strip() for part in headers.get("permissions-policy", "").split(",")]
    for device in ("camera", "geolocation", "microphone", "payment", "usb"):
        if f"{device}=()" not in said:
            yield f"permissions-policy: {device} is not refused"


def _policy_faults(policy: str) -> Iterator[str]:
    if not policy:
        yield "content-security-policy: missing"
        return
    directives = {name: values for name, *values in map(str.split, policy.split(";"))}
    fallback = directives.get("default-src", ["*"])
    for name in ("script-src", "style-src", "object-src", "connect-src"):
        allowed = directives.get(name, fallback)
        for value in allowed:
            if value in _UNSAFE:
                yield f"content-security-policy: {name} allows {value}"
    if directives.get("frame-ancestors") != ["'none'"]:
        yield "content-security-policy: frame-ancestors is not 'none'"
    if directives.get("base-uri") not in (["'none'"], ["'self'"]):
        yield "content-security-policy: base-uri is open"
    if directives.get("form-action") not in (["'none'"], ["'self'"]):
        yield "content-security-policy: form-action is open"
