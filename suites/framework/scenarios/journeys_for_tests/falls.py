"""Cannot even be imported."""

raise RuntimeError("on purpose")
