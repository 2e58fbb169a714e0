"""Which spans of the past are replayed, and what is known at the beginning of each. Not here: fitting, scoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from resource_prediction.arrays import IntArray
from resource_prediction.date_range import DateRange
from resource_prediction.errors import ReplayRangeError, TooFewRowsError
from resource_prediction.training import MIN_TRAINING_ROWS

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
DEFAULT_DAYS = 7
"""How far back a replay goes where nobody says."""


@dataclass(frozen=True, order=True)
class Period:
    """A span of submissions that one fit allocates for.

    Attributes:
        since_us: Its beginning, which is also the cut-off of its fits; microseconds since 1970 UTC.
        until_us: Its end, which is not in it.
    """

    since_us: int
    until_us: int

    @property
    def since(self) -> str:
        """Its beginning as ISO text in UTC without a zone."""
        return iso_of_us(self.since_us)

    @property
    def until(self) -> str:
        """Its end as ISO text in UTC without a zone."""
        return iso_of_us(self.until_us)


def split(since_us: int, until_us: int, every_us: int) -> tuple[Period, ...]:
    """Cut a span into periods of equal length, without gap or overlap; the last one may be shorter.

    Args:
        since_us: Beginning of the span.
        until_us: Its end.
        every_us: Length of a period, > 0.
    """
    return tuple(Period(at, min(at + every_us, until_us)) for at in range(since_us, until_us, every_us))


def choose_span(submitted_us: IntArray, known_us: IntArray, dates: DateRange) -> Period:
    """The span that is replayed: as asked, else the last DEFAULT_DAYS days for which a fit was possible.

    Args:
        submitted_us: When the jobs with an outcome were submitted, shape (n,).
        known_us: When their peaks were known, shape (n,).
        dates: UTC midnights, each of which may be left out.

    Raises:
        TooFewRowsError: Less was known at the beginning than a fit needs.
        ReplayRangeError: No job with an outcome lies in the span.
    """
    if len(known_us) < MIN_TRAINING_ROWS:
        raise TooFewRowsError(len(known_us), MIN_TRAINING_ROWS)
    until_us = _midnight_us(dates.until) if dates.until else _next_midnight(int(submitted_us.max()))
    # From this midnight on, enough was known.
    possible_us = _next_midnight(int(np.partition(known_us, MIN_TRAINING_ROWS - 1)[MIN_TRAINING_ROWS - 1]))
    since_us = _midnight_us(dates.since) if dates.since else max(until_us - DEFAULT_DAYS * DAY_US, possible_us)
    span = Period(since_us, until_us)
    inside = int(((submitted_us >= since_us) & (submitted_us < until_us)).sum())
    if inside == 0:
        first, last = iso_of_us(int(submitted_us.min())), iso_of_us(int(submitted_us.max()))
        raise ReplayRangeError(span.since[:10], span.until[:10], first, last)
    known = int((known_us < since_us).sum())
    if known < MIN_TRAINING_ROWS:
        raise TooFewRowsError(known, MIN_TRAINING_ROWS)
    return span


def lead_in(span: Period, every_us: int, known_us: IntArray) -> Period | None:
    """The period before the span, on which the first night judges; None where too little was known at its beginning."""
    since_us = span.since_us - every_us
    if int((known_us < since_us).sum()) < MIN_TRAINING_ROWS:
        return None
    return Period(since_us, span.since_us)


def iso_of_us(instant_us: int) -> str:
    """An instant as ISO text in UTC without a zone, to the second."""
    return datetime.fromtimestamp(instant_us / 1e6, UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _midnight_us(day: date) -> int:
    return int(np.datetime64(day, "us").astype(np.int64))


def _next_midnight(instant_us: int) -> int:
    return (instant_us // DAY_US + 1) * DAY_US
