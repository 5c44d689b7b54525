"""What every answer must carry, whatever was asked: no other origin, no keeping, no telling."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import httpx

from suites.contract.anywhere.asking import PATH_WORD
from suites.contract.anywhere.crossing import Control, name_of
from suites.contract.compatibility.document import Operation
from suites.security.answer_headers import faults
from suites.security.anywhere.scene import Hole, NoControlError, NoMeansError, Scene

NOBODYS = "no-such-thing-7f3a"
INSIDE = re.compile(
    r"Traceback \(most recent call last\)|File \\?[\"'][^\"']+[\"'], line \d+|site-packages|"
    r"sqlalchemy\.|psycopg\w*\.|asyncpg\.|sqlite3\.\w+Error|SQLSTATE\[|ORA-\d{5}|"
    r"\bat [\w.$]+\([\w]+\.(?:java|kt|scala):\d+\)|\bat .+\.(?:js|ts):\d+:\d+|"
    r"node_modules/|vendor/laravel|\.php on line \d+|goroutine \d+ \[|"
    r"/(?:usr|home|srv|opt|var/www)/[\w./-]+\.(?:py|js|rb|php|go)",
)
STATUSES = (404, 422, 500)
# A body that is no body is refused as 400 or 422, whichever a framework likes.
ALSO = {404: (404,), 422: (400, 415, 422), 500: (500, 501, 502, 503)}


def other_origins(scene: Scene) -> Iterator[Hole]:
    """A page of another origin may not read what is private; asked without one, it is answered."""
    host = urlsplit(scene.target.base_url).netloc
    asked: list[Control] = [*scene.private[:3], *scene.public[:2]]
    if not asked:
        raise NoControlError("no read succeeds for anybody")
    for control in asked:
        if not scene.send(control, control.owner).is_success:
            raise NoControlError(f"{name_of(control.ask.operation)} succeeds no more")
        for origin in ("https://evil.example", f"http://{host}.evil.example", "null"):
            opened = _opened(scene, control, origin)
            if opened:
                yield Hole(name_of(control.ask.operation), "", opened)
                break


def _opened(scene: Scene, control: Control, origin: str) -> str:
    """What an origin is permitted: everything that it names, or an answer with credentials."""
    private = control in scene.private
    preflight = {
        "Origin": origin, "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }  # fmt: skip
    answers = (
        scene.send(control, control.owner, Origin=origin),
        scene.client.options(control.ask.url, headers=preflight),
    )
    for answer in answers:
        allowed = answer.headers.get("access-control-allow-origin", "")
        with_credentials = answer.headers.get("access-control-allow-credentials") == "true"
        if allowed == origin and (private or with_credentials):
            return f"{origin} may read it" + (" with credentials" if with_credentials else "")
        if allowed == "*" and private and control.owner.cookies:
            return "every origin may read it"
    return ""


def may_be_kept(scene: Scene) -> Iterator[Hole]:
    """Private answers, and log-ins, say that nobody may keep them; they are answered at all."""
    looked: list[tuple[str, httpx.Response]] = []
    lost = []
    for control in scene.private:
        answer = scene.send(control, control.owner)
        if answer.is_success:
            looked.append((name_of(control.ask.operation), answer))
        else:
            lost.append(f"{name_of(control.ask.operation)} ({answer.status_code})")
    try:
        entered = scene.enter(scene.spare())
    except NoMeansError:
        pass
    else:
        log_in = scene.log_in_of(entered.who)
        looked.append((f"{log_in.method} {log_in.path}", entered.answer))
    if not looked:
        raise NoMeansError("nothing is answered to somebody that is refused to a visitor")
    for name, answer in looked:
        said = answer.headers.get("cache-control", "")
        if not re.search(r"\b(no-store|private)\b", said):
            yield Hole(name, "", f"cache-control is {said!r}, neither no-store nor private")
    if lost:
        raise NoControlError(f"answered before, and no more: {', '.join(lost)}")


class Route:
    """Finds the operation that an address belongs to."""

    def __init__(self, scene: Scene) -> None:
        self._known = [
            (re.compile(PATH_WORD.sub("[^/]+", one.path)), one.method, name_of(one))
            for one in scene.document.operations.values()
        ]

    def of(self, answer: httpx.Response) -> str:
        """Its name; the method and "another address" for what the document does not name."""
        asked = answer.request
        for path, method, name in self._known:
            if method == asked.method.lower() and path.fullmatch(asked.url.path):
                return name
        return f"{asked.method} of no operation"


def knock_everywhere(scene: Scene) -> None:
    """Every route asked in wrong ways, so that there are answers of every status to look at."""
    knower = scene.people.known[0] if scene.people.known else scene.people.visitor
    for operation in scene.asker.operations:
        path = PATH_WORD.sub(NOBODYS, operation.path)
        method = operation.method.upper()
        # What ends a session or an account takes nobody's along but a visitor's.
        for who in (scene.people.visitor, *([knower] if _takes_body(operation) else [])):
            headers = {**who.headers, **who.cookie_header, "Content-Type": "application/json"}
            scene.client.request(
                method, path, content=b"{" if _takes_body(operation) else b"", headers=headers
            )
    for path in (f"/{NOBODYS}", f"/{NOBODYS}?{NOBODYS}=%00", "/.env"):
        scene.client.get(path)


def _takes_body(operation: Operation) -> bool:
    return bool(operation.request_media)


def headers(scene: Scene) -> Iterator[Hole]:
    """Security headers on every answer of the whole attack, by header, with where they lack."""
    knock_everywhere(scene)
    route = Route(scene)
    lacking: dict[str, set[str]] = defaultdict(set)
    for answer in scene.answers.seen:
        is_page = "html" in answer.headers.get("content-type", "")
        for fault in _header_faults(answer.headers, is_page, scene.target.base_url):
            lacking[fault].add(f"{route.of(answer)} ({answer.status_code})")
    for fault, where in sorted(lacking.items()):
        some = sorted(where)
        more = f" and {len(some) - 4} more" if len(some) > 4 else ""
        yield Hole("answers", fault.partition(":")[0], f"{fault}; {', '.join(some[:4])}{more}")


def _header_faults(found: Mapping[str, str], is_page: bool, base_url: str) -> Iterator[str]:
    """Of the faults that our own answers must be without, those that matter to any service.

    A policy for scripts is for pages alone, and HSTS for services that are reached by TLS.
    """
    for fault in faults(found, private=False):
        name = fault.partition(":")[0]
        if name == "cache-control":
            continue
        if name == "strict-transport-security" and not base_url.startswith("https"):
            continue
        if name in ("content-security-policy", "referrer-policy") and not is_page:
            continue
        if name == "x-frame-options" and (
            not is_page
            or "frame-ancestors" in found.get("content-security-policy", "")
            or found.get("x-frame-options") == "SAMEORIGIN"
        ):
            continue
        yield fault


def inside(scene: Scene) -> Iterator[Hole]:
    """No error of the whole attack tells of files, lines or statements; there were errors."""
    route = Route(scene)
    refused = [answer for answer in scene.answers.seen if answer.status_code >= 400]
    if not refused:
        raise NoControlError("nothing that was asked was refused")
    told: dict[str, str] = {}
    for answer in refused:
        found = INSIDE.search(answer.text)
        if found and not _was_sent(answer, found[0]):
            told.setdefault(route.of(answer), f"{answer.status_code} says {found[0][:120]}")
    yield from (Hole(name, "", said) for name, said in told.items())


def _was_sent(answer: httpx.Response, text: str) -> bool:
    request = answer.request
    try:
        body = request.content.decode(errors="replace")
    except httpx.RequestNotRead:
        body = ""
    return text in body or text in str(request.url)


def broke_down(scene: Scene) -> Iterator[Hole]:
    """No request of the whole attack makes the service fail where it answers others."""
    route = Route(scene)
    whole = {route.of(answer) for answer in scene.answers.seen if answer.status_code < 500}
    broken: dict[str, httpx.Response] = {}
    for answer in scene.answers.seen:
        if answer.status_code in (500, 502):
            broken.setdefault(route.of(answer), answer)
    yield from {one.operation: one for one in scene.dropped}.values()
    for name in broken.keys() & whole:
        answer = broken[name]
        url = str(answer.request.url.raw_path, "ascii", "replace")
        yield Hole(name, "", f"{answer.status_code} to {answer.request.method} {url[:160]}")
    # last, for what is shown of one operation does not depend on another
    for name in sorted(broken.keys() - whole):
        raise NoControlError(f"{name} never answered anything but {broken[name].status_code}")


def unseen(scene: Scene) -> list[str]:
    """Statuses whose answers were looked for and never came."""
    seen = {answer.status_code for answer in scene.answers.seen}
    return [str(status) for status in STATUSES if not seen & set(ALSO[status])]
