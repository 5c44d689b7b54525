"""The report beside other reports, at ten thousand tests."""
