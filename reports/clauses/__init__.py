"""One clause held against the evidence: pure functions from records to readings."""
