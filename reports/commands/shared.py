"""What the commands share: the configuration, a run's folder, and how a refusal is told."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from reports.configuration import load_objectives, load_waivers
from reports.faults import ConfigError
from reports.objectives import Objectives
from reports.waivers import Waiver


class Refusal(Exception):  # noqa: N818 - it is an answer, not an accident
    """What was asked for cannot be done; the message says what, where, and what to do."""


@dataclass(frozen=True)
class Configuration:
    """Both files, read and found right."""

    objectives: Objectives
    waivers: tuple[Waiver, ...]


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """The options that name policy, objectives, waivers and the judged files."""
    parser.add_argument("--policy", default="commit", help="what must be shown (default: commit)")
    parser.add_argument("--slo", type=Path, default=Path("scenarios/slo.toml"))
    parser.add_argument("--waivers", type=Path, default=Path("scenarios/waivers.toml"))
    parser.add_argument("--root", type=Path, default=Path(),
                        help="the files that the evidence must be of (default: here)")  # fmt: skip


def configuration_of(options: argparse.Namespace) -> Configuration:
    """Read both files; the faults of both are told together."""
    faults: list[str] = []
    objectives: Objectives | None = None
    waivers: tuple[Waiver, ...] = ()
    try:
        objectives = load_objectives(options.slo)
    except ConfigError as error:
        faults += map(str, error.faults)
    try:
        waivers = load_waivers(options.waivers)
    except ConfigError as error:
        faults += map(str, error.faults)
    if objectives is None or faults:
        raise Refusal("\n".join(faults))
    try:
        objectives.policy(options.policy)
    except KeyError as error:
        raise Refusal(f"{options.slo}: {error.args[0]}") from None
    return Configuration(objectives, waivers)


def resolved(path: Path) -> Path:
    """The path without links. Raises Refusal where they lead in a circle."""
    try:
        return path.resolve()
    except RuntimeError:
        raise Refusal(f"{path}: its symbolic links lead in a circle") from None


def run_folder(asked: Path) -> Path:
    """The folder, as seen from here where it lies below. Raises Refusal where there is none."""
    # a project's own folder is none: judging would write its page and its history there
    if not (asked / "evidence").is_dir():
        raise Refusal(
            f"{asked}: no run folder is there\n"
            "expected a folder that a run wrote its evidence into\n"
            "run nox -s gate, or name a folder of out/"
        )
    folder = resolved(asked)
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
