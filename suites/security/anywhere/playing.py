"""The list of attacks, and what came of each: held, a hole, unproven or not tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json import JSONDecodeError
from time import monotonic
from typing import Literal

import httpx

from suites.contract.anywhere.people import NotEnteredError
from suites.contract.anywhere.reaching import Clock
from suites.contract.faults import Fault, Kind
from suites.security.anywhere import (
    answers,
    bombs,
    guessing,
    kinds,
    limits,
    sessions,
    sizes,
    texts,
    tokens,
)
from suites.security.anywhere.scene import Hole, NoControlError, NoMeansError, Scene

Outcome = Literal["held", "hole", "unproven", "not tried"]


@dataclass(frozen=True)
class Attack:
    """One attack: what its hole would be called, and how it is played."""

    kind: Kind
    group: str
    play: Callable[[Scene], Iterator[Hole]]

    @property
    def name(self) -> str:
        """How it is called."""
        return self.kind.rule


@dataclass(frozen=True)
class Trial:
    """What came of one attack on one thing; `seconds` is what the attack took."""

    attack: Attack
    outcome: Outcome
    detail: str = ""
    hole: Hole | None = None
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The attack, and what it was on."""
        words = (self.attack.name, *((self.hole.operation, self.hole.subject) if self.hole else ()))
        return " ".join(filter(None, words))

    @property
    def fault(self) -> Fault | None:
        """The hole as a fault of the service."""
        if self.hole is None:
            return None
        return Fault(self.attack.kind, self.hole.operation, self.hole.subject, self.hole.detail)


# What is gentle comes first; what locks an account or uses up a limit is last. The looks at every
# answer follow all of them.
ATTACKS: tuple[Attack, ...] = (
    Attack(kinds.NO_ALGORITHM, kinds.TOKENS, tokens.without_algorithm),
    Attack(kinds.OTHER_KEY, kinds.TOKENS, tokens.under_another_key),
    Attack(kinds.OTHER_ALGORITHM, kinds.TOKENS, tokens.of_another_algorithm),
    Attack(kinds.OTHER_CLAIMS, kinds.TOKENS, tokens.with_claims_of_another),
    Attack(kinds.EXPIRED, kinds.TOKENS, tokens.expired),
    Attack(kinds.FUTURE, kinds.TOKENS, tokens.of_the_future),
    Attack(kinds.AUDIENCE, kinds.TOKENS, tokens.for_another_audience),
    Attack(kinds.MUTILATED, kinds.TOKENS, tokens.mutilated),
    Attack(kinds.NO_ACCESS_TOKEN, kinds.TOKENS, tokens.refresh_token_as_access_token),
    Attack(kinds.AFTER_LOG_OUT, kinds.SESSIONS, sessions.after_log_out),
    Attack(kinds.AFTER_PASSWORD, kinds.SESSIONS, sessions.after_password_change),
    Attack(kinds.REUSE, kinds.SESSIONS, sessions.reuse),
    Attack(kinds.FAMILY, kinds.SESSIONS, sessions.family_after_reuse),
    Attack(kinds.RACE, kinds.SESSIONS, sessions.race),
    Attack(kinds.FIXATION, kinds.SESSIONS, sessions.fixation),
    Attack(kinds.SQL, kinds.TEXTS, texts.sql),
    Attack(kinds.TEMPLATE, kinds.TEXTS, texts.template),
    Attack(kinds.MARKUP, kinds.TEXTS, texts.markup),
    Attack(kinds.HEADER, kinds.TEXTS, texts.header),
    Attack(kinds.PATH, kinds.TEXTS, texts.path),
    Attack(kinds.LOG, kinds.TEXTS, texts.log),
    Attack(kinds.BODY_SIZE, kinds.SIZES, sizes.body_size),
    Attack(kinds.DEEP_JSON, kinds.SIZES, sizes.deep_json),
    Attack(kinds.MANY_HEADERS, kinds.SIZES, sizes.many_headers),
    Attack(kinds.BOMB, kinds.SIZES, bombs.bombs),
    Attack(kinds.SLOW_BODIES, kinds.SIZES, sizes.slow_requests),
    Attack(kinds.ORIGINS, kinds.ANSWERS, answers.other_origins),
    Attack(kinds.KEPT, kinds.ANSWERS, answers.may_be_kept),
    Attack(kinds.TOLD_IN_WORDS, kinds.GUESSING, guessing.told_in_words),
    Attack(kinds.TOLD_IN_TIME, kinds.GUESSING, guessing.told_in_time),
    Attack(kinds.UNTHROTTLED, kinds.GUESSING, guessing.unthrottled),
    Attack(kinds.LOG_IN_DODGED, kinds.GUESSING, guessing.log_in_dodged),
    Attack(kinds.HEADERS, kinds.ANSWERS, answers.headers),
    Attack(kinds.INSIDE, kinds.ANSWERS, answers.inside),
    Attack(kinds.BROKE_DOWN, kinds.ANSWERS, answers.broke_down),
    Attack(kinds.LIMIT_LOOSE, kinds.LIMITS, limits.not_shared),
    Attack(kinds.LIMIT_DODGED, kinds.LIMITS, limits.dodged),
)


def play(scene: Scene, attack: Attack) -> list[Trial]:
    """What came of one attack: its holes, or one trial that says what there was instead."""
    reason = scene.target.security.leave_out.get(attack.name)
    if reason:
        return [Trial(attack, "not tried", f"left out by the target file: {reason}")]
    began, found = monotonic(), list[Trial]()
    outcome: Outcome = "held"
    detail = ""
    try:
        scene.enter_anew()
        for hole in attack.play(scene):
            found.append(Trial(attack, "hole", hole.detail, hole))
    except NoMeansError as error:
        outcome, detail = "not tried", str(error)
    except (NoControlError, NotEnteredError) as error:
        outcome, detail = "unproven", str(error)
    except JSONDecodeError as error:
        outcome, detail = "unproven", f"an answer that must be JSON is not: {error}"
    except httpx.HTTPError as error:
        outcome, detail = "unproven", f"the service did not answer: {error!r}"
    except (httpx.InvalidURL, UnicodeError, RecursionError) as error:
        outcome, detail = "unproven", f"what it needs cannot be sent or read: {error}"
    if found:
        return found
    return [Trial(attack, outcome, detail, seconds=monotonic() - began)]


def play_all(
    scene: Scene, groups: tuple[str, ...], clock: Clock, say: Callable[[str], None]
) -> Iterator[Trial]:
    """Every attack of the groups, or of such a name. Raises OutOfTimeError."""
    for attack in ATTACKS:
        if {attack.group, attack.name} & set(groups):
            clock.check()
            say(attack.name)
            yield from play(scene, attack)
