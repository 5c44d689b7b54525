"""`python -m sut seed`: the command around the season."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from sut.seeding.load import Plan, SeedRefused, seed
from sut.settings import Settings


def main(settings: Settings, arguments: Sequence[str]) -> int:
    """Seed and say what was made; 2 when it was refused."""
    plan = _parse(arguments)
    try:
        made = asyncio.run(seed(settings, plan))
    except SeedRefused as refusal:
        sys.stderr.write(f"seed: {refusal}\n")
        return 2
    sys.stdout.write(
        f"seeded {made.teams} teams, {made.matches} matches, {made.players} players, "
        f"{made.predictions} predictions in {made.seconds:.1f} s\n"
    )
    return 0


def _parse(arguments: Sequence[str]) -> Plan:
    parser = argparse.ArgumentParser(prog="python -m sut seed", description="Make up a season.")
    parser.add_argument("--players", type=_whole_number, default=Plan.players)
    parser.add_argument("--predictions", type=_whole_number, default=Plan.predictions)
    parser.add_argument("--seed", type=_whole_number, default=Plan.seed)
    parser.add_argument(
        "--fresh", action="store_true", help="first remove what is there (development only)"
    )
    parser.add_argument(
        "--public-password", action="store_true",
        help="outside development: accounts with a password that anybody can know are wanted",
    )  # fmt: skip
    return Plan(**vars(parser.parse_args(arguments)))


def _whole_number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number
