"""The option and the documents of the contract layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suites.contract.documents import COMMITTED, RELEASED
from suites.long_first import pytest_collection_modifyitems, pytest_configure

__all__ = ["pytest_collection_modifyitems", "pytest_configure"]
HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("touchline").addoption(
        "--accept",
        nargs="?",
        const="document",
        choices=("document", "release"),
        help="write the served OpenAPI document into suites/contract/openapi.json; with "
        "--accept=release into released.json too, as what clients rely on from now on",
    )


@pytest.fixture(scope="session")
def served() -> dict[str, Any]:
    """The document that the service serves, without starting it."""
    from sut.app import create_app
    from sut.settings import Settings

    made = create_app(Settings(environment="development")).openapi()
    # As it is on the wire: tuples become lists, keys become text.
    document: dict[str, Any] = json.loads(json.dumps(made))
    return document


@pytest.fixture(scope="session")
def accepted(pytestconfig: pytest.Config, served: dict[str, Any]) -> str | None:
    """What `--accept` was given, once the files are written."""
    asked: str | None = pytestconfig.getoption("--accept", default=None)
    text = json.dumps(served, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if asked:
        COMMITTED.write_text(text, "utf-8")
    if asked == "release":
        RELEASED.write_text(text, "utf-8")
    return asked
