"""One layer's file, written a record at a time and closed by a digest."""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from reports.evidence.lines import ENCODER, sayable
from reports.evidence.records import AnyRecord, Closing, utc_now


class EvidenceWriter:
    """Appends records to one layer's file; what is written survives a kill of this process.

    Refuses to write over an existing file (FileExistsError): evidence is never replaced.
    Safe to call from several threads, not from several processes.
    """

    def __init__(self, path: Path, *, run: str, layer: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb")
        self._digest = hashlib.sha256()
        self._lines = 0
        self._lock = threading.Lock()
        self._began = datetime.now(UTC)
        self.path, self.run, self.layer = path, run, layer

    def write(self, record: AnyRecord) -> None:
        """Stamp a record with run, layer and time where it has none, and append it."""
        stamp = {"run": self.run, "layer": self.layer, "at": record.at or utc_now()}
        text = ENCODER.encode({"kind": record.kind, **vars(record), **stamp}) + "\n"
        try:
            line = text.encode()
        except UnicodeEncodeError:
            line = sayable(text).encode()
        with self._lock:
            self._file.write(line)
            self._file.flush()
            self._digest.update(line)
            self._lines += 1

    def close(self, exit_status: int, seconds: float | None = None) -> None:
        """Write the closing record: the layer ended in order, whatever its tests said.

        `seconds` is what the layer took where it did not run while this file was written.
        """
        if seconds is None:
            seconds = (datetime.now(UTC) - self._began).total_seconds()
        ending = (exit_status, round(seconds, 3), self._lines)
        self._digest.update(said(*ending))
        self.write(
            Closing(
                exit_status=ending[0],
                seconds=ending[1],
                lines=ending[2],
                sha256=self._digest.hexdigest(),
            )
        )
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Close the file without a closing record: the layer was cut short."""
        self._file.close()


def said(exit_status: int, seconds: float, lines: int) -> bytes:
    """What a closing record says beside its digest, as the digest covers it."""
    return f"{exit_status} {seconds!r} {lines}".encode()
