"""What a hole is called, its number in OWASP's API Security Top 10 (2023), how grave it is."""

from __future__ import annotations

from reports.evidence import Severity
from suites.contract.faults import INJECTION, Kind

TOKENS, SESSIONS, GUESSING, LIMITS, TEXTS, SIZES, ANSWERS = GROUPS = (
    "tokens", "sessions", "guessing", "limits", "texts", "sizes", "answers",
)  # fmt: skip


def _kind(rule: str, number: int, severity: Severity) -> Kind:
    return Kind(rule, f"API{number}:2023", 0, severity)


NO_ALGORITHM = _kind("token-without-algorithm", 2, "critical")
OTHER_KEY = _kind("token-under-another-key", 2, "critical")
OTHER_ALGORITHM = _kind("token-of-another-algorithm", 2, "critical")
OTHER_CLAIMS = _kind("token-with-claims-of-another", 2, "critical")
EXPIRED = _kind("expired-token", 2, "high")
FUTURE = _kind("token-of-the-future", 2, "medium")
AUDIENCE = _kind("token-for-another-audience", 2, "high")
MUTILATED = _kind("mutilated-token", 2, "critical")
NO_ACCESS_TOKEN = _kind("refresh-token-as-access-token", 2, "medium")

AFTER_LOG_OUT = _kind("token-after-log-out", 2, "high")
AFTER_PASSWORD = _kind("token-after-password-change", 2, "high")
REUSE = _kind("refresh-token-reused", 2, "high")
FAMILY = _kind("refresh-family-outlives-reuse", 2, "medium")
RACE = _kind("refresh-token-raced", 2, "high")
FIXATION = _kind("session-fixation", 2, "high")

TOLD_IN_WORDS = _kind("account-told-in-words", 2, "medium")
TOLD_IN_TIME = _kind("account-told-in-time", 2, "medium")
UNTHROTTLED = _kind("log-in-not-throttled", 2, "medium")
LOG_IN_DODGED = _kind("log-in-throttle-dodged", 2, "medium")

LIMIT_LOOSE = _kind("limit-not-shared", 4, "medium")
LIMIT_DODGED = _kind("limit-dodged", 4, "medium")

SQL = INJECTION
TEMPLATE = _kind("template-injection", 8, "critical")
HEADER = _kind("header-injection", 8, "high")
MARKUP = _kind("markup-injection", 8, "high")
PATH = _kind("path-traversal", 8, "critical")
LOG = _kind("log-injection", 8, "medium")

BODY_SIZE = _kind("body-without-limit", 4, "medium")
DEEP_JSON = _kind("deep-json", 4, "medium")
SLOW_BODIES = _kind("slow-requests", 4, "high")
MANY_HEADERS = _kind("many-headers", 4, "medium")
BOMB = _kind("text-bomb", 4, "medium")

ORIGINS = _kind("open-to-other-origins", 8, "high")
KEPT = _kind("private-answer-may-be-kept", 8, "medium")
HEADERS = _kind("security-header-missing", 8, "medium")
INSIDE = _kind("error-tells-of-the-inside", 8, "medium")
BROKE_DOWN = _kind("server-error", 8, "medium")
