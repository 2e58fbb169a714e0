"""When a job was submitted: hour and weekday in UTC. Not here: anything about other jobs."""

from __future__ import annotations

import numpy as np

from resource_prediction.arrays import FloatArray, IntArray

CALENDAR_FEATURES: tuple[str, ...] = ("hour", "weekday", "is_weekend")

_US_PER_HOUR = 3_600_000_000
_EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0
_SATURDAY = 5


def describe_calendar(submitted_us: IntArray) -> list[FloatArray]:
    """CALENDAR_FEATURES of n submissions, each of shape (n,): hours with their fraction, weekdays from Monday = 0."""
    hours = submitted_us // _US_PER_HOUR
    weekday = ((hours // 24 + _EPOCH_WEEKDAY) % 7).astype(np.float64)
    hour = (submitted_us % (24 * _US_PER_HOUR)) / _US_PER_HOUR
    return [hour, weekday, (weekday >= _SATURDAY).astype(np.float64)]
