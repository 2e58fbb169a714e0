"""Defaults that the command line, the deployment and the library share. Light on purpose: `--help` imports it."""

DEMO_ROWS = 12_000
DEMO_DAYS = 28.0
"""Size of the synthetic farm of a first run."""

HOLDOUT = "20%"
LABEL_DELAY = "1h"
UNDER_COST = 5.0
HEADROOM_PCT = 0.0
TRIALS = 20
"""Trials of each family's search, where nothing else is asked for."""

SEED = 42
