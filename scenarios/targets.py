"""A target file: how to start, reach and enter the service under test, whichever it is.

TOML, read once into frozen models. Everything that is wrong with a file is said at once, a line a
fault, with the field and what was expected of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

BAD_INPUT = 2
FORM = "application/x-www-form-urlencoded"
UNTOLD = {"missing", "extra_forbidden", "userinfo"}  # faults that do not quote what was found


class TargetError(ValueError):
    """The target file cannot be used. `faults` are lines that name file, field and expectation."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


AN_ADDRESS = "expected an address like http://127.0.0.1:8000"
ACCOUNT_WORDS = ("username", "password")
# What is filled in when a service is prepared; when it is started, its ports are known as well.
PREPARE_WORDS = ("python", "workers", "postgres_url", "redis_url")
START_WORDS = (*PREPARE_WORDS, "port", "internal_port")
# A wider one would be as many bytes of memory as somebody cares to write.
NUMBER_FORMAT = re.compile(r"(0?[1-9][0-9]?)?d?")


def _is_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(AN_ADDRESS) from None
    if parts.username is not None or parts.password is not None:
        # Told without the address: what stands before the @ is somebody's secret.
        raise PydanticCustomError("userinfo", f"{AN_ADDRESS}, without a name or a password in it")
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError(AN_ADDRESS)
    if not _is_plain(text):
        raise ValueError(f"{AN_ADDRESS}, without blanks, backslashes or control characters")
    if "?" in text or "#" in text:
        raise ValueError(f"{AN_ADDRESS}, without a query or a fragment")
    return text.rstrip("/")


def sendable_path(text: str) -> str:
    """The path, where it can be asked for as it stands. Raises ValueError."""
    if not text.startswith("/"):
        raise ValueError("expected a path that starts with /")
    if text.startswith("//"):
        raise ValueError("expected a path that starts with one /: what follows two is a host")
    if not (_is_plain(text) and text.isascii()):
        raise ValueError("expected a path as it is sent: ASCII, all else percent-encoded")
    return text


def _is_plain(text: str) -> bool:
    return text.isprintable() and not any(sign.isspace() or sign == "\\" for sign in text)


def _is_filled_with(words: tuple[str, ...], text: str) -> str:
    if any(found not in {(word, "", None) for word in words} for found in _braces(text)):
        *others, last = (f"{{{word}}}" for word in words)
        raise ValueError(
            f"the only words in braces may be {', '.join(others)} and {last}; "
            "write {{ and }} for braces"
        )
    return text


def _is_user_name(text: str) -> str:
    for word, form, conversion in _braces(text):
        if word != "number" or conversion or not NUMBER_FORMAT.fullmatch(form):
            raise ValueError(
                "the only word in braces may be {number}, at most with a width below 100 as in "
                "{number:03}; write {{ and }} for braces"
            )
    return text


def _braces(text: str) -> Iterator[tuple[str, str, str | None]]:
    """What stands in braces: a word, its format, its conversion; no word for a lone brace."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        yield "", "", None
        return
    for _, word, form, conversion in parts:
        if word is not None:
            yield word, form or "", conversion


def _is_pointer(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("expected a JSON pointer (RFC 6901) like /access_token")
    return text


Url = Annotated[str, AfterValidator(_is_url)]
UrlPath = Annotated[str, AfterValidator(sendable_path)]
Pointer = Annotated[str, AfterValidator(_is_pointer)]
PrepareWord = Annotated[str, AfterValidator(partial(_is_filled_with, PREPARE_WORDS))]
StartWord = Annotated[str, AfterValidator(partial(_is_filled_with, START_WORDS))]
Environment = Mapping[str, str]
Body = Mapping[str, Annotated[str, AfterValidator(partial(_is_filled_with, ACCOUNT_WORDS))]]
UserName = Annotated[str, AfterValidator(_is_user_name)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Start(_Frozen):
    """How to start the service: commands before it, its own, and its environment.

    Words in braces ({python}, {workers}, {postgres_url}, {redis_url}; in `command` also {port} and
    {internal_port}) are filled in by whoever starts it.
    """

    command: Annotated[tuple[StartWord, ...], Field(min_length=1)]
    prepare: tuple[Annotated[tuple[PrepareWord, ...], Field(min_length=1)], ...] = ()
    environment: Mapping[str, PrepareWord] = Field(default_factory=dict)
    within_s: float = Field(default=60.0, gt=0)


class LogIn(_Frozen):
    """A request that turns an account into tokens, and where in the answer they stand.

    `body` may hold {username} and {password} and is sent as JSON, or as a `form`; `token`,
    `refresh_token` and `lifetime_s` are JSON pointers into the answer. A service that answers with
    a cookie instead has `cookies` and no `token`; load runs need a token.
    """

    method: Literal["POST", "PUT"] = "POST"
    path: UrlPath
    body: Body
    form: bool = False
    status: int = Field(default=200, ge=200, le=399)
    token: Pointer | None = None
    cookies: bool = False
    refresh_token: Pointer | None = None
    lifetime_s: Pointer | None = None
    header: str = "Authorization"
    scheme: str = "Bearer"

    def fields(self, username: str, password: str) -> dict[str, str]:
        """What is sent of an account."""
        words = {"username": username, "password": password}
        return {name: text.format(**words) for name, text in self.body.items()}

    @model_validator(mode="after")
    def _answers_something(self) -> LogIn:
        if (self.token is None) is not self.cookies:
            raise ValueError("expected either token, a JSON pointer, or cookies = true")
        return self


class SignUp(_Frozen):
    """A request that makes the account; `body` may hold {username} and {password}.

    An account that is there already is as good, so its answer is not looked at.
    """

    method: Literal["POST", "PUT"] = "POST"
    path: UrlPath
    body: Body
    form: bool = False


class Credentials(_Frozen):
    """What shows who is asking, without a log-in.

    A bearer token, the identity's username and password (`basic`), or keys in headers, cookies or
    the query.
    """

    bearer: str = ""
    basic: bool = False
    headers: Environment = Field(default_factory=dict)
    cookies: Environment = Field(default_factory=dict)
    query: Environment = Field(default_factory=dict)


class Identity(_Frozen):
    """Somebody who uses the service. Without `log_in` and `credentials`, somebody who sends none.

    `username` may hold {number}, as in player{number:04}@example.org, for accounts from 1 to
    `accounts`.
    """

    username: UserName = ""
    password: str = ""
    accounts: int = Field(default=1, ge=1)
    log_in: LogIn | None = None
    sign_up: SignUp | None = None
    credentials: Credentials | None = None

    @model_validator(mode="after")
    def _log_in_needs_an_account(self) -> Identity:
        if self.log_in is not None and not (self.username and self.password):
            raise ValueError("expected username and password beside log_in")
        if self.log_in is not None and self.credentials is not None:
            raise ValueError("expected log_in or credentials, not both")
        basic = self.credentials is not None and self.credentials.basic
        if basic and not (self.username and self.password):
            raise ValueError("expected username and password beside credentials.basic")
        return self

    def account(self, number: int) -> str:
        """The user name of account `number`, counted from 1, around again after the last."""
        return self.username.format(number=1 + (number - 1) % self.accounts)


class Reset(_Frozen):
    """How to bring the service's data back to where it began: a command or a request."""

    command: tuple[str, ...] = ()
    path: UrlPath | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Reset:
        if bool(self.command) == (self.path is not None):
            raise ValueError("expected either command or path")
        return self


class Load(_Frozen):
    """What load runs need: the module of journeys, and settings to start the service with."""

    journeys: str = "scenarios.journeys"
    environment: Environment = Field(default_factory=dict)


class Values(_Frozen):
    """What a request of one operation may hold, so that it succeeds."""

    path: Mapping[str, Any] = Field(default_factory=dict)
    query: Mapping[str, Any] = Field(default_factory=dict)
    headers: Environment = Field(default_factory=dict)
    body: Mapping[str, Any] | None = None


class Contract(_Frozen):
    """What the contract gate needs to know of a service.

    `access` is its policy file, beside the target file. `leave_out` names operations (id, or method
    and path) that must not be asked, each with its reason; `values` gives requests by operation.
    """

    access: str | None = None
    leave_out: Mapping[str, str] = Field(default_factory=dict)
    values: Mapping[str, Values] = Field(default_factory=dict)


class Security(_Frozen):
    """What attacks on a service need to know beyond its document.

    `signing_key_variable` is the environment variable that holds the key of its tokens: with it,
    stale tokens can be made. `log` is its log file, where that is on this machine. `refresh`,
    `log_out` and `change_password` are operations (id, or method and path) that the document's own
    words do not give away. `leave_out` names attacks that must not be tried, each with its reason;
    `requests_max` is how many requests may be sent to meet a limit.
    """

    signing_key_variable: str = ""
    log: Path | None = None
    refresh: str = ""
    log_out: str = ""
    change_password: str = ""
    leave_out: Mapping[str, str] = Field(default_factory=dict)
    requests_max: int = Field(default=400, ge=0)


class Target(_Frozen):
    """A service under test.

    `base_url` is where it is when it was not started by the suites; `internal_url`, where its
    metrics are, may be missing.
    """

    name: Annotated[str, Field(min_length=1)]
    base_url: Url
    internal_url: Url | None = None
    ready: UrlPath
    metrics: UrlPath = "/metrics"
    openapi: UrlPath | None = None
    start: Start | None = None
    identities: Mapping[str, Identity]
    reset: Reset | None = None
    load: Load = Field(default_factory=Load)
    contract: Contract = Field(default_factory=Contract)
    security: Security = Field(default_factory=Security)

    @model_validator(mode="after")
    def _names_a_visitor(self) -> Target:
        if "visitor" not in self.identities:
            raise ValueError("identities: expected at least [identities.visitor]")
        return self


def load_target(path: Path) -> Target:
    """Read a target file. Raises TargetError with every fault it has."""
    try:
        return Target.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        reason = error.strerror or str(error)
        raise TargetError((f"{path}: cannot be read: {reason}",)) from None
    except UnicodeDecodeError as error:
        raise TargetError((f"{path}: expected UTF-8, found byte {error.start} in it",)) from None
    except tomllib.TOMLDecodeError as error:
        raise TargetError((f"{path}: not TOML: {error}",)) from None
    except ValidationError as error:
        raise TargetError(tuple(_faults(path, error))) from None
    except RecursionError:
        raise TargetError((f"{path}: cannot be read: it is nested too deeply",)) from None
    except ValueError as error:  # a number with more digits than Python takes
        raise TargetError((f"{path}: cannot be read: {error}",)) from None


def _faults(path: Path, error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False):
        field = ".".join(map(str, item["loc"])) or "the file"
        said = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            said = "unknown field"
        elif item["type"] == "missing":
            said = "missing"
        yield f"{path}: {field}: {said}{_found(item)}"


def _found(item: Mapping[str, Any]) -> str:
    if item["type"] in UNTOLD or isinstance(item["input"], dict):
        return ""
    return f", found {item['input']!r}"
