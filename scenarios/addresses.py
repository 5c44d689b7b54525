"""Addresses that were named on a command line: what they must look like, and whose they are."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

SHOWN = 80  # characters of a path that was not expected


class AddressError(ValueError):
    """An address cannot be used; the message says what was expected of it."""


def host_of(url: str) -> str:
    """The host of an address that paths are put behind. Raises AddressError.

    A query, a fragment or an account would make another address of it than the one that is loaded.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:  # brackets that are not closed, a port that is no number
        parts, host = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not host:
        raise AddressError(f"expected http://host:port, found {masked(url)}")
    if parts.username is not None or any(sign in url for sign in "?#\\") or not is_plain(url):
        wanted = "expected http://host:port without an account, ?, #, \\ or blanks"
        raise AddressError(f"{wanted}, found {masked(url)}")
    return host


def masked(url: str) -> str:
    """An address as it may be shown: what stands before the last @ may be a password."""
    account, at, rest = url.rpartition("@")
    return repr(f"{account.partition('://')[0]}://...{at}{rest}" if at else url)


def path_of(path: str) -> str:
    """A path on the host that was named, and on no other. Raises AddressError."""
    if not path.startswith("/") or path.startswith("//") or not is_plain(path):
        shown = path.partition("?")[0][:SHOWN]
        raise AddressError(f"expected a path that starts with / (one, no blanks), found {shown!r}")
    return path


def is_plain(text: str) -> bool:
    """Whether a text has neither blanks nor control characters, which end a line of HTTP."""
    return text.isprintable() and " " not in text  # the only blank that counts as printable


def must_be_allowed(host: str, allowed: Collection[str]) -> None:
    """Only this machine may be reached without being spelled out. Raises AddressError."""
    spelled_out = {name.lower() for name in allowed}
    if host.lower() not in spelled_out and not is_loopback(host):
        raise AddressError(
            f"{host} is not this machine. Load may harm it; if it is yours to load, "
            f"say so with --i-may-load {host}"
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
