"""Rules about operations: parameters, bodies, answers, media types, security."""

from __future__ import annotations

from suites.contract.compatibility.document import Json, Operation, media_of
from suites.contract.compatibility.rules import Found, about_operations


@about_operations
def operation_id_changed(old: Operation, new: Operation) -> Found:
    """Generated clients name their methods by it."""
    if old.id and old.id != new.id:
        yield "operation", f"its id was {old.id}, is {new.id or 'none'}"


@about_operations
def security_added(old: Operation, new: Operation) -> Found:
    """Whoever got in by one of the old ways must still get in."""
    for way in old.security or ({},):
        if not any(_satisfies(way, wanted) for wanted in new.security or ({},)):
            yield "security", f"{_way(way)} no longer opens it"


def _satisfies(held: Json, wanted: Json) -> bool:
    return all(
        scheme in held and set(scopes) <= set(held[scheme]) for scheme, scopes in wanted.items()
    )


def _way(way: Json) -> str:
    return " with ".join(sorted(way)) or "no token"


@about_operations
def required_parameter_added(old: Operation, new: Operation) -> Found:
    """Old clients do not send it."""
    for (place, name), parameter in new.parameters.items():
        if (place, name) not in old.parameters and parameter.get("required"):
            yield f"{place} parameter {name}", "is new and required"


@about_operations
def parameter_became_required(old: Operation, new: Operation) -> Found:
    """Old clients may leave it out."""
    for (place, name), parameter in new.parameters.items():
        before = old.parameters.get((place, name))
        if before and parameter.get("required") and not before.get("required"):
            yield f"{place} parameter {name}", "was optional, is required"


@about_operations
def parameter_removed(old: Operation, new: Operation) -> Found:
    """A filter that is ignored answers something else than was asked."""
    for place, name in old.parameters:
        if (place, name) not in new.parameters:
            yield f"{place} parameter {name}", "is gone"


@about_operations
def parameter_default_changed(old: Operation, new: Operation) -> Found:
    """Clients that leave it out get another answer."""
    for key, before in old.parameters.items():
        after = new.parameters.get(key, before)
        defaults = [one.get("schema", {}).get("default") for one in (before, after)]
        if defaults[0] != defaults[1]:
            where = f"{key[0]} parameter {key[1]}"
            yield where, f"its default was {defaults[0]!r}, is {defaults[1]!r}"


@about_operations
def request_body_became_required(old: Operation, new: Operation) -> Found:
    """Old clients may send none."""
    if new.request_required and not old.request_required:
        yield "body", "was optional, is required"


@about_operations
def request_body_removed(old: Operation, new: Operation) -> Found:
    """What clients send is no longer listened to."""
    if old.request_media and not new.request_media:
        yield "body", "is gone"


@about_operations
def request_media_type_removed(old: Operation, new: Operation) -> Found:
    """Clients that send this form are refused."""
    for media in old.request_media:
        if new.request_media and media not in new.request_media:
            yield "body", f"{media} is no longer taken"


@about_operations
def success_status_removed(old: Operation, new: Operation) -> Found:
    """Clients wait for this status."""
    for status in old.responses:
        if status.startswith("2") and status not in new.responses:
            yield f"answer {status}", "is gone"


@about_operations
def refusal_status_removed(old: Operation, new: Operation) -> Found:
    """Clients tell causes apart by it."""
    for status in old.responses:
        if status.startswith(("4", "5")) and status not in new.responses:
            yield f"answer {status}", "is gone"


@about_operations
def response_media_type_removed(old: Operation, new: Operation) -> Found:
    """Clients read this form."""
    for status, response in old.responses.items():
        after = media_of(new.responses.get(status, response))
        for media in media_of(response):
            if media not in after:
                yield f"answer {status}", f"{media} is no longer given"


@about_operations
def response_header_removed(old: Operation, new: Operation) -> Found:
    """Clients read it: an ETag, a Location."""
    for status, response in old.responses.items():
        after = {name.lower() for name in new.responses.get(status, response).get("headers", {})}
        for name in response.get("headers", {}):
            if name.lower() not in after:
                yield f"answer {status}", f"header {name} is no longer given"
