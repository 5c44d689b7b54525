"""The service's commands: migrate, seed, serve, openapi, check."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from pydantic import ValidationError

from sut import garbage
from sut.settings import Settings

PREFIX = "SOCCERAI_"
USAGE = "usage: python -m sut migrate|seed|serve|openapi|check"


def main(arguments: list[str]) -> int:
    """Run one command; 0 when it did, 2 when it could not begin."""
    command, *rest = arguments or [""]
    if command not in COMMANDS:
        print(USAGE, file=sys.stderr)
        return 2
    if unknown := unknown_settings(os.environ):
        print(f"No such setting: {', '.join(unknown)}", file=sys.stderr)
        print("  sut/settings.py lists them all; a misspelt one would not hold.", file=sys.stderr)
        return 2
    try:
        settings = Settings()
    except ValidationError as error:
        print("The settings do not allow the service to start:", file=sys.stderr)
        for fault in error.errors(include_input=False, include_url=False):
            print(f"  {_where(fault['loc'])}{fault['msg']}", file=sys.stderr)
        return 2
    return COMMANDS[command](settings, rest)


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like settings of ours and are none."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    return sorted(
        name
        for name in environment
        if name.upper().startswith(PREFIX) and name.upper() not in known
    )


def _where(location: tuple[int | str, ...]) -> str:
    return f"SOCCERAI_{str(location[0]).upper()}: " if location else ""


def _migrate(settings: Settings, arguments: list[str]) -> int:
    from sqlalchemy.exc import DBAPIError

    from sut.migrations import upgrade

    garbage.begin()
    try:
        upgrade(settings.database_url)
    except (OSError, DBAPIError) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
        print(f"Cannot migrate the database: {reason}", file=sys.stderr)
        print("  Is it running, and does SOCCERAI_DATABASE_URL lead to it?", file=sys.stderr)
        return 2
    return 0


def _seed(settings: Settings, arguments: list[str]) -> int:
    from sut.seed import main as seed

    garbage.begin()
    return seed(settings, arguments)


def _serve(settings: Settings, arguments: list[str]) -> int:
    from sut.server import serve

    garbage.begin()
    return serve(settings, arguments)


def _openapi(settings: Settings, arguments: list[str]) -> int:
    import orjson

    from sut.app import create_app

    document = create_app(settings).openapi()
    print(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
    return 0


def _check(settings: Settings, arguments: list[str]) -> int:
    print(f"The settings are sound ({settings.environment}).")
    return 0


COMMANDS = {
    "migrate": _migrate,
    "seed": _seed,
    "serve": _serve,
    "openapi": _openapi,
    "check": _check,
}

if __name__ != "sut.__main__":  # a program: this process, or a worker that it spawned
    garbage.wait()

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
