"""What a run in the closed model may say: never what an objective of the open model asks for.

Users who wait for an answer before they ask again slow down with the service, so its worst moments
are hardly measured, and nobody knows when the requests that were not made were due. Such a latency
cannot be corrected afterwards. So every metric and instrument of a closed run has a name of its
own, and no clause that was written for the open model finds evidence in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reports.evidence import AnyRecord, Instrument, Measurement, Series

PREFIX = "closed_"
KIND, CORRECTED, UNCORRECTED = "latency", "corrected", "uncorrected"  # of a distribution
_CORRECTED = re.compile(r"http_latency_(?!uncorrected_)")
_UNCORRECTED = "http_latency_uncorrected_"


def relabelled(records: Iterable[AnyRecord]) -> Iterator[AnyRecord]:
    """The records of a closed run under names that say so.

    Nothing is due in a closed run, so both kinds of latency were counted from the sending; one of
    them is recorded, as the uncorrected one that it is.
    """
    for record in records:
        if isinstance(record, Measurement | Series):
            if record.metric.startswith(_UNCORRECTED) or record.dimensions.get(KIND) == CORRECTED:
                continue
            metric = PREFIX + _CORRECTED.sub(_UNCORRECTED, record.metric)
            dimensions = {**record.dimensions, "model": "closed"}
            yield replace(record, metric=metric, dimensions=dimensions)
        elif isinstance(record, Instrument):
            dimensions = {**record.dimensions, "model": "closed"}
            yield replace(record, name=PREFIX + record.name, dimensions=dimensions)
        else:
            yield record
