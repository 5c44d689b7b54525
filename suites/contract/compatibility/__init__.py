"""Breaking-change rules: what a client relies on, and whether a newer document still gives it."""
