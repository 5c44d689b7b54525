"""Everything that the service's two stores hold, as text that can be searched."""

from __future__ import annotations

from psycopg.sql import SQL, Identifier
from redis.asyncio import Redis

from suites.integration.sql import Sql

_COLUMNS = """
    select table_name, column_name, data_type from information_schema.columns
    where table_schema = 'public' order by 1, 2"""


async def in_postgres(sql: Sql) -> dict[str, str]:
    """Each column of each table, its values as text; bytes both in hexadecimal and as UTF-8."""
    found: dict[str, str] = {}
    for column in await sql.rows(_COLUMNS):
        table, name = column["table_name"], column["column_name"]
        every_value = SQL("select {} from {}").format(Identifier(name), Identifier(table))
        values = await sql.column(every_value)
        found[f"{table}.{name}"] = "\n".join(_text(value) for value in values)
    return found


async def in_redis(redis: Redis) -> dict[str, str]:
    """Each key with what it holds, whatever its type; what goes while one looks holds nothing."""
    found: dict[str, str] = {}
    async for key in redis.scan_iter():
        kind = await redis.type(key)
        if kind == b"string":
            held = _text(await redis.get(key))
        elif kind == b"zset":
            held = "\n".join(_text(member) for member in await redis.zrange(key, 0, -1))
        elif kind == b"none":
            continue
        else:
            raise AssertionError(f"a kind of key that nobody searches yet: {kind!r} {key!r}")
        found[_text(key)] = held
    return found


def traces(held: dict[str, str], *secrets: str | bytes) -> list[str]:
    """Where any of `secrets` stands, in a name or in a value, whatever its case."""
    wanted = [_text(secret).lower() for secret in secrets]
    return sorted(
        f"{name}: {secret}"
        for name, value in held.items()
        for secret in wanted
        if secret in name.lower() or secret in value.lower()
    )


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.hex()
    return str(value)
