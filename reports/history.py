"""Earlier runs: the folders beside a run, each told by its own verdict.json."""

from __future__ import annotations

import json
import os
from pathlib import Path

from reports.render.view import EarlierRun

LATEST = "latest"


def update_latest(run_dir: Path) -> Path:
    """Point ``latest``, beside the run's folder, at it; replaced in one step. Returns the link.

    Raises OSError where the file system has no links, or where ``latest`` is a folder.
    """
    link = run_dir.parent / LATEST
    fresh = run_dir.parent / f".{LATEST}-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_dir.name)
    try:
        fresh.replace(link)
    except OSError:
        fresh.unlink()
        raise
    return link


def earlier_runs(run_dir: Path, most: int = 10) -> tuple[EarlierRun, ...]:
    """The last runs that were judged before this one, newest first; unreadable ones are left out.

    Names begin with the time, so their order is the order of the runs.
    """
    found = []
    for folder in sorted(run_dir.parent.iterdir(), reverse=True):
        if folder.is_symlink() or not folder.is_dir() or folder.name >= run_dir.name:
            continue
        run = _told_by(folder / "verdict.json")
        if run is not None:
            found.append(run)
        if len(found) == most:
            break
    return tuple(found)


def _told_by(path: Path) -> EarlierRun | None:
    try:
        body = json.loads(path.read_text("utf-8"))
        return EarlierRun(
            run=path.parent.name,
            at=str(body["judged_at"]),
            policy=str(body["policy"]),
            release=str(body["release"]),
            commit=str(body["provenance"].get("commit", ""))[:12],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
