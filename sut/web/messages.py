"""What a page says to people: why something was refused, what was done, what is wrong in a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from sut import problems
from sut.problems import Problem, ProblemType

CROSS_SITE = ProblemType("cross-site-request", 403, "This form was not sent from our own pages")

_ADVICE: Mapping[ProblemType, str] = {
    problems.NOT_FOUND: "The address may be mistyped, or what was here is gone.",
    problems.METHOD_NOT_ALLOWED: "This address cannot be used in this way.",
    problems.INVALID_REQUEST: "Correct what is marked and send it again.",
    problems.UNAUTHENTICATED: "Log in to go on.",
    problems.FORBIDDEN: "Your account has no right to this.",
    problems.WRONG_CREDENTIALS: "Check both and try again.",
    # pragma: allowlist nextline secret (a sentence about passwords)
    problems.WRONG_PASSWORD: "Nothing was changed. Type your current password and try again.",
    problems.EMAIL_TAKEN: "Log in with it, or register with another address.",
    problems.PREDICTION_CLOSED: "Predictions close at kick-off. Nothing was changed.",
    problems.ALREADY_PREDICTED: (
        "Nothing was changed. The slip below says what is saved; send yours again to replace it."
    ),
    problems.IDEMPOTENCY_KEY_REUSED: "Open the page again, then send the form once more.",
    problems.PRECONDITION_FAILED: (
        "Another tab or device has saved something else, and nothing of yours was stored. "
        "The slip below says what is saved; send yours again to replace it."
    ),
    problems.PRECONDITION_REQUIRED: "Open the page again, then send the form once more.",
    problems.FORECAST_QUOTA_USED: (
        "A free account sees three forecasts a day. Those that you saw today stay open."
    ),
    problems.INVALID_CURSOR: "Start again from the top.",
    problems.TOO_MANY_REQUESTS: "Wait a moment, then try again.",
    problems.BODY_TOO_LARGE: "Send less at once.",
    problems.UNAVAILABLE: "Try again in a moment.",
    problems.INTERNAL: "It has been noted. Try again in a moment.",
    CROSS_SITE: "For your safety nothing was done. Open the page here and send the form again.",
}

# Only these can be shown after a redirect, whatever an address says.
DONE: Mapping[str, str] = {
    "registered": "Welcome. Your account is ready.",
    "created": "Your prediction is saved.",
    "changed": "Your prediction is changed.",
    "name": "Your name is changed.",
    # pragma: allowlist nextline secret (a sentence about passwords)
    "password": "Your password is changed, and every session has ended. Log in again.",
    "session": "That session has ended.",
    "logged-out": "You are logged out.",
    "everywhere": "You are logged out everywhere.",
    "erased": "Your account and what was held of you are erased.",
}

_FAULTS: Mapping[str, str] = {
    "missing": "Fill this in.",
    "string_too_short": "This is too short: at least {min_length} characters.",
    "string_too_long": "This is too long: at most {max_length} characters.",
    "greater_than_equal": "The least is {ge}.",
    "less_than_equal": "The most is {le}.",
    "int_parsing": "Give a whole number.",
    "int_type": "Give a whole number.",
}


@dataclass(frozen=True)
class Refusal:
    """A problem in a person's words."""

    status: int
    title: str
    advice: str


def refusal_of(problem: Problem) -> Refusal:
    """What to show of a problem; its detail says nothing of the inside, so it may stand there."""
    advice = _ADVICE.get(problem.type) or problem.detail or "Try again."
    if problem.type is problems.INVALID_REQUEST and problem.detail:
        advice = problem.detail
    wait_s = problem.headers.get("retry-after")
    if wait_s:
        advice = f"Try again in {wait_s} seconds."
    return Refusal(problem.type.status, problem.type.title, advice)


def faults_of(error: ValidationError) -> dict[str, str]:
    """What is wrong with each field of a form, by the field's name."""
    faults: dict[str, str] = {}
    for one in error.errors(include_url=False):
        name = str(one["loc"][0]) if one["loc"] else ""
        known = _FAULTS.get(one["type"])
        text = known.format(**one.get("ctx", {})) if known else _sentence(one["msg"])
        faults.setdefault(name, text)
    return faults


def invalid(faults: Iterable[str]) -> Problem:
    """The problem of a form with faults in the named fields."""
    return Problem(problems.INVALID_REQUEST, detail=f"Look at: {', '.join(sorted(faults))}.")


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ").strip()
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
