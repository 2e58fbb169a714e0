"""Settings for all tests. Not here: fixtures of one part (its own conftest.py)."""

from __future__ import annotations

import os

# As the command line sets them: fits run side by side, and threads inside each would fight for the cores.
for name, value in {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}.items():
    os.environ.setdefault(name, value)

from hypothesis import settings  # noqa: E402 - numpy reads the environment when it is imported

# No test is timed, so that a busy machine fails none.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
