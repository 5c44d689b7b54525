"""Rules for faults that FastAPI and SQLAlchemy projects make and bandit does not look for.

One file a rule: a `RULE`, a `CANARY` that it must find, and a generator of faults. A new one goes
into the list here.
"""

from suites.security.code.rules import (
    naive_time,
    open_origins,
    raw_sql,
    redirects,
    secret_comparison,
    timeouts,
    token_algorithm,
)
from suites.security.code.rules.interface import Rule

RULES: tuple[Rule, ...] = (
    naive_time.RULE,
    open_origins.RULE,
    raw_sql.RULE,
    redirects.RULE,
    secret_comparison.RULE,
    timeouts.RULE,
    token_algorithm.RULE,
)
