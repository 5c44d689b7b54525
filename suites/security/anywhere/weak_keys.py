"""Keys that people leave as they were: tried on a token that was seen, without asking anybody."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Iterator
from itertools import product

from suites.security.forgery import HASHES, taken_apart

# What stands in examples, in tutorials, and in whatever was to be changed before it was served.
WORDS = (
    "secret", "key", "random", "password", "private", "changeme", "change-me", "change_me",
    "changeit", "default", "admin", "root", "test", "testing", "dev", "development", "debug",
    "demo", "example", "sample", "token", "jwt", "auth", "access", "refresh", "session", "api",
    "app", "application", "server", "service", "flask", "django", "express", "node", "python",
    "java", "spring", "rails", "laravel", "hmac", "hs256", "sign", "signing", "signature", "salt",
    "none", "null", "undefined", "string", "foo", "foobar", "bar", "hello", "helloworld", "world",
    "qwerty", "letmein", "abc123", "abcdef", "1234", "12345", "123456", "1234567", "12345678",
    "123456789", "1234567890", "0123456789", "master", "super", "supersecret", "super-secret",
    "super_secret", "topsecret", "top-secret", "mysecret", "my-secret", "my_secret", "shhhh",
    "s3cr3t", "secure", "security", "hidden", "unsafe", "insecure", "unknown", "todo", "fixme",
    "keyboard cat", "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret",
    "your-secret", "yoursecret", "your_secret", "a-string-secret-at-least-256-bits-long",
    "please-change-me", "local", "localhost", "production", "staging", "user", "web", "www",
)  # fmt: skip
ENDINGS = (
    "", "key", "-key", "_key", "secret", "-secret", "_secret", "token", "1", "123", "!",
    "secretkey", "-secret-key", "_secret_key",
)  # fmt: skip
NOUGHTS = (b"", *(bytes(length) for length in (1, 16, 32, 64)))


def guessed(token: str, names: Iterable[str] = ()) -> bytes | None:
    """The key that a token is signed with, where it is easily guessed; `names` are the service's.

    Raises ValueError where the token is no JWT.
    """
    hashing = HASHES.get(str(taken_apart(token).header.get("alg")))
    if hashing is None:
        return None
    body, _, signature = token.rpartition(".")
    for key in _keys(names):
        made = hmac.new(key, body.encode(), hashing).digest()
        if base64.urlsafe_b64encode(made).rstrip(b"=").decode() == signature:
            return key
    return None


def _keys(names: Iterable[str]) -> Iterator[bytes]:
    yield from NOUGHTS
    own = [word for name in names for word in (name, *re.split(r"[^A-Za-z0-9]+", name)) if word]
    for word, ending in product((*WORDS, *own), ENDINGS):
        text = word + ending
        yield from {form.encode() for form in (text, text.lower(), text.upper(), text.title())}
