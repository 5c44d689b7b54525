"""The person whose data is asked for and erased."""

from suites.integration.privacy.person import person

__all__ = ["person"]
