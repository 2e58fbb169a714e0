"""Exit statuses of the command line, and which errors a user can mend. Not here: raising or showing them."""

from __future__ import annotations

from resource_prediction.errors import (
    DurationError,
    HoldoutError,
    MissingFeaturesError,
    ReplayRangeError,
    ResourcePredictionError,
    RunnerError,
    SourceError,
    StoreKindError,
    TelemetryError,
    TooFewRowsError,
    UnknownFamilyError,
    UnusableStoreError,
)

DONE, FAILED, BAD_USAGE = 0, 1, 2
INTERRUPTED, TERMINATED = 130, 143
"""128 and the number of the signal, as shells have it."""

BAD_INPUT: tuple[type[ResourcePredictionError], ...] = (
    SourceError,
    TelemetryError,
    StoreKindError,
    UnusableStoreError,
    MissingFeaturesError,
    TooFewRowsError,
    DurationError,
    HoldoutError,
    ReplayRangeError,
    UnknownFamilyError,
    RunnerError,
)
"""Errors that a user mends by giving something else; all others are failures of a step."""


def is_bad_input(error: ResourcePredictionError) -> bool:
    """Whether a user can mend it by giving something else."""
    return isinstance(error, BAD_INPUT)
