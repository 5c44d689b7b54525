"""How late a process wakes that has nothing to do: what the machine does to whoever measures on it.

`python -m suites.bench.load.idle SECONDS [gevent]` prints the 99th percentile of its lateness, in
ms. With `gevent` it sleeps as gevent lets it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import gevent  # type: ignore[import-untyped]

NAP_S = 0.0021  # no whole number of milliseconds: whoever rounds is seen to


def main(seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    late, ends_at = [], time.monotonic() + seconds
    while (due := time.monotonic() + NAP_S) < ends_at:
        sleep(NAP_S)
        late.append(time.monotonic() - due)
    print(sorted(late)[int(0.99 * len(late))] * 1000)


if __name__ == "__main__":
    main(float(sys.argv[1]), gevent.sleep if sys.argv[2:] == ["gevent"] else time.sleep)
