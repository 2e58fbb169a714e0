"""What allocations save against the requests, in GiB and, where hours are known, in money. Not here: the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.errors import ScoringError
from resource_prediction.scoring import check_length, checked_jobs, job_losses

HoursSource = Literal["end times", "job hours", "end times and job hours"]


@dataclass(frozen=True)
class Savings:
    """What allocations save against the requests; a number that does not exist is None.

    Attributes:
        gib: Sum over jobs that fit of request less allocation, less the allocation of each job that does not.
        gib_hours: The same, each job times its hours.
        usd: ``gib_hours`` times the price.
        hours_from: Where the hours come from.
        rows: Jobs with a request, the ones behind ``gib``.
        hours_rows: Jobs among them with hours, the ones behind ``gib_hours``.
        under_rows: Jobs among ``rows`` that did not fit and ran again at their request.
    """

    gib: float | None
    gib_hours: float | None
    usd: float | None
    hours_from: HoursSource | None
    rows: int
    hours_rows: int
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
    hours, hours_from = _hours(known, run_hours, job_hours)
    timed = ~np.isnan(hours)
    gib_hours = float(np.dot(saved_gib[timed], hours[timed])) if timed.any() else None
    return Savings(
        gib=float(saved_gib[known].sum()) if known.any() else None,
        gib_hours=gib_hours,
        usd=None if gib_hours is None or usd_per_gib_hour is None else gib_hours * usd_per_gib_hour,
        hours_from=hours_from,
        rows=int(known.sum()),
        hours_rows=int(timed.sum()),
        under_rows=int((under & known).sum()),
    )


def gib_saved(
    peak_gib: ArrayLike, allocation_gib: ArrayLike, request_gib: ArrayLike, *, censored: ArrayLike | None = None
) -> float | None:
    """Sum the GiB saved against the requests; None where no job has a request. See ``savings``."""
    return savings(peak_gib, allocation_gib, request_gib, censored=censored).gib


def _hours(
    known: BoolArray, run_hours: ArrayLike | None, job_hours: float | None
) -> tuple[FloatArray, HoursSource | None]:
    """Hours of each job with a request, NaN where there are none, and where they come from."""
    measured = np.full(len(known), np.nan) if run_hours is None else np.array(run_hours, dtype=np.float64)
    check_length("hours", measured, len(known))
    if (measured < 0).any() or np.isinf(measured).any() or (job_hours is not None and not 0 <= job_hours < np.inf):
        raise ScoringError(
            "hours of a job", got="a negative or infinite number", expected="hours >= 0", next_step="Check the times."
        )
    measured[~known] = np.nan
    from_end_times = ~np.isnan(measured)
    if job_hours is None or from_end_times.sum() == known.sum():
        return measured, "end times" if from_end_times.any() else None
    filled = np.where(known & ~from_end_times, job_hours, measured)
    return filled, "end times and job hours" if from_end_times.any() else "job hours"
