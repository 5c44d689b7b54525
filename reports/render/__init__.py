"""Verdicts as pages and files: one file a format, none of which computes anything."""
