"""Our own rules: what each of them finds, and what it leaves alone."""

from __future__ import annotations

import ast

import pytest

from suites.security.code.rules import RULES
from suites.security.code.rules.interface import Module

pytestmark = pytest.mark.objective("sec-sast")

BY_NAME = {rule.name: rule for rule in RULES}
SQL = "from sqlalchemy import text, literal_column\n"
TIME = "from datetime import UTC, datetime\nfrom sqlalchemy import DateTime\n"
WEB = "from fastapi.responses import RedirectResponse as Go\n"
JWT = "import jwt\n"
CORS = "from starlette.middleware.cors import CORSMiddleware\n"
NET = "import httpx\nfrom urllib.request import urlopen\nfrom redis.asyncio import Redis\n"

FAULTS = {
    "raw-sql": [
        SQL + "def f(s, sort): s.execute(text(sort))",
        SQL + "def f(s, sort): return s.order_by(literal_column(sort))",
        SQL + "def f(s, n): s.execute(text(f'select {n}'))",
        SQL + "def f(s, n): s.execute(text('select ' + n))",
        SQL + "def f(s, n): s.execute(text('select %s' % n))",
        SQL + "QUERY = 'select 1'\ndef f(s, QUERY): s.execute(text(QUERY))",
        SQL + "QUERY = 'select 1'\nQUERY += input()\ndef f(s): s.execute(text(QUERY))",
        SQL + "Q = 'a'\ndef f(s, n):\n    global Q\n    Q = n\n    s.execute(text(Q))",
        SQL + "Q = 'a'\ndef f(s, ns):\n    for Q in ns: s.execute(text(Q))",
        SQL + "Q = 'a'\nfrom elsewhere import Q\ndef f(s): s.execute(text(Q))",
        SQL + "Q = 'a'\ndef f(s, n):\n  match n:\n    case [*Q]: s.execute(text(Q))",
        "import sqlalchemy as sa\ndef f(s, n): s.execute(sa.text(n))",
        "def f(c, n): c.exec_driver_sql(n)",
        "def f(q, column, way): return q.order_by(f'{column} {way}')",
        "def f(c, n): c.execute('select {}'.format(n))",
    ],
    "naive-time": [
        TIME + "x = datetime.now()",
        TIME + "x = datetime.now(None)",
        TIME + "x = datetime.now(tz=None)",
        TIME + "x = datetime(2026, 1, 1, tzinfo=None)",
        TIME + "x = datetime.utcnow()",
        TIME + "x = datetime.fromtimestamp(3)",
        TIME + "x = datetime(2026, 1, 1)",
        TIME + "x = mapped_column(DateTime)",
        TIME + "x = mapped_column(DateTime())",
        TIME + "x = mapped_column(DateTime(timezone=False))",
        "import datetime as d\nx = d.datetime.now()",
    ],
    "secret-comparison": [
        "def f(token, sent): return token == sent",
        "def f(self, sent): return sent != self.api_key",
        "def f(row, sent): return row.password_hash == hashed(sent)",
        "import hmac\ndef f(k, b, sent): return hmac.new(k, b).hexdigest() == sent",
    ],
    "open-redirect": [
        WEB + "def f(next: str): return Go(next)",
        WEB + "def f(next: str): return Go(url=next, status_code=303)",
        WEB + "def f(request): return Go(request.query_params['next'])",
        WEB
        + "def f(request):\n    onward = request.query_params.get('next')\n    return Go(onward)",
        WEB
        + "def f(request):\n    onward = request.headers['referer'] or '/'\n    return Go(onward)",
        WEB + "def f(host: str): return Go(f'{host}/home')",
        WEB + "async def f(request): return Go((await request.form())['next'])",
    ],
    "no-timeout": [
        NET + "urlopen('http://x')",
        NET + "urlopen('http://x', timeout=None)",
        NET + "Redis.from_url('redis://x')",
        NET + "httpx.AsyncClient(timeout=None)",
    ],
    "open-origins": [
        CORS + "a.add(CORSMiddleware, allow_origins=['*'], allow_credentials=True)",
        CORS + "a.add(CORSMiddleware, allow_origin_regex='.*', allow_credentials=True)",
        CORS + "a.add(CORSMiddleware, allow_origin_regex='https://.*', allow_credentials=True)",
    ],
    "token-algorithm": [
        JWT + "jwt.decode(t, k)",
        JWT + "jwt.decode(t, k, algorithms=[header['alg']])",
        JWT + "jwt.decode(t, k, algorithms=allowed)",
        JWT + "jwt.decode(t, k, ['HS256', 'none'])",
        JWT + "jwt.decode(t, k, algorithms=['HS256'], options={'verify_exp': False})",
    ],
}
CLEAN = {
    "raw-sql": [
        SQL + "def f(s, n): s.execute(text('select :n'), {'n': n})",
        SQL + "QUERY = 'select 1'\ndef f(s): s.execute(text(QUERY))",
        SQL + "WHAT = 'a, b'\ndef f(s): s.execute(text(f'select {WHAT}'))",
        "def f(q, Match): return q.order_by(Match.kick_off.desc())",
        "def text(x): return x\ndef f(n): return text(n)",
        "def f(c, n): c.execute('select %s', (n,))",
    ],
    "naive-time": [
        TIME + "x = datetime.now(UTC)",
        TIME + "x = datetime.now(tz=UTC)",
        TIME + "x = datetime.now().astimezone()",
        TIME + "x = datetime.fromtimestamp(3, UTC)",
        TIME + "x = datetime(2026, 1, 1, tzinfo=UTC)",
        TIME + "x = mapped_column(DateTime(timezone=True))",
        TIME + "x = datetime(*parts)",
    ],
    "secret-comparison": [
        "import hmac\ndef f(token, sent): return hmac.compare_digest(token, sent)",
        "def f(token): return token == ''",
        "def f(Session, digest): return select(Session).where(Session.token == digest)",
        "def f(token, sent):\n    assert token == sent",
        "def f(token): return token is None",
        "def f(tokens, n): return tokens == n",
    ],
    "open-redirect": [
        WEB + "def f(): return Go('/home')",
        WEB + "def f(next: str): return Go(own_path(next))",
        WEB + "def f(number: int): return Go(f'/matches/{number}')",
        WEB + "def f(next: str):\n    next = own_path(next)\n    return Go(next)",
        WEB + "def f(name: str): return Go(f'/people/{name}')",
    ],
    "no-timeout": [
        NET + "urlopen('http://x', timeout=3)",
        NET + "urlopen('http://x', None, 3)",
        NET + "Redis.from_url('redis://x', socket_timeout=2)",
        NET + "httpx.AsyncClient()",
        NET + "Redis.from_url('redis://x', **settings)",
    ],
    "open-origins": [
        CORS + "a.add(CORSMiddleware, allow_origins=['*'])",
        CORS + "a.add(CORSMiddleware, allow_origins=['https://a.example'], allow_credentials=True)",
    ],
    "token-algorithm": [
        JWT + "jwt.decode(t, k, algorithms=['HS256'])",
        JWT + "jwt.decode(t, k, algorithms=[ALGORITHM], options={'require': ['exp']})",
        "def f(jwt2): jwt2.decode()",
    ],
}


def said(name: str, source: str) -> list[str]:
    return [message for _, message in BY_NAME[name].look(Module(ast.parse(source)))]


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, source) for name, sources in table.items() for source in sources]


@pytest.mark.parametrize(("name", "source"), cases(FAULTS))
def test_a_rule_finds_its_fault(name: str, source: str) -> None:
    assert len(said(name, source)) == 1


@pytest.mark.parametrize(("name", "source"), cases(CLEAN))
def test_a_rule_leaves_alone_what_is_well(name: str, source: str) -> None:
    assert said(name, source) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_cases_of_both_kinds_and_finds_its_canary(rule: object) -> None:
    name = getattr(rule, "name", "")
    assert FAULTS[name]
    assert CLEAN[name]
    assert said(name, BY_NAME[name].canary)
