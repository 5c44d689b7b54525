"""Advisories made up for tests, and archives of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from suites.security.supply.audit import CANARIES

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def advisory(
    name: str, package: str, *, modified: datetime = NOW, **affected: object
) -> dict[str, Any]:
    """An OSV record PYSEC-`name`, also known as `name`."""
    return {
        "id": f"PYSEC-{name}",
        "aliases": [name],
        "details": "a fault",
        "modified": modified.isoformat(),
        "affected": [{"package": {"name": package, "ecosystem": "PyPI"}, **affected}],
    }


CANARY_RECORDS = tuple(
    advisory(canary.advisory, canary.package.name, versions=[canary.package.version])
    for canary in CANARIES
)
RANGED = advisory(
    "CVE-1",
    "Some.Package",
    ranges=[
        {"type": "GIT", "events": [{"introduced": "0"}]},
        {
            "type": "ECOSYSTEM",
            "events": [
                {"introduced": "0"},
                {"fixed": "1.4"},
                {"introduced": "2.0"},
                {"last_affected": "2.3"},
            ],
        },
    ],
)


def archive(folder: Path, *records: Mapping[str, Any]) -> Path:
    """An `all.zip` of these records."""
    path = folder / "all.zip"
    with ZipFile(path, "w") as opened:
        for record in records:
            opened.writestr(f"{record['id']}.json", json.dumps(record))
    return path
