"""Migrations lead to the tables that the code expects, back to nothing, and there again."""

from __future__ import annotations

import asyncio

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from fixtures.database import Database
from suites.integration.migrations.schema import read_schema
from suites.integration.sql import Sql
from sut.migrations import configuration, downgrade, upgrade

ALEMBIC_ONLY = {"alembic_version"}


def tables(schema: dict[str, list[str]]) -> set[str]:
    return {column.partition(".")[0] for column in schema["columns"]}


def test_the_migrated_schema_is_the_one_that_the_models_describe(database: Database) -> None:
    command.check(configuration(database.url))


def test_a_missing_index_is_noticed_by_that_comparison(database: Database) -> None:
    async def drop() -> None:
        sql = await Sql.connect(database.dsn)
        await sql.run("drop index ix_predictions_match_id_id")
        await sql.close()

    asyncio.run(drop())
    with pytest.raises(CommandError, match="ix_predictions_match_id_id"):
        command.check(configuration(database.url))


def test_down_to_nothing_and_up_again_gives_the_same_schema(database: Database) -> None:
    first = asyncio.run(read_schema(database.dsn))
    downgrade(database.url)
    bare = asyncio.run(read_schema(database.dsn))
    upgrade(database.url)
    assert tables(bare) <= ALEMBIC_ONLY
    assert [bare[part] for part in ("functions", "triggers", "sequences")] == [[], [], []]
    assert asyncio.run(read_schema(database.dsn)) == first


def test_every_single_step_can_be_undone_and_redone(database: Database) -> None:
    script = ScriptDirectory.from_config(configuration(database.url))
    steps = [revision.revision for revision in script.walk_revisions()]
    for step in steps:
        upgrade(database.url, step)
        before = asyncio.run(read_schema(database.dsn))
        downgrade(database.url, "-1")
        upgrade(database.url, step)
        assert asyncio.run(read_schema(database.dsn)) == before, step
        downgrade(database.url, "-1")


def test_the_migrations_form_one_line_with_one_head(database: Database) -> None:
    script = ScriptDirectory.from_config(configuration(database.url))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_migrating_a_migrated_database_changes_nothing(database: Database) -> None:
    before = asyncio.run(read_schema(database.dsn))
    upgrade(database.url)
    assert asyncio.run(read_schema(database.dsn)) == before
