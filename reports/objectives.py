"""What was promised: the model of slo.toml. `reports.configuration` reads the file.

An objective holds one or more clauses, and is met when all of them are. An objective without a
clause is a promise that nothing shows yet: it keeps its row and has no evidence. Five kinds of
clause exist:

- `measurement`: every matching value of a metric lies, with its whole interval, on the right side
  of the limit;
- `comparison`: every matching ratio of two builds lies, with its whole interval, below a tolerance;
- `checks`: at least so many tests speak for the objective, in each of the layers named, and every
  one of them passed;
- `findings`: no more than so many findings of these tools, at or above a severity;
- `instrument`: the measuring was sound. An instrument outside its bound makes the objective
  `invalid`, never `missed`: it says that we did not see, not that the service is bad. Coverage
  (routes checked of those that exist) is judged this way, and names what was left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from reports.evidence import Severity

Operator = Literal["<", "<=", ">", ">=", "=="]
SUITE_SUFFIX = "-suite"
UNIT_SUFFIXES = {"_ms": "ms", "_us": "us", "_s": "s", "_bytes": "bytes", "_days": "days"}
# What the page calls its own parts: an objective is found there by its id, which must be its alone.
PAGE_ANCHORS = frozenset(
    (
        "access", "duet", "endpoints", "failures", "findings", "history", "layers", "load",
        "objectives", "optional", "other", "pack", "provenance", "q", "results", "sbom", "tests",
        "unknown", "waivers",
    )
)  # fmt: skip
ANCHOR_BEGINNINGS = ("cause-", "layer-")
SEVERITIES: tuple[str, ...] = get_args(Severity)

Word = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Model(BaseModel):
    """A frozen value that knows all of its fields and converts nothing silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Clause(Model):
    """What every clause says. The layer is the one whose evidence file is read."""

    @field_validator("layer", "layers", check_fields=False)
    @classmethod
    def _known_layers(
        cls, value: str | tuple[str, ...], info: ValidationInfo
    ) -> str | tuple[str, ...]:
        known: tuple[str, ...] = (info.context or {}).get("layers", ())
        names = (value,) if isinstance(value, str) else value
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ValueError(
                f"expected one of the layers {', '.join(known)}, found {', '.join(unknown)}"
            )
        return value


class MeasurementClause(Clause):
    """Every measurement of `metric` whose dimensions hold all of `where` is within the limit.

    `share` says that the metric is a part of a whole, so that no value below 0 or above 1 can be.
    """

    kind: Literal["measurement"]
    layer: Word
    metric: Word
    op: Operator
    limit: float
    unit: Word
    where: Mapping[str, str] = Field(default_factory=dict)
    minimum_samples: int = Field(default=1, ge=1)
    minimum_matches: int = Field(default=1, ge=1)
    share: bool = False

    @field_validator("unit")
    @classmethod
    def _unit_of_the_metric(cls, unit: str, info: ValidationInfo) -> str:
        metric = str(info.data.get("metric", ""))
        suffix = next((end for end in UNIT_SUFFIXES if metric.endswith(end)), "")
        if metric.endswith("_per_s") or not suffix or UNIT_SUFFIXES[suffix] == unit:
            return unit
        raise ValueError(f"expected {UNIT_SUFFIXES[suffix]!r}, as {metric} says, found {unit!r}")

    @property
    def names(self) -> tuple[str, ...]:
        """What a producer must record for this clause to have evidence."""
        return (self.metric,)

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers whose evidence it reads."""
        return (self.layer,)


class ComparisonClause(Clause):
    """No ratio of `metric`, new build over base, is above 1 by more than `limit` percent.

    The whole interval must say so, and the interval must be of this confidence or a higher one.
    """

    kind: Literal["comparison"]
    layer: Word
    metric: Word
    op: Literal["not slower than base by more than"]
    limit: float = Field(ge=0, le=1000)
    unit: Literal["%"]
    confidence: float = Field(default=0.99, gt=0, lt=1)
    where: Mapping[str, str] = Field(default_factory=dict)
    minimum_samples: int = Field(default=1, ge=1)
    minimum_matches: int = Field(default=1, ge=1)

    @property
    def as_measurement(self) -> MeasurementClause:
        """The same bound, as a limit on the ratio."""
        return MeasurementClause.model_construct(
            kind="measurement",
            layer=self.layer,
            metric=self.metric,
            op="<=",
            limit=1 + self.limit / 100,
            unit="ratio",
            where=self.where,
            minimum_samples=self.minimum_samples,
            minimum_matches=self.minimum_matches,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What a producer must record for this clause to have evidence."""
        return (self.metric,)

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers whose evidence it reads."""
        return (self.layer,)


class ChecksClause(Clause):
    """At least `minimum` tests speak for the objective, one or more in each layer; all passed."""

    kind: Literal["checks"]
    layers: tuple[Word, ...] = Field(min_length=1)
    minimum: int = Field(default=1, ge=1)

    @property
    def names(self) -> tuple[str, ...]:
        """Checks are found by the objective's own id."""
        return ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers whose evidence it reads."""
        return self.layers


class FindingsClause(Clause):
    """No more than `limit` unwaived findings of `tools` at or above `severity`."""

    kind: Literal["findings"]
    layer: Word
    tools: tuple[Word, ...] = Field(min_length=1)
    severity: Severity = "info"
    limit: int = Field(default=0, ge=0)

    @property
    def names(self) -> tuple[str, ...]:
        """The tools whose findings count."""
        return self.tools

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers whose evidence it reads."""
        return (self.layer,)


class InstrumentClause(Clause):
    """The instrument `name` read within its bound: its share of the total, or its value.

    One that `distorts` makes what was measured beside it void when it fails: a generator that could
    not keep up says nothing true of the service, not even that it is slow. One that does not only
    left things unseen, and what was seen to be bad stays bad. `beyond` is what a reading on the
    wrong side of the bound comes to: `no evidence` where it is sound, and only says too little.
    """

    kind: Literal["instrument"]
    layer: Word
    name: Word
    of: Literal["share", "value"] = "share"
    distorts: bool = False
    op: Operator = ">="
    limit: float = 1.0
    unit: str = ""
    beyond: Literal["invalid", "no evidence"] = "invalid"
    where: Mapping[str, str] = Field(default_factory=dict)
    minimum_matches: int = Field(default=1, ge=1)

    @field_validator("limit")
    @classmethod
    def _a_share_is_at_most_one(cls, limit: float, info: ValidationInfo) -> float:
        if info.data.get("of") == "share" and not 0 <= limit <= 1:
            raise ValueError(f"expected a share from 0 to 1, found {limit}")
        return limit

    @property
    def names(self) -> tuple[str, ...]:
        """What a producer must record for this clause to have evidence."""
        return (self.name,)

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers whose evidence it reads."""
        return (self.layer,)


AnyClause = MeasurementClause | ComparisonClause | ChecksClause | FindingsClause | InstrumentClause
CLAUSES: Mapping[str, type[AnyClause]] = {
    "measurement": MeasurementClause,
    "comparison": ComparisonClause,
    "checks": ChecksClause,
    "findings": FindingsClause,
    "instrument": InstrumentClause,
}


class Objective(Model):
    """A promise, why it was made, what holds it true, and which policies require it.

    `target` is the limit in the promise's own words, for the reader; `requires` is what is judged.
    `shown_by` names the layers that are to show it, and is for promises without a clause.
    `measured_with` names the sets of instruments whose clauses `requires` holds beside its own.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    promise: Word
    target: Word
    reason: Word
    policies: tuple[Word, ...] = Field(min_length=1)
    shown_by: tuple[Word, ...] = ()
    measured_with: tuple[Word, ...] = ()
    requires: tuple[Annotated[AnyClause, Field(discriminator="kind")], ...] = ()

    @field_validator("id")
    @classmethod
    def _not_the_name_of_a_suite(cls, value: str) -> str:
        if value.endswith(SUITE_SUFFIX):
            raise ValueError(f"ids that end in {SUITE_SUFFIX} are the gate's own, found {value!r}")
        return value

    @field_validator("id")
    @classmethod
    def _not_a_part_of_the_page(cls, value: str) -> str:
        if value in PAGE_ANCHORS or value.startswith(ANCHOR_BEGINNINGS):
            raise ValueError(
                f"expected another id: the page has a part of its own called {value!r}"
            )
        return value

    @field_validator("policies")
    @classmethod
    def _known_policies(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known: tuple[str, ...] = (info.context or {}).get("policies", ())
        unknown = [name for name in value if name not in known]
        if unknown:
            raise ValueError(
                f"expected one of the policies {', '.join(known)}, found {', '.join(unknown)}"
            )
        return value

    @field_validator("measured_with")
    @classmethod
    def _known_instruments(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known: tuple[str, ...] = (info.context or {}).get("instruments", ())
        unknown = [name for name in value if name not in known]
        if unknown:
            there = (
                f"one of the sets {', '.join(known)}" if known else "[[instruments.NAME]] tables"
            )
            raise ValueError(f"expected {there}, found {', '.join(unknown)}")
        twice = sorted({name for name in value if value.count(name) > 1})
        if twice:
            raise ValueError(f"expected each set once, found {', '.join(twice)} again")
        return value

    @model_validator(mode="after")
    def _silence_is_not_evidence(self) -> Objective:
        if not self.requires and not self.shown_by:
            raise ValueError("expected [[objective.requires]] clauses, or shown_by naming layers")
        if self.measured_with and not self.requires:
            raise ValueError(
                "sound instruments alone show nothing: expected [[objective.requires]] clauses "
                "beside measured_with"
            )
        sighted = {
            layer
            for clause in self.requires
            if isinstance(clause, ChecksClause | InstrumentClause)
            for layer in clause.reads
        }
        for clause in self.requires:
            if isinstance(clause, FindingsClause) and clause.layer not in sighted:
                raise ValueError(
                    "no findings are no evidence: expected an instrument or checks clause on layer "
                    f"{clause.layer} beside the findings of {', '.join(clause.tools)}"
                )
        return self

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer whose evidence its clauses read, each once."""
        return tuple(dict.fromkeys(layer for clause in self.requires for layer in clause.reads))


class Policy(Model):
    """A named list of what a release must show: its layers, and those of what it includes."""

    name: str
    description: Word
    layers: tuple[Word, ...] = ()
    includes: tuple[Word, ...] = ()


class Objectives(Model):
    """All of slo.toml."""

    layers: tuple[str, ...]
    policies: tuple[Policy, ...]
    objectives: tuple[Objective, ...]

    def policy(self, name: str) -> Policy:
        """The policy of that name. Raises KeyError naming those that exist."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        known = ", ".join(policy.name for policy in self.policies)
        raise KeyError(f"unknown policy {name!r}: expected one of {known}")

    def covered_by(self, name: str) -> frozenset[str]:
        """The policy and everything that it includes, however deep. Raises KeyError."""
        names: set[str] = set()
        waiting = [name]
        while waiting:
            found = self.policy(waiting.pop())
            if found.name not in names:
                names.add(found.name)
                waiting += found.includes
        return frozenset(names)

    def layers_of(self, name: str) -> tuple[str, ...]:
        """The layers that a policy requires, in the order in which they run. Raises KeyError."""
        covered = self.covered_by(name)
        wanted = {
            layer for policy in self.policies if policy.name in covered for layer in policy.layers
        }
        return tuple(layer for layer in self.layers if layer in wanted)

    def required_by(self, name: str) -> tuple[Objective, ...]:
        """The objectives that a policy requires. Raises KeyError."""
        covered = self.covered_by(name)
        return tuple(item for item in self.objectives if covered.intersection(item.policies))
