from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from scenarios.duet import endpoints
from scenarios.duet.asking import NoAnswerError
from scenarios.duet.endpoints import Choice, Endpoint
from scenarios.duet.sides import Build, Start
from scenarios.targets import Identity, LogIn
from suites.framework.scenarios.duet_services import Answer, Respond, answering

ID = {"name": "team_id", "in": "path", "required": True, "schema": {"type": "integer"}}
WORD = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
PATHS: Mapping[str, Mapping[str, object]] = {
    "/open": {"get": {}},
    "/teams/{team_id}": {"get": {"parameters": [ID]}},
    "/found": {"parameters": [WORD], "get": {}},
    "/mine": {"get": {}, "post": {}},
    "/sent": {"post": {}},
}
PEOPLE = {
    "visitor": Identity(),
    "player": Identity(
        username="p{number}",
        password="w",
        log_in=LogIn(path="/in", body={"name": "{username}"}, status=201, token="/t"),
    ),
}


def service(
    paths: Mapping[str, object] = PATHS, statuses: Mapping[str, int] | None = None
) -> Respond:
    def respond(path: str, headers: Mapping[str, str]) -> Answer:
        if path == "/openapi.json":
            return 200, json.dumps({"paths": paths}).encode()
        if path == "/in":
            return 200, b'{"t": "token"}'
        if path == "/mine" and headers.get("Authorization") != "Bearer token":
            return 401, b"{}"
        return (statuses or {}).get(path, 200), b"{}"

    return respond


def choose(base: Respond, new: Respond) -> Choice:
    with answering(base) as there, answering(new) as here:
        pair = (Build("base", (Start(there),), PEOPLE), Build("new", (Start(here),), PEOPLE))
        return endpoints.of_document("/openapi.json", *pair)


def test_reads_are_asked_for_as_the_first_who_may_and_with_the_first_id() -> None:
    choice = choose(service(), service())
    assert choice.endpoints == (
        Endpoint("GET /open", "/open", "visitor"),
        Endpoint("GET /teams/{team_id}", "/teams/1", "visitor"),
        Endpoint("GET /mine", "/mine", "player"),
    )
    assert choice.differing == ()
    assert choice.left_out == ("GET /found: nobody says what q should be",)


def test_a_read_that_only_one_build_serves_is_no_comparison() -> None:
    choice = choose(service(), service(statuses={"/open": 500, "/teams/1": 203}))
    assert choice.differing == (
        "GET /open: the base answers 200, the new build 500",
        "GET /teams/{team_id}: the base answers 200, the new build 203",
    )
    assert [item.name for item in choice.endpoints] == ["GET /mine"]


def test_a_read_that_nobody_may_ask_for_is_left_out() -> None:
    refused = service(statuses={"/open": 403})
    choice = choose(refused, refused)
    assert "GET /open: visitor gets 403, player gets 403" in choice.left_out


def test_a_read_that_only_one_build_has_is_left_out_and_said() -> None:
    more = {**PATHS, "/fresh": {"get": {}}}
    assert "GET /fresh: only the new build has it" in choose(service(), service(more)).left_out
    assert "GET /fresh: only the base has it" in choose(service(more), service()).left_out


def test_named_paths_need_no_document() -> None:
    with answering(service()) as there, answering(service(statuses={"/b": 404})) as here:
        pair = (Build("base", (Start(there),)), Build("new", (Start(here),)))
        choice = endpoints.of_paths(["/a", "/b"], *pair)
    assert choice.endpoints == (Endpoint("GET /a", "/a"),)
    assert choice.differing == ("GET /b: the base answers 200, the new build 404",)


@pytest.mark.parametrize("answer", [(404, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b"{}")])
def test_a_build_without_a_document_is_said(answer: Answer) -> None:
    with pytest.raises(NoAnswerError, match=r"openapi.json \(base\) is no OpenAPI document"):
        choose(lambda path, headers: answer, service())


def test_a_log_in_that_is_refused_is_said() -> None:
    def closed(path: str, headers: Mapping[str, str]) -> Answer:
        return (403, b"{}") if path == "/in" else service()(path, headers)

    with pytest.raises(NoAnswerError, match="/in: answers 403, expected 201"):
        choose(closed, closed)


@pytest.mark.parametrize(
    ("form", "media"), [(True, "application/x-www-form-urlencoded"), (False, "application/json")]
)
def test_a_log_in_is_sent_as_its_recipe_says(form: bool, media: str) -> None:
    sent: list[str] = []

    def respond(path: str, headers: Mapping[str, str]) -> Answer:
        sent.append(headers["Content-Type"])
        return 201, b'{"t": "token"}'

    recipe = LogIn(path="/in", body={"n": "{username}"}, status=201, token="/t", form=form)
    player = Identity(username="p", password="w", log_in=recipe)
    with answering(respond) as url:
        headers = Build("base", (Start(url),), {"player": player}).headers("player")
    assert (headers, sent) == ({"Authorization": "Bearer token"}, [media])


def test_a_path_that_a_document_names_as_people_write_it_is_asked_for_encoded() -> None:
    paths: Mapping[str, object] = {"/für alle": {"get": {}}}
    choice = choose(service(paths), service(paths, {"/f%C3%BCr%20alle": 404}))
    assert choice.differing == ("GET /für alle: the base answers 200, the new build 404",)


def test_a_token_that_no_header_can_hold_is_no_log_in() -> None:
    def respond(path: str, headers: Mapping[str, str]) -> Answer:
        return 201, b'{"t": "a\\nb"}'

    with answering(respond) as url, pytest.raises(NoAnswerError, match="what no header can"):
        Build("base", (Start(url),), PEOPLE).headers("player")
