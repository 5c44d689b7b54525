"""Access tokens (signed), refresh tokens and page cookies (opaque, held as a digest)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass, field
from time import monotonic, time

import jwt

from sut.settings import Settings

ALGORITHM = "HS256"
ISSUER = "soccerai"
AUDIENCE = "soccerai-api"
REFRESH_PREFIX = "srt_"
BROWSER_PREFIX = "sbs_"
_REQUIRED = ["iss", "aud", "sub", "sid", "jti", "iat", "exp"]
_INT64_DIGITS_MAX = 18
KNOWN_MAX = 10_000
"""Tokens whose signature was found good are remembered: each is read twice a request."""
ENDED_S = 60.0


@dataclass(frozen=True)
class Claims:
    """What a valid access token says; `expires_at` in seconds since 1970."""

    account_id: int
    session_id: uuid.UUID
    expires_at: int = field(default=0, compare=False)


class Tokens:
    """Makes and reads tokens under the configured key. It knows one algorithm."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.signing_key.get_secret_value().encode()
        self._lifetime_s = settings.access_token_s
        self._known: dict[str, Claims] = {}
        self._ended: dict[str, float] = {}

    def issue(self, account_id: int, session_id: uuid.UUID) -> str:
        """A new access token for a session."""
        now = int(time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(account_id), "sid": str(session_id),
            "jti": secrets.token_hex(16), "iat": now, "exp": now + self._lifetime_s,
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str) -> Claims | None:
        """The claims of a token that we signed and that has not expired; else None."""
        if self._has_ended(token):
            return None
        known = self._known.get(token)
        if known is not None:
            return known if time() < known.expires_at else None
        claims = self._verify(token)
        if claims is not None:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[token] = claims
        return claims

    def end(self, token: str) -> None:
        """Note that the database knew no live session of a token or cookie of ours.

        For a while it stands for nobody, so that whoever still sends it counts as a visitor and
        spends nobody else's limit: a worker asks the database again once in a limit's window.
        """
        while len(self._ended) >= KNOWN_MAX:
            del self._ended[next(iter(self._ended))]
        self._ended.pop(token, None)  # the dictionary is in the order of the notes
        self._ended[token] = monotonic() + ENDED_S

    def _has_ended(self, token: str) -> bool:
        return bool(self._ended) and self._ended.get(token, 0.0) > monotonic()

    def _verify(self, token: str) -> Claims | None:
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], issuer=ISSUER, audience=AUDIENCE,
                options={"require": _REQUIRED},
            )  # fmt: skip
            return Claims(int(claims["sub"]), uuid.UUID(claims["sid"]), int(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError):
            return None

    def new_refresh_token(self) -> str:
        """An opaque token of 256 random bits."""
        return REFRESH_PREFIX + secrets.token_urlsafe(32)

    def new_browser_token(self, account_id: int) -> str:
        """A page's session cookie: 256 random bits and, signed, whose it is.

        The signature lets the rate limit tell a player from a visitor without the database.
        """
        body = f"{BROWSER_PREFIX}{account_id}.{secrets.token_urlsafe(32)}"
        return f"{body}.{self._seal(body)}"

    def browser_account(self, cookie: str) -> int | None:
        """The account that a cookie was made for, unless it is known to hold no more.

        Whether it still does, the database knows.
        """
        if self._has_ended(cookie):
            return None
        body, _, seal = cookie.rpartition(".")
        if not cookie.isascii() or not hmac.compare_digest(seal, self._seal(body)):
            return None
        number = body.removeprefix(BROWSER_PREFIX).partition(".")[0]
        return int(number) if number.isdecimal() and len(number) <= _INT64_DIGITS_MAX else None

    def digest(self, token: str) -> bytes:
        """What the database holds of an opaque token."""
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

    def _seal(self, body: str) -> str:
        return hmac.new(self._key, b"browser:" + body.encode(), hashlib.sha256).hexdigest()[:32]
