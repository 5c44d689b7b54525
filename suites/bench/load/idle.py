"""How late a process wakes that has nothing to do: what the machine does to whoever measures on it.

`python -m suites.bench.load.idle SECONDS` prints the 99th percentile of its lateness, in ms.
"""

from __future__ import annotations

import sys
import time

NAP_S = 0.002


def main(seconds: float) -> None:
    late, ends_at = [], time.monotonic() + seconds
    while (due := time.monotonic() + NAP_S) < ends_at:
        time.sleep(NAP_S)
        late.append(time.monotonic() - due)
    print(sorted(late)[int(0.99 * len(late))] * 1000)


if __name__ == "__main__":
    main(float(sys.argv[1]))
