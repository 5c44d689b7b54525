"""Journeys for tests of what the generator does with them; without a MIX of their own."""
