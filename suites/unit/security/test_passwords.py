"""Password hashes: bcrypt over a digest, so that nothing of a long password is lost."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sut.passwords import NICE, NICEST, WAITING_MAX, Passwords, hash_now
from sut.problems import UNAVAILABLE, Problem

pytestmark = pytest.mark.objective("sec-passwords")

ROUNDS = 4
BCRYPT_READS_BYTES = 72
HASHED_MAX = 25  # hashing is slow on purpose


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(ROUNDS)
    yield made
    made.close()


async def test_the_right_password_matches_its_hash(passwords: Passwords) -> None:
    kept = await passwords.hash("correct horse battery")
    assert await passwords.matches("correct horse battery", kept)


@pytest.mark.parametrize(
    "wrong", ["correct horse batterY", "correct horse battery ", "correct horse batter", ""]
)
async def test_any_other_password_does_not(passwords: Passwords, wrong: str) -> None:
    kept = await passwords.hash("correct horse battery")
    assert not await passwords.matches(wrong, kept)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
@pytest.mark.parametrize("steps", [0, 17])
async def test_hashing_lets_those_who_answer_requests_go_first(steps: int) -> None:
    """The hashing thread alone steps back, from wherever it starts, as anybody may."""

    def ranks() -> tuple[int, int]:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), rank)
        made = Passwords(ROUNDS)
        try:
            hashing = made._threads.submit(os.getpriority, os.PRIO_PROCESS, 0).result()
        finally:
            made.close()
        return hashing, os.getpriority(os.PRIO_PROCESS, 0)

    own = os.getpriority(os.PRIO_PROCESS, 0)
    rank = min(own + steps, NICEST - 1)
    with ThreadPoolExecutor(1) as somebody:  # whose thread ends, and its rank with it
        hashing, others = somebody.submit(ranks).result()
    assert others == rank
    assert hashing == min(rank + NICE, NICEST) > rank
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


async def test_a_difference_after_byte_72_counts(passwords: Passwords) -> None:
    kept = await passwords.hash("a" * BCRYPT_READS_BYTES + "b")
    assert not await passwords.matches("a" * BCRYPT_READS_BYTES + "c", kept)
    assert not await passwords.matches("a" * BCRYPT_READS_BYTES, kept)


async def test_a_difference_after_a_nul_counts(passwords: Passwords) -> None:
    kept = await passwords.hash("twelve chars\x00one")
    assert not await passwords.matches("twelve chars\x00two", kept)


@settings(max_examples=min(settings().max_examples, HASHED_MAX))
@given(first=st.text(max_size=128), second=st.text(max_size=128))
def test_a_hash_belongs_to_one_password(first: str, second: str) -> None:
    passwords = Passwords(ROUNDS)
    try:
        matched = asyncio.run(passwords.matches(second, hash_now(first, ROUNDS)))
    finally:
        passwords.close()
    assert matched == (first == second)


async def test_two_hashes_of_one_password_differ(passwords: Passwords) -> None:
    assert await passwords.hash("same password") != await passwords.hash("same password")


async def test_a_hash_names_the_configured_work_factor(passwords: Passwords) -> None:
    assert (await passwords.hash("any password"))[:7] == b"$2b$04$"
    assert hash_now("any password", 5)[:7] == b"$2b$05$"


async def test_a_hash_is_not_the_plain_bcrypt_of_the_password(passwords: Passwords) -> None:
    kept = await passwords.hash("any password")
    assert not bcrypt.checkpw(b"any password", kept)


async def test_no_password_matches_where_there_is_no_account(passwords: Passwords) -> None:
    assert not await passwords.matches("any password", None)


async def test_a_missing_account_costs_the_same_work_as_one_that_exists(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    factors: list[bytes] = []
    check = bcrypt.checkpw

    def watched(password: bytes, kept: bytes) -> bool:
        factors.append(kept[:7])
        return check(password, kept)

    monkeypatch.setattr(bcrypt, "checkpw", watched)
    await passwords.matches("any password", hash_now("any password", ROUNDS))
    await passwords.matches("any password", None)
    assert factors == [b"$2b$04$", b"$2b$04$"]


async def test_a_queue_too_long_is_refused_instead_of_growing(passwords: Passwords) -> None:
    asked = [passwords.hash("any password") for _ in range(WAITING_MAX + 1)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Problem)]
    assert [problem.type for problem in refused] == [UNAVAILABLE]
    assert [problem.headers for problem in refused] == [{"retry-after": "1"}]
    assert await passwords.hash("and goes on afterwards")


async def test_the_event_loop_goes_on_while_a_password_is_hashed() -> None:
    slow = Passwords(8)
    turns = 0
    hashing = asyncio.ensure_future(slow.hash("any password"))
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    slow.close()
    assert turns > 10
