"""Settings for all tests. Not here: fixtures of one part (its own conftest.py)."""

from __future__ import annotations

from hypothesis import settings

# No test is timed, so that a busy machine fails none.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
