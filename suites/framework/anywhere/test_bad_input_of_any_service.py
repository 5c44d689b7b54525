"""Documents, addresses and answers that are not as they should be, and where requests then go."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from suites.contract.__main__ import main as contract
from suites.contract.compatibility.document import parse
from suites.security.__main__ import main as security

Answer = tuple[int, dict[str, str], bytes]
FINE = {"get": {"operationId": "fine", "responses": {"200": {"description": "fine"}}}}
OK: Answer = (200, {"Content-Type": "application/json"}, b"{}")


class Service:
    """A service on loopback with answers by path, and the paths that it was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
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
