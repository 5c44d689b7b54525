"""Replies of a source of advisories, looked at before pip-audit believes them.

pip-audit takes `{}` for "nothing known", leaves the next page unread, drops records whose schema
it does not know, and waits for ever on a reply that drips. So its session is this one, which reads
a reply whole or says in what way it was none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import requests

REPLY_WITHIN_S = 10.0
REPLY_BYTES_MAX = 32 * 2**20
PAGES_MAX = 50
Clock = Callable[[], float]


class ReplyError(Exception):
    """A reply that says nothing of its package; the message says why."""


@dataclass
class Watched:
    """Stands in for pip-audit's `requests` session; no reply comes out of a cache.

    `modified` gathers the moments, as text, at which the records that came were last changed, and
    `severities` what their authors call their severity, by the record's id.
    """

    within_s: float = REPLY_WITHIN_S
    clock: Clock = monotonic
    modified: set[str] = field(default_factory=set)
    severities: dict[str, str] = field(default_factory=dict)

    def post(self, url: str, data: str, timeout: float | None = None) -> requests.Response:
        """An OSV query: all of its pages as one reply. Raises ReplyError."""
        found: list[dict[str, Any]] = []
        query = json.loads(data)
        for _ in range(PAGES_MAX):
            body = self._read("POST", url, json.dumps(query))
            found += _records(body)
            if not (token := body.get("next_page_token")):
                for record in found:
                    self.modified.add(str(record["modified"]))
                    self.severities[record["id"]] = _severity(record)
                return _reply({"vulns": found} if found else {})
            query["page_token"] = token
        raise ReplyError(f"names a next page after {PAGES_MAX} pages")

    def get(self, url: str, timeout: float | None = None) -> requests.Response:
        """PyPI's own document of a release. Raises ReplyError, for a 404 as well."""
        body = self._read("GET", url, None)
        if not isinstance(body.get("vulnerabilities"), list) or "info" not in body:
            raise ReplyError("answered without `info` or a list of `vulnerabilities`")
        return _reply(body)

    def _read(self, method: str, url: str, data: str | None) -> dict[str, Any]:
        """One reply as a JSON object."""
        raw = b"".join(self._chunks(method, url, data))
        try:
            body = json.loads(raw)
        except ValueError:
            raise ReplyError(f"answered what is not JSON: {raw[:40]!r}") from None
        if not isinstance(body, dict):
            raise ReplyError(f"answered a JSON {type(body).__name__}, not an object")
        return body

    def _chunks(self, method: str, url: str, data: str | None) -> Iterator[bytes]:
        end, got = self.clock() + self.within_s, 0
        try:
            with requests.request(
                method, url, data=data, timeout=self.within_s, stream=True, allow_redirects=False
            ) as reply:
                if reply.status_code != requests.codes.ok:
                    raise ReplyError(f"answered {reply.status_code}")
                for chunk in reply.iter_content(2**16):
                    got += len(chunk)
                    yield chunk
                    if got > REPLY_BYTES_MAX:
                        raise ReplyError(f"answered more than {REPLY_BYTES_MAX} bytes")
                    if self.clock() > end:
                        raise ReplyError(f"gave no whole answer within {self.within_s:g} s")
        except requests.Timeout:
            raise ReplyError(f"gave no answer within {self.within_s:g} s") from None
        except requests.exceptions.ChunkedEncodingError:
            raise ReplyError(f"was cut off after {got} bytes") from None
        except requests.ConnectionError as error:
            raise ReplyError(f"cannot be reached ({_innermost(error)})") from None
        except requests.RequestException as error:
            raise ReplyError(f"cannot be asked ({type(error).__name__}: {error})") from None


def _records(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of an OSV reply, every one whole. Raises ReplyError."""
    unknown = body.keys() - {"vulns", "next_page_token"}
    records = body.get("vulns", [])
    if unknown or not isinstance(records, list):
        raise ReplyError(f"answered what is no reply of OSV: {sorted(body)[:5]}")
    for record in records:
        if not isinstance(record, dict) or not isinstance(record.get("id"), str):
            raise ReplyError("answered a record without an id")
        schema = str(record.get("schema_version") or "1")
        if schema.partition(".")[0] != "1":
            raise ReplyError(f"answered {record['id']} in OSV's schema {schema}, not 1")
        if "modified" not in record:
            raise ReplyError(f"answered {record['id']} without `modified`")
        if not record.get("affected") and "withdrawn" not in record:
            raise ReplyError(f"answered {record['id']} without saying what it affects")
    return records


def _severity(record: dict[str, Any]) -> str:
    """GitHub's word for it where there is one, else a CVSS vector, else nothing."""
    word = (record.get("database_specific") or {}).get("severity")
    vectors = [str(one.get("score", "")) for one in record.get("severity") or ()]
    return str(word or next(iter(vectors), ""))


def _reply(body: dict[str, Any]) -> requests.Response:
    reply = requests.Response()
    reply.status_code = 200
    reply._content = json.dumps(body).encode()
    return reply


def _innermost(error: BaseException) -> str:
    """The system's own words, from under the layers of requests and urllib3."""
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        if cause is not None:
            below = (cause.__context__, cause.__cause__, *cause.args)
            waiting += [one for one in below if isinstance(one, BaseException)]
    return type(error).__name__
