"""What a database's schema is made of, as text that two schemas can be compared by."""

from __future__ import annotations

from suites.integration.sql import Sql

_PARTS = {
    "columns": """
        select table_name || '.' || column_name || ' ' || data_type || ' null=' || is_nullable
               || ' default=' || coalesce(column_default, '') || ' identity=' || is_identity
        from information_schema.columns where table_schema = 'public'""",
    "indexes": "select indexdef from pg_indexes where schemaname = 'public'",
    "constraints": """
        select conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        from pg_constraint where connamespace = 'public'::regnamespace""",
    "triggers": "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
    "functions": """
        select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace""",
    "sequences": "select sequencename from pg_sequences where schemaname = 'public'",
}


async def read_schema(dsn: str) -> dict[str, list[str]]:
    """Every column, index, constraint, trigger, function and sequence, sorted."""
    sql = await Sql.connect(dsn)
    try:
        return {part: sorted(await sql.column(query)) for part, query in _PARTS.items()}
    finally:
        await sql.close()
