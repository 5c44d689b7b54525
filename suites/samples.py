"""Made-up values that tests of more than one layer ask about."""

from __future__ import annotations

SECRETS = {
    "an e-mail address": "max.muster+1@example.org",
    "a short e-mail address": "a@b.co",
    # pragma: allowlist nextline secret (signed with the word "signature")
    "an access token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "a refresh token": "srt_" + "a1_-" * 10,
    "a page cookie": "sbs_12." + "a1_-" * 10 + "." + "0f" * 16,
    "an IPv4 address": "192.0.2.17",
    "an IPv6 address": "2001:db8::8:800:200c:417a",
    "a whole IPv6 address": "2001:db8:0:0:8:800:200c:417a",
    "the loopback address": "::1",
}
