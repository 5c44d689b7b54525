"""Attacks on services that a target file alone tells of: whole, and with each hole by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from reports.evidence import Check, Finding, Instrument, decode
from suites.framework.anywhere.keep import HOLES, KEY, Hole, keep_app
from suites.framework.anywhere.notes import serving
from suites.security.__main__ import main
from suites.security.anywhere import kinds, sizes
from suites.security.anywhere.playing import ATTACKS
from suites.security.forgery import Token
from suites.security.payloads import MARK

VARIABLE = "KEEP_SIGNING_KEY"
TARGET = """
name = "Keep"
base_url = "{url}"
ready = "/ready"
openapi = "/openapi.json"
[identities.visitor]
[identities.member]
username = "member{{number:03}}"
password = "member-horse-battery"
accounts = 200
[identities.member.sign_up]
path = "/people"
body = {{ username = "{{username}}", password = "{{password}}" }}
[identities.member.log_in]
path = "/log-in"
body = {{ username = "{{username}}", password = "{{password}}" }}
token = "/token"
[security]
signing_key_variable = "{variable}"
log = "{log}"
"""
# Holes that do not hide each other, the group that is played, and all that must be named.
NAMED: Mapping[str, tuple[str, set[Hole], set[str]]] = {
    "tokens": (
        kinds.TOKENS,
        {"none-algorithm", "guessed-key", "any-algorithm", "stale", "future", "audience", "cut",
         "refresh-as-access"},
        {"token-without-algorithm", "token-under-another-key", "token-of-another-algorithm",
         "expired-token", "token-of-the-future", "token-for-another-audience", "mutilated-token",
         "refresh-token-as-access-token"},
    ),
    "claims": (kinds.TOKENS, {"any-claims"}, {"token-with-claims-of-another"}),
    "sessions": (
        kinds.SESSIONS,
        {"log-out", "password", "reuse", "fixation"},
        # what is taken twice is taken twice at once, too
        {"token-after-log-out", "token-after-password-change", "refresh-token-reused",
         "refresh-token-raced", "session-fixation"},
    ),
    "refreshing": (
        kinds.SESSIONS,
        {"family", "race"},
        {"refresh-family-outlives-reuse", "refresh-token-raced"},
    ),
    "guessing": (
        kinds.GUESSING,
        {"words", "time", "no-throttle"},
        {"account-told-in-words", "account-told-in-time", "log-in-not-throttled"},
    ),
    "throttle": (kinds.GUESSING, {"throttle-by-header"}, {"log-in-throttle-dodged"}),
    "texts": (
        kinds.TEXTS,
        {"sql", "template", "markup", "header", "path", "log"},
        {"sql-injection", "template-injection", "markup-injection", "header-injection",
         "path-traversal", "log-injection"},
    ),
    "sizes": (
        kinds.SIZES,
        {"body", "deep", "headers", "bomb", "slow"},
        {"body-without-limit", "deep-json", "many-headers", "text-bomb", "slow-requests"},
    ),
    "answers": (
        kinds.ANSWERS,
        {"origins", "kept", "sniff", "inside", "broken"},
        {"open-to-other-origins", "private-answer-may-be-kept", "security-header-missing",
         "error-tells-of-the-inside", "server-error"},
    ),
    "limits": (
        kinds.LIMITS, {"loose", "limit-by-header"}, {"limit-not-shared", "limit-dodged"},
    ),
}  # fmt: skip
LIMIT = 40
# Attacks on an account that is guessed at, on a machine that may be busy.
UNSTEADY = {"account-told-in-time"}


@pytest.fixture(autouse=True)
def _known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def written(folder: Path, url: str, text: str = TARGET) -> Path:
    (folder / "keep.log").touch()
    path = folder / "keep.toml"
    path.write_text(text.format(url=url, variable=VARIABLE, log=folder / "keep.log"))
    return path


def attacked(folder: Path, url: str, *more: str) -> int:
    return main(["attack", "--target", str(written(folder, url)), "--out", str(folder), *more])


def named(folder: Path) -> set[str]:
    (run,) = json.loads((folder / "attacks.sarif").read_text())["runs"]
    return {result["ruleId"] for result in run["results"]}


def said_of(folder: Path) -> str:
    return (folder / "attacks.txt").read_text()


def outcomes(folder: Path) -> dict[str, str]:
    """What came of each attack, by its name."""
    records = map(decode, (folder / "attacks.ndjson").read_text().splitlines())
    return {one.id.split()[1]: one.outcome for one in records if isinstance(one, Check)}


def test_every_hole_and_every_attack_has_its_case() -> None:
    assert set().union(*(holes for _, holes, _ in NAMED.values())) == HOLES
    assert set().union(*(names for _, _, names in NAMED.values())) == {one.name for one in ATTACKS}


@pytest.mark.parametrize("case", NAMED)
def test_every_hole_is_found_and_named(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, holes, expected = NAMED[case]
    monkeypatch.setattr(sizes, "PATIENCE_S", 2.0)  # which one hole uses up
    limit = LIMIT if group == kinds.LIMITS else 1_000_000
    with serving(keep_app(frozenset(holes), limit, tmp_path / "keep.log")) as url:
        assert attacked(tmp_path, url, "--only", group) == 1, said_of(tmp_path)
    assert named(tmp_path) == expected, said_of(tmp_path)


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[str]:
    with serving(keep_app(log=tmp_path / "keep.log")) as url:
        yield url


@pytest.mark.long
def test_nothing_is_found_on_the_whole_service(whole: str, tmp_path: Path) -> None:
    assert attacked(tmp_path, whole) == 2, said_of(tmp_path)
    assert named(tmp_path) == set()
    came = outcomes(tmp_path)
    assert came.keys() == {one.name for one in ATTACKS}
    # a million requests are not sent, so whether that limit holds is not known
    beyond = {"limit-not-shared", "limit-dodged"}
    assert {name for name, outcome in came.items() if outcome != "passed"} - UNSTEADY == beyond
    assert "no more than 400 may be sent (security.requests_max)" in said_of(tmp_path)


def test_a_limit_that_is_kept_is_found_to_be_kept(tmp_path: Path) -> None:
    with serving(keep_app(limit=LIMIT)) as url:
        assert attacked(tmp_path, url, "--only", kinds.LIMITS) == 0, said_of(tmp_path)
    assert outcomes(tmp_path) == {"limit-not-shared": "passed", "limit-dodged": "passed"}


def test_an_attack_whose_control_fails_is_unproven_and_passes_nothing(
    whole: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "another key")
    assert attacked(tmp_path, whole, "--only", "expired-token") == 2
    assert outcomes(tmp_path) == {"expired-token": "error"}
    assert (
        "unproven: expired-token: a good token, signed again with the key that was given, is "
        "refused" in said_of(tmp_path)
    )


def test_an_attack_without_means_is_named_with_the_reason(
    whole: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    assert attacked(tmp_path, whole, "--only", "expired-token") == 2
    assert outcomes(tmp_path) == {"expired-token": "skipped"}
    assert f"{VARIABLE}, which the target file names, is not set" in said_of(tmp_path)


def test_what_the_target_file_leaves_out_is_not_tried(whole: str, tmp_path: Path) -> None:
    file = written(tmp_path, whole, TARGET + 'leave_out = {{ deep-json = "it pages us" }}\n')
    words = ["attack", "--target", str(file), "--out", str(tmp_path), "--only", "deep-json"]
    assert main(words) == 2
    assert "not tried: deep-json: left out by the target file: it pages us" in said_of(tmp_path)


def test_a_document_alone_allows_the_attacks_of_a_visitor(whole: str, tmp_path: Path) -> None:
    words = ["attack", "--openapi", f"{whole}/openapi.json", "--out", str(tmp_path)]
    assert main([*words, "--only", kinds.ANSWERS, "--only", kinds.TOKENS]) == 0, said_of(tmp_path)
    came = outcomes(tmp_path)
    assert came["security-header-missing"] == came["open-to-other-origins"] == "passed"
    assert came["expired-token"] == "skipped"


def test_a_run_that_was_cut_short_acquits_nobody(whole: str, tmp_path: Path) -> None:
    assert attacked(tmp_path, whole, "--within", "0") == 2
    assert "the time of 0 s was over before the end" in said_of(tmp_path)


def test_a_waived_hole_is_counted_as_waived(tmp_path: Path) -> None:
    with serving(keep_app(frozenset({"kept"}))) as url:
        assert attacked(tmp_path, url, "--only", "private-answer-may-be-kept") == 1
        waivers = tmp_path / "waivers.toml"
        today = date.today().isoformat()  # noqa: DTZ011  a waiver ends with a day
        waivers.write_text(
            "\n".join(
                f'[[waiver]]\nowner = "a@example.org"\nreason = "until June"\n'
                f'scope = "finding:{one}"\ngranted = {today}\nexpires = {today}\n'
                for one in fingerprints(tmp_path)
            )
        )
        only = ("--only", "private-answer-may-be-kept", "--waivers", str(waivers))
        code = attacked(tmp_path, url, *only)
    assert (code, f"{len(fingerprints(tmp_path))} findings are waived" in said_of(tmp_path)) == (
        0, True,
    )  # fmt: skip


def fingerprints(folder: Path) -> list[str]:
    records = map(decode, (folder / "attacks.ndjson").read_text().splitlines())
    return [one.fingerprint for one in records if isinstance(one, Finding)]


def test_the_evidence_says_which_attacks_showed_something(whole: str, tmp_path: Path) -> None:
    assert attacked(tmp_path, whole, "--only", "mutilated-token") == 0
    records = list(map(decode, (tmp_path / "attacks.ndjson").read_text().splitlines()))
    (judged,) = (one for one in records if isinstance(one, Instrument) and one.total)
    assert (judged.name, judged.value, judged.total) == ("attacks_judged", 1, len(ATTACKS))
    assert "expired-token: not asked for" in judged.missing
    assert "mutilated-token" not in "".join(judged.missing)


def test_another_machine_is_left_alone_unless_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for named_one in ((), ("--i-may-test", "192.0.2.2")):
        assert attacked(tmp_path, "http://192.0.2.1", *named_one) == 2
        assert "--i-may-test 192.0.2.1" in capsys.readouterr().err


# --- attacks that could not look -----------------------------------------------------------------

FRONT = """
name = "Front"
base_url = "{url}"
ready = "/plain"
openapi = "/openapi.json"
[identities.visitor]
[identities.member.credentials]
headers = {{ X-Tenant = "north" }}
bearer = "{token}"
"""
TOKEN = str(Token({"alg": "HS256"}, {"sub": "1"}, "").signed(KEY.encode()))


@dataclass
class Front:
    """A small service that is known by a bearer token and the name of a tenant."""

    app: FastAPI = field(default_factory=FastAPI)
    is_open: bool = True

    def __post_init__(self) -> None:
        self.app.get("/plain")(lambda: {"plain": True})

    def member(self, request: Request) -> bool:
        """Whether a member asks, whose session is not over."""
        shown = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return self.is_open and shown and request.headers.get("x-tenant") == "north"

    def attacked(self, folder: Path, *only: str) -> int:
        with serving(self.app) as url:
            target = folder / "front.toml"
            target.write_text(FRONT.format(url=url, token=TOKEN))
            words = ["attack", "--target", str(target), "--out", str(folder)]
            return main([*words, *(word for one in only for word in ("--only", one))])


def test_texts_that_no_request_could_hold_are_not_tried(tmp_path: Path) -> None:
    assert Front().attacked(tmp_path, kinds.TEXTS) == 2
    assert set(outcomes(tmp_path).values()) == {"skipped"}
    assert "no request that succeeds holds a text" in said_of(tmp_path)


def test_texts_that_were_sent_by_somebody_who_is_let_in_no_more_show_nothing(
    tmp_path: Path,
) -> None:
    front = Front()

    @front.app.get("/notes")
    def notes(request: Request, word: str = "") -> Response:
        inside = front.member(request)
        front.is_open &= MARK not in word
        return JSONResponse([], 200 if inside else 401)

    assert front.attacked(tmp_path, "markup-injection") == 2
    assert outcomes(tmp_path) == {"markup-injection": "error"}
    assert "notes_notes_get succeeds no more afterwards for member" in said_of(tmp_path)


def test_what_breaks_down_is_found_beside_what_never_worked(tmp_path: Path) -> None:
    front = Front()

    @front.app.get("/broken")
    def broken() -> Response:
        return Response(status_code=500)

    @front.app.post("/notes")
    async def made(request: Request, note: Annotated[dict[str, str] | None, Body()] = None) -> None:
        """Never reached by what is no JSON."""

    @front.app.exception_handler(RequestValidationError)
    async def fails(request: Request, error: Exception) -> Response:
        return Response(status_code=500)

    # the look at headers is what asks in wrong ways
    assert front.attacked(tmp_path, "security-header-missing", "server-error") == 1
    assert "made_notes_post: server-error" in said_of(tmp_path)


def test_a_token_is_looked_for_where_tokens_are_shown(tmp_path: Path) -> None:
    front = Front()

    @front.app.get("/notes")
    def notes(request: Request) -> Response:
        return JSONResponse([], 200 if front.member(request) else 401)

    assert front.attacked(tmp_path, "mutilated-token", "token-without-algorithm") == 0
    assert set(outcomes(tmp_path).values()) == {"passed"}


@pytest.mark.parametrize("status", [303, 403])
def test_what_sends_a_visitor_elsewhere_is_private(tmp_path: Path, status: int) -> None:
    front = Front()

    @front.app.get("/notes")
    def notes(request: Request) -> Response:
        return JSONResponse([], 200 if front.member(request) else status)

    assert front.attacked(tmp_path, "private-answer-may-be-kept") == 1
    assert "notes_notes_get: private-answer-may-be-kept" in said_of(tmp_path)


def test_a_private_answer_that_comes_no_more_is_not_one_that_nobody_may_keep(
    tmp_path: Path,
) -> None:
    front, asked = Front(), count(1)

    @front.app.get("/notes")
    def notes(request: Request) -> Response:
        return JSONResponse([], 200 if front.member(request) else 401, {"Cache-Control": "private"})

    @front.app.get("/once/more")
    def once(request: Request) -> Response:
        inside = front.member(request) and next(asked) == 1
        return JSONResponse([], 200 if inside else 401, {"Cache-Control": "private"})

    assert front.attacked(tmp_path, "private-answer-may-be-kept") == 2
    assert "answered before, and no more: once_once_more_get (401)" in said_of(tmp_path)


# --- the reference service ---------------------------------------------------------------------

# Hashing for people is meant to be slow; how slow is another test's business.
