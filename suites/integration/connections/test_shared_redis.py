"""One connection to Redis for all requests: answers in order, faults told, never mixed up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from sut import redis_channel
from sut.redis_channel import SharedRedis
from sut.settings import Settings


def connect(url: str, timeout_s: float = 30.0) -> SharedRedis:
    """A client that waits long: this machine may be busy."""
    client = SharedRedis.from_url(url, socket_timeout=timeout_s, retry=Retry(NoBackoff(), 0))
    assert isinstance(client, SharedRedis)
    return client


@pytest.fixture
async def shared(settings: Settings) -> AsyncIterator[SharedRedis]:
    client = connect(settings.redis_url)
    yield client
    await client.aclose()


@asynccontextmanager
async def server(replies: list[bytes | None]) -> AsyncIterator[str]:
    """Something that answers each message with the next of `replies`; None hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while replies and await reader.read(65_536):
            reply = replies.pop(0)
            if reply is None:
                break
            writer.write(reply)
            await writer.drain()
        if not replies:
            await reader.read()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()[:2]
    yield f"redis://{host}:{port}/0"
    listening.close()


async def test_every_question_gets_its_own_answer_however_many_ask_at_once(
    shared: SharedRedis,
) -> None:
    await shared.mset({f"key{number}": number for number in range(300)})
    answers = await asyncio.gather(*(shared.mget([f"key{n}", "none"]) for n in range(300)))
    assert answers == [[str(number).encode(), None] for number in range(300)]


async def test_all_of_them_share_one_connection(shared: SharedRedis, redis: Redis) -> None:
    async def connected() -> int:
        database = str(shared.connection_pool.connection_kwargs["db"])
        return sum(one["db"] == database for one in await redis.client_list())

    before = await connected()
    await asyncio.gather(*(shared.get(f"key{number}") for number in range(50)))
    assert await connected() == before + 1


async def test_it_reads_what_others_write_in_the_same_logical_database(
    shared: SharedRedis, redis: Redis
) -> None:
    await redis.set("key", b"theirs")
    assert await shared.get("key") == b"theirs"
    await shared.set("key", b"ours", ex=60)
    assert await redis.get("key") == b"ours"


async def test_what_redis_refuses_is_refused_and_the_next_answers_still_fit(
    shared: SharedRedis,
) -> None:
    await shared.lpush("list", "x")
    asked = [shared.get("list"), shared.evalsha("0" * 40, 0), shared.mget(["none"])]
    wrong, unknown, found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(wrong, ResponseError)
    assert isinstance(unknown, NoScriptError)
    assert found == [None]


async def test_who_stops_waiting_does_not_shift_the_answers_of_the_others(
    shared: SharedRedis,
) -> None:
    await shared.mset({"a": "1", "b": "2"})
    leaving = asyncio.ensure_future(shared.get("a"))
    staying = asyncio.ensure_future(shared.get("b"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == b"2"
    assert await shared.get("a") == b"1"


async def test_after_a_lost_connection_the_next_question_makes_another() -> None:
    async with server([b"$1\r\n1\r\n", None, b"$1\r\n2\r\n"]) as url:
        client = connect(url)
        assert await client.get("a") == b"1"
        with pytest.raises(RedisConnectionError):
            await client.get("a")
        assert await client.get("a") == b"2"
        await client.aclose()


async def test_everybody_who_waits_is_told_when_no_answer_comes_in_time() -> None:
    async with server([b""]) as url:
        client = connect(url, timeout_s=0.1)
        asked = [client.get("a"), client.get("b")]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [RedisTimeoutError] * 2
        await client.aclose()


@pytest.mark.parametrize("nonsense", [b"!", b"$1\r\n1\r\n$1\r\n2\r\n"], ids=["garbled", "too many"])
async def test_answers_out_of_step_close_the_connection(nonsense: bytes) -> None:
    async with server([nonsense, b"$1\r\n3\r\n"]) as url:
        client = connect(url)
        await asyncio.gather(client.get("a"), return_exceptions=True)
        assert await client.get("a") == b"3"
        await client.aclose()


async def test_a_server_that_is_not_there_is_a_connection_error(settings: Settings) -> None:
    async with server([]) as url:
        pass
    client = connect(url)
    with pytest.raises(RedisConnectionError):
        await client.get("a")
    await client.aclose()


async def test_whoever_waits_while_the_client_is_closed_is_told(settings: Settings) -> None:
    client = connect(settings.redis_url)
    await client.set("key", 1)
    gave_up, waits = (asyncio.ensure_future(client.get("key")) for _ in range(2))
    await asyncio.sleep(0)  # both have asked, and nothing is sent yet
    gave_up.cancel()
    await client.aclose()
    with pytest.raises(RedisConnectionError, match="connection closed"):
        await waits
    with pytest.raises(asyncio.CancelledError):
        await gave_up


async def test_everybody_who_waits_for_a_connection_that_does_not_come_is_told_by_one_attempt(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    async def does_not_come(where: dict[str, Any]) -> NoReturn:
        tries.append(where)
        await asyncio.sleep(0)
        raise RedisTimeoutError("no connection in time")

    monkeypatch.setattr(redis_channel, "_open", does_not_come)
    client = connect(settings.redis_url)
    for round_ in (1, 2):  # who asks after that tries anew
        asked = [client.get("key") for _ in range(20)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [RedisTimeoutError] * 20
        assert len(tries) == round_
    await client.aclose()


async def test_who_stops_waiting_for_a_connection_leaves_the_attempt_to_the_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trying, broken_off = asyncio.Event(), []

    async def never_comes(where: dict[str, Any]) -> None:
        trying.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            broken_off.append(where)
            raise

    monkeypatch.setattr(redis_channel, "_open", never_comes)
    client = connect(settings.redis_url)
    leaving, staying = (asyncio.ensure_future(client.get("key")) for _ in range(2))
    await trying.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert not broken_off
    await client.aclose()
    assert len(broken_off) == 1
    with pytest.raises(RedisConnectionError, match="connection closed"):
        await staying


async def test_a_connection_that_is_still_greeting_when_the_client_is_closed_is_hung_up() -> None:
    greeted, hung_up = asyncio.Event(), asyncio.Event()

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        greeted.set()
        await reader.read()
        hung_up.set()
        writer.close()

    listening = await asyncio.start_server(never_answers, "127.0.0.1", 0)
    client = connect(f"redis://127.0.0.1:{listening.sockets[0].getsockname()[1]}/1")
    asked = asyncio.ensure_future(client.get("key"))
    await greeted.wait()
    await client.aclose()
    with pytest.raises(RedisConnectionError, match="connection closed"):
        await asked
    async with asyncio.timeout(10):
        await hung_up.wait()
    listening.close()


async def test_a_socket_file_is_as_good_as_an_address(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(b"$3\r\none\r\n")

    address = tmp_path / "r.sock"
    listening = await asyncio.start_unix_server(answer, address)
    client = connect(f"unix://{address}")
    assert await client.get("key") == b"one"
    await client.aclose()
    listening.close()
