"""Evidence: the frozen records that suites write and the gate reads, and their NDJSON.

One file a layer, ``out/<run>/evidence/<layer>.ndjson``, one record a line. The first line is the
run's ``provenance``, the second the layer's ``opening``; the last is its ``closing``, which counts
the lines before it and carries their SHA-256, so that a file that lost, gained or changed a line
can be told from a whole one. A file without a closing record is not evidence of anything, however
much it holds; what it holds is still worth showing.

Standard library only: every layer imports this module, none may drag the judge along.
"""

from __future__ import annotations

from reports.evidence.lines import LARGEST, SMALLEST, DecodeError, decode, encode, sayable
from reports.evidence.reading import Fault, LayerEvidence, read_layer, read_run
from reports.evidence.records import (
    KINDS,
    MARK,
    SCHEMA_VERSION,
    AnyRecord,
    Check,
    Closing,
    Finding,
    Instrument,
    Measurement,
    Opening,
    Outcome,
    Provenance,
    Record,
    Series,
    Severity,
    fingerprint,
    utc_now,
)
from reports.evidence.writing import EvidenceWriter

__all__ = [
    "KINDS",
    "LARGEST",
    "MARK",
    "SCHEMA_VERSION",
    "SMALLEST",
    "AnyRecord",
    "Check",
    "Closing",
    "DecodeError",
    "EvidenceWriter",
    "Fault",
    "Finding",
    "Instrument",
    "LayerEvidence",
    "Measurement",
    "Opening",
    "Outcome",
    "Provenance",
    "Record",
    "Series",
    "Severity",
    "decode",
    "encode",
    "fingerprint",
    "read_layer",
    "read_run",
    "sayable",
    "utc_now",
]
