"""What allocations save against the requests, in GiB and, where hours are known, in money. Not here: score, wording."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.errors import ScoringError
from resource_prediction.scoring import check_length, checked_jobs, job_losses

HoursSource = Literal["end times", "job hours", "end times and job hours"]


@dataclass(frozen=True)
class Money:
    """What GiB saved come to over time; a number that does not exist is None.

    Attributes:
        gib_hours: Each job's GiB saved times its hours, summed.
        usd: ``gib_hours`` times the price.
        hours_from: Where the hours come from.
        hours_rows: Jobs with a request and hours, the ones behind ``gib_hours``.
    """

    gib_hours: float | None
    usd: float | None
    hours_from: HoursSource | None
    hours_rows: int


@dataclass(frozen=True)
class SavedByEnd:
    """GiB saved by jobs with a request, apart by whether their end is known: sums that any hours and price go onto.

    So a fit that is kept can be told in money at another price, without scoring it again.

    Attributes:
        timed_gib_hours: Of jobs whose end is known: GiB saved times hours, summed.
        timed_rows: These jobs.
        untimed_gib: Of all others: GiB saved, summed.
        untimed_rows: These jobs.
    """

    timed_gib_hours: float
    timed_rows: int
    untimed_gib: float
    untimed_rows: int

    def money(self, job_hours: float | None = None, usd_per_gib_hour: float | None = None) -> Money:
        """Put hours and a price onto the sums.

        Args:
            job_hours: Hours of a job whose end is not known; None leaves such jobs out.
            usd_per_gib_hour: Price of one GiB for one hour, US dollars.

        Raises:
            ScoringError: ``job_hours`` is negative or infinite.
        """
        if job_hours is not None and not 0 <= job_hours < np.inf:
            raise _bad_hours()
        gib_hours, rows = self.timed_gib_hours, self.timed_rows
        hours_from: HoursSource | None = "end times" if rows else None
        if job_hours is not None and self.untimed_rows:
            hours_from = "end times and job hours" if rows else "job hours"
            gib_hours, rows = gib_hours + self.untimed_gib * job_hours, rows + self.untimed_rows
        if not rows:
            return Money(None, None, None, 0)
        usd = None if usd_per_gib_hour is None else gib_hours * usd_per_gib_hour
        return Money(gib_hours, usd, hours_from, rows)


@dataclass(frozen=True)
class Savings:
    """What allocations save against the requests; a number that does not exist is None.

    Attributes:
        gib: Sum over jobs that fit of request less allocation, less the allocation of each job that does not.
        money: The same over each job's hours.
        by_end: The sums behind ``money``.
        rows: Jobs with a request, the ones behind ``gib``.
        under_rows: Jobs among ``rows`` that did not fit and ran again at their request.
    """

    gib: float | None
    money: Money
    by_end: SavedByEnd
    rows: int
    under_rows: int


def savings(
    peak_gib: ArrayLike,
    allocation_gib: ArrayLike,
    request_gib: ArrayLike,
    *,
    censored: ArrayLike | None = None,
    run_hours: ArrayLike | None = None,
    job_hours: float | None = None,
    usd_per_gib_hour: float | None = None,
) -> Savings:
    """Compare allocations with the requests, in GiB, and in money where hours and a price are known.

    A job that does not fit has used its allocation in vain and runs again at its request.

    Args:
        peak_gib: Shape (n,), GiB, > 0.
        allocation_gib: Shape (n,), GiB, >= 0.
        request_gib: What people asked for, shape (n,), GiB; NaN where nobody did: such a job is left out.
        censored: Shape (n,), true where the peak is only "at least this": such a job does not fit into its peak.
        run_hours: Hours from submission to end, shape (n,); NaN where unknown.
        job_hours: Hours of a job whose ``run_hours`` is unknown.
        usd_per_gib_hour: Price of one GiB for one hour, US dollars.

    Raises:
        ScoringError: On unequal lengths, no rows, or a value that is not finite or out of range.
    """
    peak_gib, allocation_gib = checked_jobs(peak_gib, allocation_gib)
    request_gib = np.asarray(request_gib, dtype=np.float64)
    check_length("requests", request_gib, len(peak_gib))
    known = ~np.isnan(request_gib)
    under, _ = job_losses(peak_gib, allocation_gib, censored=censored)
    saved_gib = np.where(under, -allocation_gib, request_gib - allocation_gib)
    by_end = _by_end(saved_gib, known, run_hours)
    return Savings(
        gib=float(saved_gib[known].sum()) if known.any() else None,
        money=by_end.money(job_hours, usd_per_gib_hour),
        by_end=by_end,
        rows=int(known.sum()),
        under_rows=int((under & known).sum()),
    )


def gib_saved(
    peak_gib: ArrayLike, allocation_gib: ArrayLike, request_gib: ArrayLike, *, censored: ArrayLike | None = None
) -> float | None:
    """Sum the GiB saved against the requests; None where no job has a request. See ``savings``."""
    return savings(peak_gib, allocation_gib, request_gib, censored=censored).gib


def saved_a_day(gib: float, since: datetime, until: datetime) -> float | None:
    """GiB saved on jobs of a span of time, a day; None where the span is below an hour, which says too little."""
    days = (until - since) / timedelta(days=1)
    return gib / days if days >= 1 / 24 else None


def _by_end(saved_gib: FloatArray, known: BoolArray, run_hours: ArrayLike | None) -> SavedByEnd:
    """Sum up the jobs with a request, those with hours of their own apart."""
    hours = np.full(len(known), np.nan) if run_hours is None else np.array(run_hours, dtype=np.float64)
    check_length("hours", hours, len(known))
    if (hours < 0).any() or np.isinf(hours).any():
        raise _bad_hours()
    timed, untimed = known & ~np.isnan(hours), known & np.isnan(hours)
    return SavedByEnd(
        timed_gib_hours=float(np.dot(saved_gib[timed], hours[timed])),
        timed_rows=int(timed.sum()),
        untimed_gib=float(saved_gib[untimed].sum()),
        untimed_rows=int(untimed.sum()),
    )


def _bad_hours() -> ScoringError:
    return ScoringError(
        "hours of a job", got="a negative or infinite number", expected="hours >= 0", next_step="Check the times."
    )
