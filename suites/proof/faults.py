"""Known faults, as edits of the service's files, and the tests that must turn red for each.

An edit replaces text that stands exactly once. A fault whose text is gone no longer fits the code,
and says so, instead of proving something about nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SECURITY = "suites/security"


class UnfitError(ValueError):
    """An edit does not fit: the file has its text not at all, or more than once."""


@dataclass(frozen=True)
class Edit:
    """Text in one file, and what stands there instead."""

    path: str
    old: str
    new: str

    def apply(self, root: Path) -> None:
        """Change the file below `root`. Raises UnfitError."""
        file = root / self.path
        text = file.read_text("utf-8")
        if (found := text.count(self.old)) != 1:
            raise UnfitError(
                f"{self.path}: the text to replace stands there {found} times, not once:\n"
                f"{self.old}\nWrite the fault anew in suites/proof/faults.py."
            )
        file.write_text(text.replace(self.old, self.new), "utf-8")


@dataclass(frozen=True)
class Killer:
    """A test that must fail, and what its message must hold: the reason.

    A message repeats the line that failed, so what that line says is no reason: it would stand
    there whatever broke.
    """

    test: str
    reason: str


@dataclass(frozen=True)
class Fault:
    """A fault, what it is run against (`tests` of one layer), and what must come of that.

    `rules` are findings that a scan of the changed files must have beside.
    """

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    killers: tuple[Killer, ...]
    rules: tuple[str, ...] = ()


_TOKENS = f"{SECURITY}/test_tokens.py"
_LIMITS = f"{SECURITY}/test_rate_limits.py"
_ALONE = f"{SECURITY}/attacks/test_limits_without_redis.py"

FAULTS = (
    Fault(
        "a default signing key is accepted",
        (
            Edit(
                "sut/tokens.py",
                "    def _verify(self, token: str) -> Claims | None:\n",
                "    def _verify(self, token: str) -> Claims | None:\n"
                "        from sut.settings import DEVELOPMENT_KEY\n"
                "        keys = (self._key, DEVELOPMENT_KEY.encode())\n"
                "        return next(filter(None, (self._read_by(token, k) for k in keys)), None)\n"
                "\n"
                "    def _read_by(self, token: str, key: bytes) -> Claims | None:\n",
            ),
            Edit("sut/tokens.py", "token, self._key, algorithms", "token, key, algorithms"),
        ),
        (f"{_TOKENS}::test_a_token_under_another_key_is_refused",),
        (Killer("test_a_token_under_another_key_is_refused[development", "assert 200 == 401"),),
    ),
    Fault(
        "the algorithm is taken from the token's header",
        (
            Edit(
                "sut/tokens.py",
                "algorithms=[ALGORITHM]",
                'algorithms=[jwt.get_unverified_header(token)["alg"]]',
            ),
        ),
        (f"{_TOKENS}::test_a_token_of_another_algorithm_is_refused_even_under_our_key",),
        (
            Killer("under_our_key[HS512-HS512]", "assert 200 == 401"),
            Killer("under_our_key[HS384-HS384]", "assert 200 == 401"),
            # no key of ours is one of these kinds, and what reads it breaks
            *(
                Killer(f"under_our_key[{claimed}-HS256]", "assert 500 == 401")
                for claimed in ("RS256", "PS256", "EdDSA")
            ),
        ),
        ("token-algorithm",),
    ),
    Fault(
        "a refresh token can be used again",
        (
            Edit(
                "sut/accounts/sessions.py",
                "                await _end_family(work, session)\n    #",
                "                tokens = await _rotate(platform, work, session)\n    #",
            ),
        ),
        (f"{SECURITY}/test_sessions.py::test_reuse_of_a_refresh_token_ends_the_whole_family",),
        (Killer("test_reuse_of_a_refresh_token_ends_the_whole_family", "assert 200 == 401"),),
    ),
    Fault(
        "limits are counted by a header of the client's",
        (
            Edit(
                "sut/edge.py",
                "        return self._proxies.client(client[0] if client else None, forwarded)\n",
                "        for sent in forwarded:\n"
                "            return sent\n"
                "        return self._proxies.client(client[0] if client else None, ())\n",
            ),
        ),
        (f"{_LIMITS}::test_the_visitors_limit_is_not_dodged_by_a_header_or_a_made_up_token",),
        (Killer("test_the_visitors_limit_is_not_dodged_by_a_header", "Counter({200: "),),
    ),
    Fault(
        "limits open when Redis is gone",
        (
            Edit(
                "sut/limits.py",
                "        return await self._take_local(limit, key)\n",
                "        return Decision(limit, True, limit.amount, 0)\n",
            ),
        ),
        (_ALONE,),
        (
            Killer("test_without_redis_a_visitor_is_limited_all_the_same", "dict_keys([200])"),
            Killer("test_without_redis_passwords_cannot_be_guessed_faster", "dict_keys([401])"),
        ),
    ),
    Fault(
        "a list is sorted by whatever a client sends",
        (
            Edit(
                "sut/matches/routes.py",
                "async def list_teams(request: Request, platform: PlatformDep) -> Response:\n"
                '    """Every club of the season, by name."""\n',
                "async def list_teams(\n"
                '    request: Request, platform: PlatformDep, sort: str = "name"\n'
                ") -> Response:\n"
                '    """Every club of the season, by name."""\n'
                "    from sqlalchemy import text\n"
                "    async with platform.database.reading() as session:\n"
                '        await session.execute(text(f"select id from teams order by {sort}"))\n',
            ),
        ),
        (f"{SECURITY}/test_injection.py::test_hostile_text_in_any_input_of_the_api_has_no_effect",),
        (
            Killer(
                "test_hostile_text_in_any_input_of_the_api_has_no_effect", "list_teams query sort"
            ),
        ),
        ("raw-sql",),
    ),
    Fault(
        "error answers go out without the headers",
        (
            Edit(
                "sut/edge.py",
                "in SECURITY_HEADERS if pair[0] not in present)",
                "in SECURITY_HEADERS if pair[0] not in present and self.status < 400)",
            ),
        ),
        (f"{SECURITY}/test_headers.py::test_every_route_answers_every_status_with_the_headers",),
        (
            Killer(
                "test_every_route_answers_every_status_with_the_headers",
                "404 content-security-policy: missing",
            ),
        ),
    ),
    Fault(
        "a private answer is kept for somebody else",
        (
            Edit(
                "sut/forecasts/service.py",
                "f\"{match_id}|{'grid' if grid else 'plain'}\"",
                'f"{match_id}"',
            ),
        ),
        (f"{SECURITY}/attacks/test_private_answers.py",),
        (
            Killer(
                "test_no_answer_depends_on_who_asked_before",
                "get_forecast: a free player is answered otherwise after an elite player",
            ),
        ),
    ),
)
