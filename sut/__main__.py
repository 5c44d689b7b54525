"""The service's commands: migrate, seed, serve, openapi, check."""

from __future__ import annotations

import sys

from sut.settings import Settings


def main(arguments: list[str]) -> int:
    """Run one command; 0 when it did, 2 when it could not begin."""
    command = arguments[0] if arguments else ""
    settings = Settings()
    if command == "migrate":
        from sut.migrations import upgrade

        upgrade(settings.database_url)
        return 0
    print("usage: python -m sut migrate|seed|serve|openapi|check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
