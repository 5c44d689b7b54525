"""Every place of the API where a client's text goes in, and what tells of its effect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from httpx import Response

from suites.contract.world import Request
from suites.security import payloads
from suites.security.payloads import MARK

# What every request carries beside its own input, and services like to log, echo or believe.
HEADERS = (
    "X-Request-ID", "User-Agent", "Referer", "Accept-Language", "X-Forwarded-For", "If-None-Match",
    "If-Match", "Idempotency-Key", "Cookie", "Origin", "Content-Language",
)  # fmt: skip
KINDS = (
    payloads.SQL, payloads.SCRIPT, payloads.TEMPLATE, payloads.PATH, payloads.HEADER,
    payloads.LOG, payloads.ODD,
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One input of one operation: where it is and what it is called."""

    operation: str
    where: str
    name: str

    def __str__(self) -> str:
        return f"{self.operation} {self.where} {self.name}"

    def filled(self, request: Request, payload: str) -> Request:
        """`request` with the payload in this place, and nothing else changed."""
        if self.where == "path":
            value = quote(payload, safe="")
            return replace(request, path={**(request.path or {}), self.name: value})
        if self.where == "query":
            return replace(request, query={**(request.query or {}), self.name: payload})
        if self.where == "header":
            return replace(request, headers={**(request.headers or {}), self.name: payload})
        return replace(request, body={**(request.body or {}), self.name: payload})


def places(document: Mapping[str, Any]) -> Iterator[Place]:
    """Every parameter, and every property of a body, of every operation of the document."""
    for item in document["paths"].values():
        for operation in item.values():
            name = operation["operationId"]
            for parameter in operation.get("parameters", ()):
                yield Place(name, parameter["in"], parameter["name"])
            for content in operation.get("requestBody", {}).get("content", {}).values():
                reference = content["schema"]["$ref"].rpartition("/")[2]
                schema = document["components"]["schemas"][reference]
                for field_name in schema["properties"]:
                    yield Place(name, "body", field_name)


@dataclass
class Form:
    """A form of a page: where it goes, and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            self.found.append(Form(told.get("action") or ""))
        elif tag in {"input", "select", "textarea"} and self.found and told.get("name"):
            self.found[-1].fields[str(told["name"])] = told.get("value") or ""


def forms_of(page: str) -> list[Form]:
    """Every form of a page."""
    parser = _Forms()
    parser.feed(page)
    return parser.found


def some_of_each_kind(turn: int) -> Iterator[str]:
    """Two payloads of SQL and one of each other kind; another turn, others, so that all are sent.

    SQL gets two, for one of them may happen to be an expression where it ends up.
    """
    for kind in KINDS:
        amount = 2 if kind is payloads.SQL else 1
        for step in range(amount):
            yield kind[(amount * turn + step) % len(kind)]


@dataclass
class Detector:
    """Looks for effects of payloads in answers and in the log."""

    faults: list[str] = field(default_factory=list)
    answers: int = 0

    def look(self, place: object, payload: str, answer: Response) -> None:
        """Note everything about one answer that should not be."""
        self.answers += 1
        what = f"{place} with {payload!r}: {answer.status_code}"
        if answer.status_code >= 500:
            self.faults.append(f"{what}: broke down: {answer.text[:200]}")
        for secret in payloads.SECRETS_OF_THE_INSIDE:
            if secret in answer.text and secret not in payload:
                self.faults.append(f"{what}: tells of {secret}")
        if payloads.TEMPLATE_DONE in answer.text:
            self.faults.append(f"{what}: the template was carried out")
        if "x-injected" in answer.headers or MARK in answer.headers.get("set-cookie", ""):
            self.faults.append(f"{what}: a header came through")
        if _is_active(answer, payload):
            self.faults.append(f"{what}: comes back as markup")

    def read_log(self, lines: list[str]) -> None:
        """Every line must be one event of the service's own, whatever was sent."""
        for line in lines:
            try:
                event = json.loads(line)["event"]
            except (ValueError, KeyError, TypeError):
                self.faults.append(f"log line is no event: {line[:200]!r}")
                continue
            if event == "forged":
                self.faults.append(f"log line was forged: {line[:200]!r}")


def _is_active(answer: Response, payload: str) -> bool:
    """Whether markup of a payload stands in an HTML answer as it was sent."""
    if "html" not in answer.headers.get("content-type", ""):
        return False
    return "<" in payload and MARK in payload and payload.strip() in answer.text
