"""What GitHub shows of a run: a job's summary below its size limit, and a few annotations.

A step's summary may hold 1 MiB, and of annotations ten a step are shown; both limits are GitHub's:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.render.view import ClusterRow, ObjectiveRow, View

MOST_BYTES = 1024 * 1024
MOST_ANNOTATIONS = 10
MOST_MESSAGE = 400
_FRAME = re.compile(r"^(\S+\.py):(\d+)", re.MULTILINE)
CUT = "\n\nCut here: the rest is in report.html.\n"


def fitting(summary: str, most: int = MOST_BYTES) -> str:
    """The summary, cut at the end of a line where it would be too large to be shown at all."""
    raw = summary.encode("utf-8", "replace")
    if len(raw) <= most:
        return summary
    room = most - len(CUT.encode())
    return raw[:room].rpartition(b"\n")[0].decode("utf-8", "ignore") + CUT


def without_commands(text: str, token: str) -> str:
    """Lines in which the runner looks for no command until the token ends them.

    The token must be one that nobody who wrote the text could know.
    """
    return f"::stop-commands::{token}\n{text}\n::{token}::\n"


def workflow_commands(view: View) -> tuple[str, ...]:
    """Workflow commands, one a line: first why there is no GO, then causes of failures."""
    wanted = [*_of_objectives(view), *map(_of_cluster, view.clusters)]
    if len(wanted) <= MOST_ANNOTATIONS:
        return tuple(wanted)
    rest = len(wanted) - MOST_ANNOTATIONS + 1
    return (
        *wanted[: MOST_ANNOTATIONS - 1],
        _command("warning", f"and {rest} more, all in report.html", title=view.release),
    )


def _of_objectives(view: View) -> Iterator[str]:
    rows = [row for row in (*view.required, *view.suites) if row.required]
    for state, level in (("missed", "error"), ("invalid", "error"), ("no evidence", "warning")):
        for row in rows:
            if row.state == state and not (row.implicit and state == "missed"):
                yield _of_objective(level, row)


def _of_objective(level: str, row: ObjectiveRow) -> str:
    return _command(level, f"{row.why}. {row.todo}".rstrip(". "), title=f"{row.id}: {row.state}")


def _of_cluster(row: ClusterRow) -> str:
    frames = _FRAME.findall(row.trace)
    path, line = frames[-1] if frames else (row.id.partition("::")[0], "")
    amount = f"{row.amount} tests: " if row.amount > 1 else ""
    message = f"{amount}{row.message[:MOST_MESSAGE]}\n{row.repeat}"
    return _command("error", message, title=row.id, file=path, line=line)


def _command(level: str, message: str, **properties: str) -> str:
    """A command that nothing within it can end or begin anew."""
    said = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{level} {said}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text[:MOST_MESSAGE]).replace(":", "%3A").replace(",", "%2C")
