"""The ways to and from our pages: who may send a form, and where a log-in may lead."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from sut.problems import Problem
from sut.web.messages import CROSS_SITE

HOME = "/"
SAFE_METHODS = frozenset({"GET", "HEAD"})
_OWN_SITE = {"same-origin", "none"}


def refuse_cross_site(method: str, headers: Mapping[str, str]) -> None:
    """Refuse a form that no page of ours has sent. Raises Problem (cross-site-request).

    Browsers say where a form comes from, in one header or the other; who says nothing is no
    browser and has the API.
    """
    if method in SAFE_METHODS:
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        own = site in _OWN_SITE
    else:
        origin = _host_of(headers.get("origin", ""))
        own = bool(origin) and origin == headers.get("host")
    if not own:
        raise Problem(CROSS_SITE)


def safe_next(address: str) -> str:
    """`address` if it is a path on this site, else the fixtures: a log-in leads nowhere else."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    if not plain or not address.startswith("/") or address.startswith("//"):
        return HOME
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else HOME


def next_query(address: str) -> str:
    """`address` as the query of a link to the log-in; empty for the fixtures."""
    safe = safe_next(address)
    return "" if safe == HOME else "?" + urlencode({"next": safe})


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # a bracket that does not close
        return ""
