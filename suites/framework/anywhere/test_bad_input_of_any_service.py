"""Documents, addresses and answers that are not as they should be, and where requests then go."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from suites.contract.__main__ import main as contract
from suites.contract.anywhere import bounding
from suites.contract.anywhere.bounding import EndlessError, bounded
from suites.contract.anywhere.crossing import Crossing
from suites.contract.compatibility.document import parse
from suites.security.__main__ import main as security
from suites.security.anywhere.scene import Scene

Answer = tuple[int, dict[str, str], bytes]
FINE = {"get": {"operationId": "fine", "responses": {"200": {"description": "fine"}}}}
OK: Answer = (200, {"Content-Type": "application/json"}, b"{}")


class Service:
    """A service on loopback with answers by path, and the paths that it was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.credentials: set[str] = set()
        self.url = ""

    def shows(self, paths: Any, **more: Any) -> None:
        document = {
            "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, **more,
        }  # fmt: skip
        self.answers["/openapi.json"] = (*OK[:2], json.dumps(document).encode())


@contextmanager
def served() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append(self.path)
            service.credentials.add(self.headers.get("Authorization") or "")
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            status, headers, body = service.answers.get(self.path, OK)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_OPTIONS = do_DELETE = do_TRACE = do_PATCH = do_GET  # noqa: N815

        def log_message(self, *words: Any) -> None:
            """Nothing is said."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    with served() as one:
        yield one


@pytest.fixture
def other() -> Iterator[Service]:
    """Stands for another host: nobody may ask it anything."""
    with served() as one:
        yield one
        assert one.asked == []


def checked(url: str, out: Path, *more: str) -> int:
    few = () if "--only-rights" in more else ("--examples", "1")
    return contract(["check", "--openapi", f"{url}/openapi.json", "--out", str(out), *few, *more])


def attacked(url: str, out: Path, *more: str) -> int:
    words = ["attack", "--openapi", f"{url}/openapi.json", "--out", str(out), "--only", "answers"]
    return security([*words, *more])


def said_of(out: Path) -> str:
    return "".join(file.read_text() for file in out.glob("*.txt"))


@pytest.mark.parametrize("look", [checked, attacked])
def test_a_path_that_is_an_address_is_not_asked(
    service: Service, other: Service, tmp_path: Path, look: Callable[[str, Path], int]
) -> None:
    service.shows({f"{other.url}/abs": FINE, f"//{other.url[7:]}/abs": FINE})
    look(service.url, tmp_path)
    assert f"not looked at: the document: {other.url}/abs: expected a path" in said_of(tmp_path)


def test_a_path_that_is_an_address_is_a_fault_of_the_document() -> None:
    document = parse({"paths": {"http://192.0.2.1/abs": FINE, "//192.0.2.1/": FINE, "/a": FINE}})
    assert [fault.partition(": ")[0] for fault in document.faults] == [
        "http://192.0.2.1/abs", "//192.0.2.1/",
    ]  # fmt: skip
    assert list(document.operations) == ["GET /a"]


def test_a_document_that_is_elsewhere_is_not_followed(
    service: Service, other: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answers["/openapi.json"] = (302, {"Location": f"{other.url}/openapi.json"}, b"")
    assert checked(service.url, tmp_path) == 2
    assert f"answers 302 and sends on to '{other.url}/openapi.json'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        "http://192.0.2.1\\@127.0.0.1:7101/openapi.json",
        # pragma: allowlist nextline secret (made up, to be refused)
        "http://ada:horse-battery@127.0.0.1:7101/openapi.json",
        "http://127.0.0.1:7101/open api.json",
        "http://127.0.0.1\n:7101/openapi.json",
        "http://[::1/openapi.json",
        "http://127.0.0.1:port/openapi.json",
    ],
)
def test_an_address_that_two_readers_read_differently_is_refused_without_its_password(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert contract(["check", "--openapi", address, "--out", str(tmp_path)]) == 2
    assert security(["attack", "--openapi", address, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "without blanks, backslashes and a user before the host" in said.err
    assert "horse-battery" not in said.err + said.out


def test_the_address_of_the_document_stays_at_the_base_whatever_its_path_looks_like(
    service: Service, other: Service, tmp_path: Path
) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        f'name = "t"\nbase_url = "{service.url}"\nready = "/"\n'
        f'openapi = "/{other.url}/openapi.json"\n[identities.visitor]\n'
    )
    assert contract(["check", "--target", str(file), "--out", str(tmp_path)]) == 2
    assert service.asked == [f"/{other.url}/openapi.json"]


def refers_to(reference: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"a": {"items": {"$ref": reference}}}}
    answer = {"description": "d", "content": {"application/json": {"schema": schema}}}
    return {"get": {"operationId": "away", "responses": {"200": answer}}}


def test_a_reference_to_another_place_is_not_fetched_and_its_operation_is_no_clean_one(
    service: Service, other: Service, tmp_path: Path
) -> None:
    service.shows({"/away": refers_to(f"{other.url}/schema.json"), "/fine": FINE})
    assert checked(service.url, tmp_path) == 2
    assert f"not looked at: the document: GET /away: {other.url}/schema.json" in said_of(tmp_path)
    assert "/away" not in service.asked
    assert "/fine" in service.asked


def test_an_example_that_stands_elsewhere_is_not_fetched(
    service: Service, other: Service, tmp_path: Path
) -> None:
    examples = {"one": {"externalValue": f"{other.url}/example.json"}}
    media = {"application/json": {"schema": {"type": "object"}, "examples": examples}}
    body = {"requestBody": {"content": media}, "responses": {"200": {"description": "d"}}}
    service.shows({"/take": {"post": body}})
    checked(service.url, tmp_path)
    assert "/take" in service.asked


@pytest.mark.parametrize("look", [checked, attacked])
def test_a_proxy_of_the_environment_is_shown_nothing(
    service: Service, other: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    look: Callable[[str, Path], int],
) -> None:  # fmt: skip
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url)
    service.shows({"/fine": FINE})
    look(service.url, tmp_path)
    assert "/fine" in service.asked


@pytest.mark.parametrize("look", [checked, attacked])
def test_a_visitor_is_nobody_whom_a_file_of_passwords_names(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    look: Callable[[str, Path], int],
) -> None:  # fmt: skip
    names = tmp_path / "netrc"
    # pragma: allowlist nextline secret (made up)
    names.write_text("default login ada password ada-horse-battery\n")
    monkeypatch.setenv("NETRC", str(names))
    service.shows({"/fine": FINE})
    look(service.url, tmp_path)
    assert "/fine" in service.asked
    assert service.credentials == {""}


@pytest.mark.parametrize("look", [checked, attacked])
@pytest.mark.parametrize("place", ["a file", "below a file"])
def test_a_folder_that_takes_no_file_is_told_before_anything_is_asked(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str,
    look: Callable[[str, Path], int],
) -> None:  # fmt: skip
    file = tmp_path / "file"
    file.write_text("kept")
    service.shows({"/fine": FINE})
    assert look(service.url, file if place == "a file" else file / "below") == 2
    assert "nothing can be written there" in capsys.readouterr().err
    assert (service.asked, file.read_text()) == ([], "kept")


@pytest.mark.parametrize("look", [checked, attacked])
def test_what_was_seen_is_told_where_a_file_cannot_be_written(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    look: Callable[[str, Path], int],
) -> None:  # fmt: skip
    for name in ("contract.ndjson", "attacks.ndjson"):
        (tmp_path / name).mkdir()
    service.shows({"/fine": FINE})
    assert look(service.url, tmp_path) == 2
    said = capsys.readouterr()
    assert service.url[7:] in said.out
    assert "not written" in said.err


@pytest.mark.parametrize(("module", "word"), [("contract", "check"), ("security", "attack")])
def test_an_output_that_takes_no_more_words_changes_no_exit_code(
    service: Service, tmp_path: Path, module: str, word: str
) -> None:
    service.shows({"http://192.0.2.1/": FINE})
    words = [sys.executable, "-m", f"suites.{module}", word, "--openapi"]
    words += [f"{service.url}/openapi.json", "--out", str(tmp_path)]
    few = ["--only-rights"] if word == "check" else ["--only", "deep-json"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*words, *few], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=90
        )
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert "NO VERDICT" in said_of(tmp_path)


@pytest.mark.parametrize(
    ("look", "place"), [(checked, Crossing), (attacked, Scene)], ids=["check", "attack"]
)
def test_an_interruption_keeps_what_was_seen_and_gives_no_verdict(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    look: Callable[..., int], place: type,
) -> None:  # fmt: skip
    def interrupted(*words: object) -> None:
        raise KeyboardInterrupt

    name = "_reads" if place is Crossing else "_is_open"
    monkeypatch.setattr(place, name, interrupted)
    service.shows({"/fine": FINE})
    assert look(service.url, tmp_path) == 2
    assert "not looked at: interrupted before the end" in said_of(tmp_path)


ODD_PATHS: dict[str, tuple[Any, str]] = {
    "paths that are null": (None, "paths: expected an object"),
    "paths that are a list": ([], "paths: expected an object"),
    "an item that is null": ({"/a": None}, "/a: expected an object"),
    "an item that is a list": ({"/a": []}, "/a: expected an object"),
    "an item that is a text": ({"/a": "x"}, "/a: expected an object"),
    "an operation that is null": ({"/a": {"get": None}}, "GET /a: expected an object"),
    "an item that is itself": (
        {"/a": {"$ref": "#/paths/~1a"}},
        "/a: #/paths/~1a: refers to itself",
    ),
    "an item that is nowhere": ({"/a": {"$ref": "#/no"}}, "/a: #/no: leads nowhere"),
    "an item in another file": ({"/a": {"$ref": "a.json"}}, "/a: a.json: only references inside"),
    "a schema that is nowhere": ({"/a": refers_to("#/no")}, "GET /a: #/no: leads nowhere"),
    "a path with a sign of control": ({"/a\0": FINE}, "'/a\\x00': expected a path"),
}


@pytest.mark.parametrize("odd", ODD_PATHS)
def test_a_part_of_the_document_that_is_odd_is_named_and_never_clean(
    service: Service, tmp_path: Path, odd: str
) -> None:
    paths, said = ODD_PATHS[odd]
    service.shows(paths)
    assert checked(service.url, tmp_path, "--only-rights") == 2
    assert f"not looked at: the document: {said}" in said_of(tmp_path)
    assert attacked(service.url, tmp_path, "--only", "deep-json") in (1, 2)
    assert f"not looked at: the document: {said}" in (tmp_path / "attacks.txt").read_text()


DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000
NO_DOCUMENT: dict[str, tuple[bytes, str]] = {
    "a version that is a number": (b'{"openapi": 3, "paths": {}}', "no OpenAPI document"),
    "nothing": (b"", "no OpenAPI document"),
    "a list": (b"[]", "no OpenAPI document"),
    "JSON without a bottom": (DEEP, "no OpenAPI document"),
    "deep JSON": (
        b'{"openapi": "3.1.0", "info": {}, "paths": {}, "x-a":' + b"[" * 300 + b"]" * 300 + b"}",
        "nests deeper than",
    ),
    "aliases that grow": (
        b"openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\nx-a0: &a0 [1, 1]\n"
        + b"".join(b"x-a%d: &a%d [*a%d, *a%d]\n" % (at, at, at - 1, at - 1) for at in range(1, 40)),
        "once its aliases are written out",
    ),
    "half of a character": (
        b'{"openapi": "3.1.0", "info": {"title": "\\ud800"}, "paths": {}}',
        "half of a character",
    ),
}


@pytest.mark.parametrize("odd", NO_DOCUMENT)
def test_what_is_no_document_is_refused_in_a_line(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], odd: str
) -> None:
    body, said = NO_DOCUMENT[odd]
    service.answers["/openapi.json"] = (*OK[:2], body)
    for look in (checked, attacked):
        assert look(service.url, tmp_path) == 2
        told = capsys.readouterr().err
        assert said in told
        assert len(told) < 600


def test_schemas_that_refer_to_themselves_or_require_themselves_have_an_end(
    service: Service, tmp_path: Path
) -> None:
    itself = {"$ref": "#/components/schemas/Node"}
    names = [f"p{number}" for number in range(12)]
    node = {"type": "object", "properties": dict.fromkeys(names, itself), "required": names[:2]}
    circle = {"anyOf": [{"$ref": "#/components/schemas/Circle"}]}
    paths = {
        f"/{name}": {"post": {
            "requestBody": {"content": {"application/json": {
                "schema": {"$ref": f"#/components/schemas/{name}"}}}},
            "responses": {"200": {"description": "d"}},
        }}
        for name in ("Node", "Circle")
    }  # fmt: skip
    service.shows(paths, components={"schemas": {"Node": node, "Circle": circle}})
    assert checked(service.url, tmp_path, "--only-rights") == 2
    assert {"/Node", "/Circle"} <= set(service.asked)


def test_an_answer_without_a_bottom_is_a_gap_of_its_operation(
    service: Service, tmp_path: Path
) -> None:
    service.shows({"/fine": FINE})
    service.answers["/fine"] = (*OK[:2], b"[" * 100_000 + b"]" * 100_000)
    assert checked(service.url, tmp_path, "--only-rights") == 2
    assert "not looked at: fine: answers JSON that nests too deeply" in said_of(tmp_path)
    assert attacked(service.url, tmp_path) in (1, 2)


@pytest.mark.parametrize("where", ["credentials", "token"])
def test_what_no_header_can_carry_is_told_with_whose_it_is(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    service.shows({"/fine": FINE})
    service.answers["/log-in"] = (*OK[:2], '{"token": "schlüssel"}'.encode())
    file = tmp_path / "target.toml"
    way = (
        'username = "ada"\npassword = "ada-horse"\nlog_in = { path = "/log-in", '
        'body = { name = "{username}" }, token = "/token" }\n'
        if where == "token"
        else 'credentials = { headers = { X-Key = "schlüssel" } }\n'
    )
    file.write_text(
        f'name = "t"\nbase_url = "{service.url}"\nready = "/"\nopenapi = "/openapi.json"\n'
        f"[identities.visitor]\n[identities.ada]\n{way}"
    )
    for main, word in ((contract, "check"), (security, "attack")):
        assert main([word, "--target", str(file), "--out", str(tmp_path / "out")]) == 2
        assert "ada: what it shows in" in capsys.readouterr().err


def test_a_value_that_cannot_be_sent_is_a_gap_of_its_operation(
    service: Service, tmp_path: Path
) -> None:
    parameter = {"name": "X-A", "in": "header", "required": True, "example": "schlüssel"}
    service.shows({"/fine": {"get": {**FINE["get"], "parameters": [parameter]}}})
    assert checked(service.url, tmp_path, "--only-rights") == 2
    assert "not looked at: fine: cannot be sent" in said_of(tmp_path)


def test_an_operation_that_the_check_spares_by_itself_is_not_reached(
    service: Service, tmp_path: Path
) -> None:
    making = {"operationId": "createDatabase", "responses": {"201": {"description": "made"}}}
    service.shows({"/databases": {"post": making}, "/fine": FINE})
    assert checked(service.url, tmp_path, "--only-rights") == 2
    said = "no evidence: createDatabase: it says of itself that it would createDatabase"
    assert said in said_of(tmp_path)
    assert "/databases" not in service.asked
    records = map(json.loads, (tmp_path / "contract.ndjson").read_text().splitlines())
    (reached,) = [one for one in records if one.get("name") == "operations_reached"]
    assert (reached["value"], reached["total"]) == (1, 2)


def test_an_answer_without_an_end_is_a_gap_of_its_operation(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounding, "BYTES_MAX", 1000)
    service.shows({"/fine": FINE, "/long": {"get": {**FINE["get"], "operationId": "long"}}})
    service.answers["/long"] = (*OK[:2], b"[" + b"1," * 1000 + b"1]")
    assert checked(service.url, tmp_path) == 2
    assert "not looked at: long: answers without an end: more than 0.001 MB" in said_of(tmp_path)
    assert service.asked.count("/long") == 1


def test_what_goes_on_and_on_is_given_up() -> None:
    with pytest.raises(EndlessError, match="still going on after 0 s"):
        list(bounded(iter(lambda: b".", b""), within_s=0.0, bytes_max=1000))


@pytest.mark.parametrize("look", [checked, attacked])
@pytest.mark.parametrize("server", ["/api/v1", "api/v1/", "{url}/api/v1"])
def test_a_first_look_asks_below_the_path_that_the_document_names(
    service: Service, tmp_path: Path, look: Callable[[str, Path], int], server: str
) -> None:
    service.shows({"/fine": FINE}, servers=[{"url": server.format(url=service.url)}])
    look(service.url, tmp_path)
    assert "/api/v1/fine" in service.asked
    assert "/fine" not in service.asked


def test_a_first_look_stays_where_it_is_whatever_server_the_document_names(
    service: Service, other: Service, tmp_path: Path
) -> None:
    service.shows({"/fine": FINE}, servers=[{"url": f"{other.url}/api"}])
    checked(service.url, tmp_path)
    assert "/fine" in service.asked
