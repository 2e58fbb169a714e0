"""Which days of telemetry are asked for. Not here: reading them (warehouse), lengths of time (durations.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from resource_prediction.errors import DateRangeError


@dataclass(frozen=True)
class DateRange:
    """Days from one UTC midnight to another.

    Attributes:
        since: First day; None is from the beginning.
        until: First day that is no more in it; None is without an end.

    Raises:
        DateRangeError: Where no day lies in it.
    """

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise DateRangeError(self.since, self.until)

    @property
    def is_everything(self) -> bool:
        """Whether it leaves nothing out."""
        return self.since is None and self.until is None

    def __str__(self) -> str:
        bounds = (("from", self.since), ("until", self.until))
        return " ".join(f"{word} {day}" for word, day in bounds if day is not None) or "of all days"


EVERYTHING = DateRange()
