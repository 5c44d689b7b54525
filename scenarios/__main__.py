"""``python -m scenarios run``: load on a service, evidence in a folder.

Exit codes: 0 measured to the end; 1 ended by ``--abort``; 2 could not begin, or did not measure
what was asked for (a generator was lost, a journey is at fault or was never answered as it
expects, nothing was answered at all), with what was measured in the folder all the same, or in
another where that one took no more; 130 ended early by somebody, likewise.
"""

from __future__ import annotations

import signal

# Until `main` can say what an interrupt ended, it ends the process without a trace of imports.
if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import os
import sys

from scenarios.keeping import UnwritableError, make_writable, open_what_is_closed, tell
from scenarios.orders import Enlistment, RefusedError, enlistment, order
from scenarios.plan import JourneysError
from scenarios.preflight import NotReadyError, must_answer
from scenarios.targets import BAD_INPUT, TargetError
from scenarios.words import ENDED_EARLY, parser


def main(arguments: list[str]) -> int:
    """Carry out one command line; the exit code."""
    open_what_is_closed()
    words = parser().parse_args(arguments)
    try:
        post = enlistment(words)
        if post is not None:
            _become_a_worker(post)
        wanted = order(words)
        must_answer(wanted.ready_url)
        make_writable(wanted.out)
        # Locust and what computes intervals take seconds to load: not for words that are refused.
        from scenarios.running import carry_out

        return carry_out(wanted)
    except (RefusedError, TargetError, JourneysError, NotReadyError, UnwritableError) as error:
        tell(str(error))
    except OSError as error:
        tell(f"{error.filename or words.out}: {error.strerror or error}")
    except KeyboardInterrupt:
        tell("interrupted")
        return ENDED_EARLY
    return BAD_INPUT


def _become_a_worker(post: Enlistment) -> None:
    """Go on as a generator, which needs a process that gevent may patch from its beginning."""
    tell(f"working for the master at {post.host}:{post.port}")
    module = ["-m", "scenarios.worker", post.host, str(post.port), "--wait-s", str(post.wait_s)]
    os.execv(sys.executable, [sys.executable, *module])  # noqa: S606 - our own module


if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    raise SystemExit(main(sys.argv[1:]))
