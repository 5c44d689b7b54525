"""Attacks on any service: what its document, its target file and its answers make possible."""
