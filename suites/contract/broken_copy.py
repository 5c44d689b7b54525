"""A throw-away copy of the reference service with known faults put into its files."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Seeded:
    """One fault: what it is, the file, the lines that hold the rule, what stands there instead."""

    name: str
    path: str
    whole: str
    broken: str


_ANYONES = (
    "(await session.execute(repository._predictions().where("
    "repository.Prediction.id == prediction_id))).one_or_none()"
)
OWN_READ = "        row = await repository.own(session, account_id, prediction_id)\n"
OWN_WRITE = "    seen = await repository.own(session, account_id, prediction_id)\n"
GOODBYE = (
    '    """End all of one\'s sessions, this one too."""\n'
    "    await sessions.log_out_everywhere(platform, principal, request_id)\n"
)
# One fault an operation, so that none can hide behind another.
FAULTS = (
    Seeded("an owner check dropped on a read", "predictions/service.py", OWN_READ,
           f"        row = {_ANYONES}\n"),
    Seeded("an owner check dropped on a write", "predictions/service.py", OWN_WRITE,
           f"    seen = {_ANYONES}\n"),
    Seeded("an owner check dropped on a list", "predictions/repository.py",
           "    .where(Prediction.account_id == _OWNER)\n    .order_by",
           "    .order_by"),
    Seeded("an admin check dropped", "accounts/routes.py",
           "admin: CurrentAdmin, account_id", "admin: CurrentPrincipal, account_id"),
    Seeded("a field that anyone may set", "accounts/schemas.py",
           "class ProfileChange(Body):", 'class ProfileChange(Body, extra="allow"):'),
    Seeded("a field that anyone may set", "accounts/service.py",
           "            account.display_name = body.display_name\n",
           "            account.display_name = body.display_name\n"
           '            account.tier = (body.model_extra or {}).get("tier", account.tier)\n'),
    Seeded("a private field in an answer", "accounts/routes.py",
           "answers.private(await service.profile(platform, principal))",
           'Response(b\'{"password_hash":"x",\' + answers.encode('
           "await service.profile(platform, principal))[1:], media_type='application/json')"),
    Seeded("a status that the document does not have", "accounts/routes.py",
           ") -> None:\n" + GOODBYE, ") -> Response:\n" + GOODBYE +
           "    return Response(status_code=202)\n"),
    Seeded("a parameter renamed", "matches/schemas.py", 'alias="from"', 'alias="since"'),
)  # fmt: skip


class NotThereError(AssertionError):
    """The files have changed so that a fault finds no place; the fault must be written anew."""


def broken_copy(source: Path, target: Path, faults: Iterable[Seeded] = FAULTS) -> Path:
    """Copy the package at `source` below `target` and put the faults in. Answers `target`.

    Raises NotThereError where the lines to be replaced are not there exactly once.
    """
    package = target / source.name
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for fault in faults:
        path = package / fault.path
        text = path.read_text("utf-8")
        if text.count(fault.whole) != 1:
            found = text.count(fault.whole)
            raise NotThereError(f"{fault.name}: {fault.path} holds {fault.whole!r} {found} times")
        path.write_text(text.replace(fault.whole, fault.broken), "utf-8")
    return target
