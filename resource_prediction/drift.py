"""Whether the newest day of telemetry is unlike the days before it. Not here: reading rows, how unlikeness is measured.

A weekend is unlike the weeks around it, and a busy branch makes a day unlike the next one. So each of the last four
weeks' days is held against its own past in the same way as the newest one, and how far they were off is what is usual.
A change is an alarm where it is above the measure's bound, and above the largest of the last 28 days times `MARGIN`.
The number of rows is compared with those of the same weekday in the four weeks before. With too few days there is no
alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

import numpy as np
import pandas as pd

from resource_prediction.drift_measures import COUNT, LEVEL, MEDIAN, MISSING, UNSEEN, Change, CodedRows, changes

DAY, DAYS = timedelta(days=1), 28
"""Length of what is compared, and how many days before a day are its past."""

LOOK_BACK = (2 * DAYS + 1) * DAY
"""What is read of telemetry: the newest day, the days that say what is usual, and the past of the oldest of these."""

LEAST_DAYS, LEAST_ROWS = 14, 100
"""Earlier days without which there is no alarm: fewer have not shown each weekday beside its like. And rows of a day
without which its fields say nothing; their number still does."""

MARGIN = 1.5
WEEK = 7


@dataclass(frozen=True)
class Shift:
    """One change of the newest day beside what is usual.

    Attributes:
        change: Field, measure and how much.
        usual: The largest change of the days before, without sign; None where these are too few to tell.
    """

    change: Change
    usual: float | None

    @property
    def limit(self) -> float | None:
        """What a change must exceed to be an alarm; None where there are too few days to tell."""
        return None if self.usual is None else max(self.change.measure.bound, MARGIN * self.usual)

    @property
    def is_alarm(self) -> bool:
        """Whether an operator should look at it."""
        return self.limit is not None and abs(self.change.value) > self.limit

    @property
    def sentence(self) -> str:
        """What has changed, in words."""
        value, measure = self.change.value, self.change.measure
        if measure is UNSEEN:
            return f"{value:.0f} % of the rows have words that the weeks before had not"
        if measure is MISSING:
            return f"{abs(value):.0f} points {'more' if value > 0 else 'fewer'} of the rows have no value"
        if measure is MEDIAN:
            return f"the median is {np.exp(value):.4g} times what it was: another unit?"
        if measure is LEVEL:
            return f"jobs of one kind have {np.exp(value):.2f} times the peaks that they had"
        if measure is COUNT:
            return f"{np.exp(value):.2f} times as many as on the same weekday before"
        return f"values are spread otherwise (index {value:.2f}; at most {self.usual or 0:.2f} is usual)"


@dataclass(frozen=True)
class Drift:
    """The newest day against the days before it.

    Attributes:
        shifts: Every field in every measure; empty where there is nothing to compare.
        days: Earlier days that have rows.
    """

    shifts: tuple[Shift, ...]
    days: int

    @property
    def is_judged(self) -> bool:
        """Whether there are enough days to tell."""
        return self.days >= LEAST_DAYS

    @property
    def alarms(self) -> tuple[Shift, ...]:
        """What stands out."""
        return tuple(shift for shift in self.shifts if shift.is_alarm)


def find_newest_drift(rows: pd.DataFrame) -> Drift:
    """Compare the 24 hours up to the newest row with the days before them.

    Args:
        rows: Accepted rows in contract columns, those of the last `LOOK_BACK` or more, with ``is_twin``; twins are left
            out, as an export that repeats jobs under other ids is no change of the jobs.
    """
    rows = rows[~rows["is_twin"].to_numpy(dtype=bool)]
    if rows.empty:
        return Drift((), 0)
    coded = CodedRows.of(rows)
    ages = [_day(coded, age) for age in range(2 * DAYS + 1)]
    days = sum(len(day) > 0 for day in ages[1 : DAYS + 1])
    usual: dict[tuple[str, str], float] = {}
    if days >= LEAST_DAYS:
        for change in chain.from_iterable(_changes(coded, ages, age) for age in range(1, DAYS + 1)):
            key = (change.field, change.measure.name)
            usual[key] = max(usual.get(key, 0.0), abs(change.value))
    return Drift(
        tuple(Shift(change, usual.get((change.field, change.measure.name))) for change in _changes(coded, ages, age=0)),
        days,
    )


def _day(coded: CodedRows, age: int) -> CodedRows:
    """The rows of 24 hours, as many days before the newest ones."""
    newest_us, day_us = int(coded.times_us[-1]), DAY // timedelta(microseconds=1)
    return coded.between(newest_us - (age + 1) * day_us, newest_us - age * day_us)


def _changes(coded: CodedRows, ages: list[CodedRows], age: int) -> list[Change]:
    """How the day of an age differs from its own past."""
    day, past = ages[age], ages[age + 1 : age + 1 + DAYS]
    alike = [len(one) for one in past[WEEK - 1 :: WEEK] if len(one)]
    found = []
    if alike and len(day):
        found.append(Change("rows", COUNT, float(np.log(len(day) / np.median(alike)))))
    if len(day) >= LEAST_ROWS and any(map(len, past)):
        newest_us, day_us = int(coded.times_us[-1]), DAY // timedelta(microseconds=1)
        before = coded.between(newest_us - (age + 1 + DAYS) * day_us, newest_us - (age + 1) * day_us)
        found.extend(changes(before, day))
    return found
