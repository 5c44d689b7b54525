"""The written access policy: role x operation x owner, each allowed or refused with a status."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Role = Literal["visitor", "player", "admin"]
Owner = Literal["own", "other", "none"]
ROLES: tuple[Role, ...] = get_args(Role)
REFUSALS = (401, 403, 404)
ALLOWED, HIDDEN, REFUSED = "allowed", "hidden", "refused"
ANY_REFUSAL = 0
WORDS = (ALLOWED, HIDDEN, REFUSED, *REFUSALS)
POLICY = Path(__file__).with_name("access.toml")


class PolicyError(ValueError):
    """The policy file is faulty; one line for each fault says where and what was expected."""


@dataclass(frozen=True)
class Cell:
    """One right: `refusal` is the status that refuses it, None where it is allowed.

    ANY_REFUSAL stands for whichever of REFUSALS, where nobody wrote down which. Of a list, things
    of others are `hidden`: the request succeeds, and they are not in the answer.
    """

    role: str
    operation: str
    owner: Owner
    refusal: int | None
    hidden: bool = False

    def __str__(self) -> str:
        whose = {"own": " of one's own", "other": " of someone else", "none": ""}[self.owner]
        return f"{self.role} {self.operation}{whose}"

    @property
    def allowed(self) -> bool:
        """Whether the attempt must succeed."""
        return self.refusal is None and not self.hidden

    @property
    def expected(self) -> str:
        """What the policy says, in a word."""
        if self.hidden:
            return HIDDEN
        if self.refusal == ANY_REFUSAL:
            return REFUSED
        return str(self.refusal or ALLOWED)

    def refused_with(self, status: int) -> bool:
        """Whether a status is the refusal that was written down."""
        return status in REFUSALS if self.refusal == ANY_REFUSAL else status == self.refusal


@dataclass(frozen=True)
class Policy:
    """All cells, in the order of the file."""

    cells: tuple[Cell, ...]

    @property
    def operations(self) -> frozenset[str]:
        """The ids of all operations that the policy speaks of."""
        return frozenset(cell.operation for cell in self.cells)

    def lets_in(self, role: str) -> frozenset[str]:
        """The operations that a role may use successfully, on something at least."""
        return frozenset(c.operation for c in self.cells if c.role == role and c.allowed)


def load(path: Path = POLICY, roles: Sequence[str] = ROLES) -> Policy:
    """Read a policy file about `roles`. Raises PolicyError naming every fault at once."""
    tables = _read(path)
    faults: list[str] = []
    cells = [cell for name, table in tables.items() for cell in _cells(name, table, roles, faults)]
    if faults:
        raise PolicyError("\n".join(f"{path.name}: {fault}" for fault in faults))
    return Policy(tuple(cells))


def _read(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: expected UTF-8, found byte {error.start} in it") from None
    except RecursionError:
        raise PolicyError(f"{path}: it is nested too deeply") from None
    except (OSError, ValueError) as error:  # no TOML, or a number of more digits than Python takes
        raise PolicyError(f"{path}: {error}") from None


def _cells(
    operation: str, table: object, roles: Sequence[str], faults: list[str]
) -> Iterator[Cell]:
    if not isinstance(table, dict) or set(table) != set(roles):
        faults.append(f"[{operation}]: expected exactly {', '.join(roles)}")
        return
    for role in roles:
        value = table[role]
        by_owner: Mapping[str, object] = value if isinstance(value, dict) else {"none": value}
        for owner, right in by_owner.items():
            # a number with a point equals one without, and is none of the words
            known = isinstance(right, str | int) and right in WORDS
            if owner not in get_args(Owner) or not known:
                faults.append(
                    f'[{operation}] {role}: expected "{ALLOWED}", "{HIDDEN}", "{REFUSED}" or one '
                    f"of {REFUSALS}, by own and other at most; found {value!r}"
                )
                break
            refusal = right if isinstance(right, int) else ANY_REFUSAL if right == REFUSED else None
            yield Cell(role, operation, owner, refusal, right == HIDDEN)  # type: ignore[arg-type]
