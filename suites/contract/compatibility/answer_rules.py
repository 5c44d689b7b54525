"""Rules about answers: statuses, media types, headers, links."""

from __future__ import annotations

from collections.abc import Iterator

from suites.contract.compatibility.document import Json, Operation, media_of
from suites.contract.compatibility.rules import Found, about_operations


def _statuses_gone(old: Operation, new: Operation, *classes: str) -> Found:
    for status in old.responses:
        if status.startswith(classes) and status not in new.responses:
            yield f"answer {status}", "is gone"


@about_operations
def success_status_removed(old: Operation, new: Operation) -> Found:
    """Clients wait for this status."""
    yield from _statuses_gone(old, new, "2")


@about_operations
def redirect_status_removed(old: Operation, new: Operation) -> Found:
    """Clients follow it, or spare themselves what has not changed."""
    yield from _statuses_gone(old, new, "3")


@about_operations
def refusal_status_removed(old: Operation, new: Operation) -> Found:
    """Clients tell causes apart by it."""
    yield from _statuses_gone(old, new, "4")


@about_operations
def error_status_removed(old: Operation, new: Operation) -> Found:
    """Clients try again on it."""
    yield from _statuses_gone(old, new, "5")


@about_operations
def default_answer_removed(old: Operation, new: Operation) -> Found:
    """Clients read every other status by it."""
    yield from _statuses_gone(old, new, "default")


def _kept(old: Operation, new: Operation) -> Iterator[tuple[str, Json, Json]]:
    for status, before, after in old.answers_beside(new):
        yield f"answer {status}", before, after


@about_operations
def response_media_type_removed(old: Operation, new: Operation) -> Found:
    """Clients read this form."""
    for where, before, after in _kept(old, new):
        for media in media_of(before):
            if media not in media_of(after):
                yield where, f"{media} is no longer given"


def _headers(response: Json) -> dict[str, Json]:
    return {name.lower(): found for name, found in response.get("headers", {}).items()}


@about_operations
def response_header_removed(old: Operation, new: Operation) -> Found:
    """Clients read it: an ETag, a Location."""
    for where, before, after in _kept(old, new):
        for name in before.get("headers", {}):
            if name.lower() not in _headers(after):
                yield where, f"header {name} is no longer given"


@about_operations
def response_header_made_optional(old: Operation, new: Operation) -> Found:
    """Clients rely on its being there."""
    for where, before, after in _kept(old, new):
        headers = _headers(after)
        for name, header in _headers(before).items():
            if header.get("required") and name in headers and not headers[name].get("required"):
                yield where, f"header {name} was always there, is optional"


@about_operations
def response_link_removed(old: Operation, new: Operation) -> Found:
    """Clients find the next request by it."""
    for where, before, after in _kept(old, new):
        for name in before.get("links", {}):
            if name not in after.get("links", {}):
                yield where, f"link {name} is gone"


@about_operations
def response_link_target_changed(old: Operation, new: Operation) -> Found:
    """Clients that follow it end up somewhere else."""
    for where, before, after in _kept(old, new):
        for name, link in before.get("links", {}).items():
            newer = after.get("links", {}).get(name, link)
            targets = [one.get("operationId") or one.get("operationRef") for one in (link, newer)]
            if targets[0] != targets[1]:
                yield where, f"link {name} led to {targets[0]}, leads to {targets[1]}"
