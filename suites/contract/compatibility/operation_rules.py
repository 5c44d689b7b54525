"""Rules about operations as such: names, addresses, security, bodies, deprecation."""

from __future__ import annotations

from urllib.parse import urlsplit

from suites.contract.compatibility.document import Json, Operation
from suites.contract.compatibility.rules import Found, about_operations
from suites.contract.compatibility.sunset import SUNSET, sunset_of


@about_operations
def operation_id_changed(old: Operation, new: Operation) -> Found:
    """Generated clients name their methods by it."""
    if old.id and old.id != new.id:
        yield "operation", f"its id was {old.id}, is {new.id or 'none'}"


@about_operations
def operation_tag_removed(old: Operation, new: Operation) -> Found:
    """Generated clients name their classes by the first tag."""
    before, after = old.body.get("tags") or (), new.body.get("tags") or ()
    if before and (not after or before[0] != after[0]):
        yield "operation", f"its first tag was {before[0]}, is {after[0] if after else 'none'}"


@about_operations
def operation_server_removed(old: Operation, new: Operation) -> Found:
    """Clients send their requests to this address."""
    before, after = (one.servers or ("/",) for one in (old, new))  # where none is named
    for server in before:
        at_root = server == "/" and any(urlsplit(one).path in ("", "/") for one in after)
        if server not in after and not at_root:
            yield "servers", f"{server} is gone"


@about_operations
def callback_removed(old: Operation, new: Operation) -> Found:
    """Clients wait to be called back."""
    for name in old.body.get("callbacks", {}):
        if name not in new.body.get("callbacks", {}):
            yield f"callback {name}", "is no longer made"


# --- deprecation -------------------------------------------------------------------------------


@about_operations
def operation_deprecated_without_sunset(old: Operation, new: Operation) -> Found:
    """Clients must know how long they have."""
    newly = new.body.get("deprecated") and not old.body.get("deprecated")
    if newly and sunset_of(new.body) is None:
        yield "operation", f"is deprecated without a date in {SUNSET}"


@about_operations
def operation_sunset_moved_earlier(old: Operation, new: Operation) -> Found:
    """Clients plan with the date that they were given."""
    before, after = sunset_of(old.body), sunset_of(new.body)
    if before is not None and new.body.get("deprecated"):
        if after is None:
            yield "operation", f"its sunset was {before}, is none"
        elif after < before:
            yield "operation", f"its sunset was {before}, is {after}"


# --- security ----------------------------------------------------------------------------------


@about_operations
def security_added(old: Operation, new: Operation) -> Found:
    """Whoever got in by one of the old ways must still get in."""
    for way in old.security or ({},):
        wanted = new.security or ({},)
        if not any(_named_in(way, one) for one in wanted):
            yield "security", f"{_way(way)} no longer opens it"


@about_operations
def security_scope_added(old: Operation, new: Operation) -> Found:
    """Tokens that clients hold have the old scopes alone."""
    for way in old.security:
        same = [one for one in new.security if _named_in(way, one)]
        if same and not any(_scopes_in(way, one) for one in same):
            gained = {scope for one in same for name in one for scope in one[name]}
            held = {scope for name in way for scope in way[name]}
            yield "security", f"{_way(way)} needs {', '.join(sorted(gained - held))} too"


@about_operations
def security_scheme_changed(old: Operation, new: Operation) -> Found:
    """Clients put their credentials where and how they were told."""
    for name, before in old.schemes.items():
        after = new.schemes.get(name)
        for keyword in ("type", "scheme", "in", "name", "openIdConnectUrl"):
            if after is not None and before.get(keyword) != after.get(keyword):
                change = f"its {keyword} was {before.get(keyword)}, is {after.get(keyword)}"
                yield f"security scheme {name}", change


@about_operations
def security_flow_removed(old: Operation, new: Operation) -> Found:
    """Clients get their tokens by this flow of OAuth 2."""
    for name, before in old.schemes.items():
        after = new.schemes.get(name, before)
        if before.get("type") == after.get("type") == "oauth2":
            for flow in before.get("flows", {}):
                if flow not in after.get("flows", {}):
                    yield f"security scheme {name}", f"the flow {flow} is gone"


def _named_in(held: Json, wanted: Json) -> bool:
    return set(wanted) <= set(held)


def _scopes_in(held: Json, wanted: Json) -> bool:
    return all(set(scopes) <= set(held[name]) for name, scopes in wanted.items())


def _way(way: Json) -> str:
    return " with ".join(sorted(way)) or "no token"


# --- bodies ------------------------------------------------------------------------------------


@about_operations
def required_request_body_added(old: Operation, new: Operation) -> Found:
    """Old clients send none."""
    if new.request_required and not old.request_media:
        yield "body", "is new and required"


@about_operations
def request_body_became_required(old: Operation, new: Operation) -> Found:
    """Old clients may send none."""
    if new.request_required and old.request_media and not old.request_required:
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
def request_encoding_changed(old: Operation, new: Operation) -> Found:
    """Clients write the parts of a form as they were told."""
    for media in old.request_media:
        before, after = old.encodings.get(media, {}), new.encodings.get(media, {})
        for name in sorted({*before, *after}) if media in new.request_media else ():
            if before.get(name) != after.get(name):
                yield f"body {media}, {name}", "is to be encoded in another way"
