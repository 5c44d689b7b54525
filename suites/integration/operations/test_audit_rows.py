"""The audit trail as the database keeps it: append-only, chained, in the change's transaction."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from suites.integration.operations.chain import broken_links
from suites.integration.sql import Sql
from sut.database import Database
from sut.operations import audit

pytestmark = pytest.mark.objective("audit-trail")


async def write(store: Database, subject: int = 1, *, times: int = 1, **details: object) -> None:
    for _ in range(times):
        async with store.unit_of_work("request-1") as work:
            await audit.record(
                work,
                "thing.changed",
                subject_kind="thing",
                subject_id=subject,
                actor_id=None,
                details=details,
            )


async def own_reading(store: Database, subject: int) -> audit.Chain:
    async with store.reading() as session:
        return await audit.verify(session, "thing", subject)


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_rows set action = 'nothing.happened'",
        "delete from audit_rows",
        "truncate audit_rows",
        "truncate audit_rows cascade",
        "update audit_rows set action = 'nothing.happened' where id = -1",
    ],
)
async def test_the_database_refuses_to_change_or_remove_a_row(
    store: Database, sql: Sql, statement: str
) -> None:
    await write(store)
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        await sql.run(statement)
    assert await sql.value("select count(*) from audit_rows") == 1


async def test_each_row_names_the_one_before_it_about_the_same_subject(
    store: Database, sql: Sql
) -> None:
    await write(store, 1)
    await write(store, 2)
    await write(store, 1)
    rows = await sql.rows(
        "select sequence, previous_hash, hash from audit_rows where subject_id = '1' order by id"
    )
    assert [row["sequence"] for row in rows] == [1, 2]
    assert rows[0]["previous_hash"] is None
    assert rows[1]["previous_hash"] == rows[0]["hash"]


async def test_a_whole_chain_verifies(store: Database, sql: Sql) -> None:
    await write(store, 1, times=3, home_goals=2, note="ü", share=0.1)
    await write(store, 2, times=2)
    assert await broken_links(sql) == []
    assert await own_reading(store, 1) == audit.Chain(3)
    assert await own_reading(store, 3) == audit.Chain(0)


@pytest.mark.parametrize(
    "change",
    [
        "update audit_rows set action = 'nothing.happened' where sequence = 2",
        "update audit_rows set actor_id = 99 where sequence = 2",
        "update audit_rows set at = at + interval '1 microsecond' where sequence = 2",
        "update audit_rows set request_id = 'another' where sequence = 2",
        "update audit_rows set details = '{\"home_goals\": 9}' where sequence = 2",
        "update audit_rows set hash = '\\x00' where sequence = 2",
    ],
)
async def test_a_row_changed_behind_the_triggers_back_shows(
    store: Database, sql: Sql, change: str
) -> None:
    await write(store, 1, times=3, home_goals=2)
    await sql.run("alter table audit_rows disable trigger user")
    assert await sql.run(change) == 1
    assert await broken_links(sql)
    assert (await own_reading(store, 1)).fault


@pytest.mark.parametrize("gone", [[1], [2], [3], [1, 2, 3]])
async def test_a_row_removed_behind_the_triggers_back_shows(
    store: Database, sql: Sql, gone: list[int]
) -> None:
    await write(store, 1, times=3)
    await sql.run("alter table audit_rows disable trigger user")
    assert await sql.run("delete from audit_rows where sequence = any(%s)", gone) == len(gone)
    assert await broken_links(sql)
    assert (await own_reading(store, 1)).fault


async def test_a_row_moved_to_another_subject_shows(store: Database, sql: Sql) -> None:
    await write(store, 1, times=1)
    await sql.run("alter table audit_rows disable trigger user")
    await sql.run("update audit_rows set subject_id = '2'")
    assert await broken_links(sql)
    assert (await own_reading(store, 1)).fault
    assert (await own_reading(store, 2)).fault


async def test_many_writers_about_one_subject_take_turns(store: Database, sql: Sql) -> None:
    await asyncio.gather(*(write(store, 1) for _ in range(12)))
    rows = await sql.rows("select sequence from audit_rows order by sequence")
    assert [row["sequence"] for row in rows] == list(range(1, 13))
    assert await broken_links(sql) == []


async def test_a_writer_never_waits_for_one_about_another_subject(
    store: Database, sql: Sql
) -> None:
    async with store.unit_of_work("slow") as work:
        await audit.record(work, "a", subject_kind="thing", subject_id=1, actor_id=None)
        async with asyncio.timeout(10):
            await write(store, 2)
        assert await sql.column("select (subject_id) from audit_rows") == ["2"]


async def test_a_transaction_that_fails_leaves_no_row(store: Database, sql: Sql) -> None:
    async def fails() -> None:
        async with store.unit_of_work() as work:
            await audit.record(work, "a", subject_kind="thing", subject_id=1, actor_id=None)
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        await fails()
    assert await sql.value("select count(*) from audit_rows") == 0
    await write(store, 1)
    assert await sql.value("select sequence from audit_rows") == 1
