"""Forged, stale and mutilated tokens. Before and after each kind the own token must be let in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from time import time

from suites.contract.anywhere.crossing import name_of
from suites.contract.anywhere.people import Someone
from suites.security.anywhere.scene import Hole, NoControlError, NoMeansError, Scene
from suites.security.anywhere.weak_keys import guessed
from suites.security.forgery import Token, taken_apart

HOUR_S = 3600
# Keys that somebody who knows nothing would try first.
GUESSES = (b"", b"secret", b"changeme", b"your-256-bit-secret", b"\x00" * 32)
SPELLINGS = ("none", "None", "NONE", "nOnE")
TRICKS: tuple[dict[str, object], ...] = (
    {"kid": "../../../../../../dev/null"}, {"jwk": {"kty": "oct", "k": ""}},
    {"jku": "http://127.0.0.1:9/keys.json"}, {"x5u": "http://127.0.0.1:9/chain.pem"},
)  # fmt: skip
Changes = list[tuple[str, Mapping[str, object]]]  # what it is, and claims that do not hold
Forged = Iterable[tuple[str, str]]  # what it is, and the token


def bearer(who: Someone) -> tuple[str, str, str]:
    """The header in which somebody's token is, what stands before it there, and the token.

    Of several headers `Authorization` holds it; others may say whose tenant somebody is.
    """
    shown = sorted(who.headers.items(), key=lambda one: one[0].lower() != "authorization")
    for name, value in shown:
        before, blank, token = value.rpartition(" ")
        if before.lower() != "basic":
            return name, before + blank, token
    raise NoMeansError(f"{who.name} shows no token in a header")


def showing(who: Someone, token: str) -> Someone:
    """Somebody with another token."""
    name, before, _ = bearer(who)
    return replace(who, headers={**who.headers, name: before + token})


def token_of(who: Someone) -> Token:
    """Somebody's token, taken apart. Raises NoMeansError where it is no JWT."""
    try:
        return taken_apart(bearer(who)[2])
    except (ValueError, TypeError):
        raise NoMeansError(f"the token of {who.name} is no JWT") from None


def refused(scene: Scene, forged: Forged) -> Iterator[Hole]:
    """What is let in of tokens that must not be; the own token must be, before and after."""
    door = scene.door
    scene.must_open(door.owner)
    let_in = [said for said, token in forged if scene.knock(showing(door.owner, token)).is_success]
    scene.must_open(door.owner)
    if let_in:
        operation = name_of(door.ask.operation)
        yield Hole(operation, "", f"lets in: {'; '.join(let_in)}")


def without_algorithm(scene: Scene) -> Iterator[Hole]:
    token = token_of(scene.door.owner)
    bare = [(f"alg {one}", token.with_header(alg=one)) for one in SPELLINGS]
    forged = [(f"{said}, unsigned", str(Token(t.header, t.claims, ""))) for said, t in bare]
    yield from refused(scene, [*((said, str(t)) for said, t in bare), *forged])


def under_another_key(scene: Scene) -> Iterator[Hole]:
    token = token_of(scene.door.owner)
    forged = [(f"signed with {key!r}", str(token.signed(key))) for key in GUESSES]
    key = _guessed(scene)
    if key is not None:  # found without asking; a token that nobody issued proves it
        end = int(token.claims.get("exp", time())) + HOUR_S
        made = token.with_claims(exp=end).signed(key, str(token.header["alg"]))
        forged.append((f"signed with {key!r}, a key that is guessed from one token", str(made)))
    for trick in TRICKS:
        made = token.with_header(**trick).signed(b"")
        forged.append((f"with {next(iter(trick))} of its own", str(made)))
    yield from refused(scene, forged)


def of_another_algorithm(scene: Scene) -> Iterator[Hole]:
    """With the service's own key where the target file gives it; otherwise with guessed ones."""
    token = token_of(scene.door.owner)
    key = _key_of(scene)
    own = str(token.header.get("alg", ""))
    pairs = [
        (claimed, used)
        for used in ("HS256", "HS384", "HS512")
        for claimed in (used, "RS256", "ES256", "PS256", "EdDSA")
        if claimed != own
    ]
    forged = [
        (f"{claimed} signed by {used}", str(token.with_header(alg=claimed).signed(one, used)))
        for claimed, used in pairs
        for one in (GUESSES if key is None else (key,))
    ]
    yield from refused(scene, forged)


def with_claims_of_another(scene: Scene) -> Iterator[Hole]:
    mine = token_of(scene.door.owner)
    other = scene.people.other_than(scene.door.owner)
    if other is None:
        raise NoMeansError("the target file names nobody else whose claims could be shown")
    theirs = token_of(other)
    later = int(mine.claims.get("exp", time())) + 10 * HOUR_S
    forged = [
        ("another's claims under one's own signature",
         str(Token(mine.header, theirs.claims, mine.signature))),
        ("a later end under the old signature", str(mine.with_claims(exp=later))),
    ]  # fmt: skip
    key = _key_of(scene)
    if key is not None and {"sid", "sub"} <= mine.claims.keys() & theirs.claims.keys():
        mixed = mine.with_claims(sid=theirs.claims["sid"]).signed(key)
        forged.append(("another's session under one's own name", str(mixed)))
    yield from refused(scene, forged)


def expired(scene: Scene) -> Iterator[Hole]:
    now = int(time())
    yield from _resigned(
        scene,
        "exp",
        [("expired an hour ago", {"iat": now - 2 * HOUR_S, "exp": now - HOUR_S}),
         ("expired in 1970", {"exp": 0})],
    )  # fmt: skip


def of_the_future(scene: Scene) -> Iterator[Hole]:
    now = int(time())
    later = {"nbf": now + HOUR_S, "exp": now + 2 * HOUR_S}
    yield from _resigned(scene, "exp", [("valid in an hour", later)])


def for_another_audience(scene: Scene) -> Iterator[Hole]:
    yield from _resigned(
        scene, "aud", [("for another audience", {"aud": "another-api"}), ("for none", {"aud": []})]
    )


def _resigned(scene: Scene, claim: str, changes: Changes) -> Iterator[Hole]:
    """Claims that do not hold, under the service's own key; unchanged, the token must be let in."""
    token = token_of(scene.door.owner)
    if claim not in token.claims:
        raise NoMeansError(f"the token names no {claim}")
    key = _key_of(scene)
    if key is None:
        raise NoMeansError("only the service's signing key makes such a token, and none is given")
    method = str(token.header.get("alg", "HS256"))
    if not scene.knock(showing(scene.door.owner, str(token.signed(key, method)))).is_success:
        raise NoControlError("a good token, signed again with the key that was given, is refused")
    made = [(said, str(token.with_claims(**to).signed(key, method))) for said, to in changes]
    yield from refused(scene, made)


def _guessed(scene: Scene) -> bytes | None:
    """The key that the door's token gives away, if it is one that many would try."""
    title = str(scene.document.raw.get("info", {}).get("title", ""))
    return guessed(bearer(scene.door.owner)[2], (scene.target.name, title))


def _key_of(scene: Scene) -> bytes | None:
    """The key for HMAC: the one that the target file gives, else one that is easily guessed."""
    variable = scene.target.security.signing_key_variable
    if not variable:
        return _guessed(scene)
    value = os.environ.get(variable, "")
    if not value:
        raise NoMeansError(f"{variable}, which the target file names, is not set")
    if not str(token_of(scene.door.owner).header.get("alg", "")).startswith("HS"):
        raise NoMeansError("tokens are signed by a key pair, which no target file gives")
    return value.encode()


def mutilated(scene: Scene) -> Iterator[Hole]:
    whole = bearer(scene.door.owner)[2]
    half = len(whole) // 2
    # Another last letter may mean the same bytes, so a few are taken away.
    forged = [
        ("cut at the end", whole[:-6]), ("cut at the beginning", whole[6:]), ("half", whole[:half]),
        ("with letters behind it", whole + "x" * 8), ("its case swapped", whole.swapcase()),
        ("the word null", "null"), ("an empty object", "{}"), ("very long", "A" * 6000),
        ("a condition", "' or '1'='1"),
    ]  # fmt: skip
    parts = whole.split(".")
    if len(parts) == 3:
        header, claims, signature = parts
        forged += [
            ("without a signature", f"{header}.{claims}."), ("two parts", f"{header}.{claims}"),
            ("without claims", f"{header}..{signature}"), ("a part more", f"{whole}.{signature}"),
        ]  # fmt: skip
    yield from refused(scene, [(said, token) for said, token in forged if token != whole])


def refresh_token_as_access_token(scene: Scene) -> Iterator[Hole]:
    entered = scene.enter(scene.spare())
    bearer(entered.who)
    yield from refused(scene, [("a refresh token", scene.refresh_token(entered))])
