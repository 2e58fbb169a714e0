"""The business score: what allocations cost, in points. Not here: choosing them, GiB and money saved, evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.errors import ScoringError

UNDER_COST = 5.0
"""Points for each percent of jobs below their peak, where nothing else is asked for."""


@dataclass(frozen=True)
class Score:
    """What allocations cost over a set of jobs; lower is better.

    Attributes:
        score: ``under_cost * under_pct + over_pct``.
        under_pct: Percent of jobs whose allocation was below their peak.
        over_pct: Excess memory in percent of the sum of peaks.
        rows: Number of jobs.
    """

    score: float
    under_pct: float
    over_pct: float
    rows: int


def business_score(
    peak_gib: ArrayLike,
    allocation_gib: ArrayLike,
    under_cost: float = UNDER_COST,
    *,
    censored: ArrayLike | None = None,
) -> Score:
    """Score allocations against what the jobs really needed.

    Args:
        peak_gib: Peak resident memory, shape (n,), GiB, > 0.
        allocation_gib: What each job would have been given, shape (n,), GiB, >= 0.
        under_cost: Points for each percent of jobs below their peak, >= 0.
        censored: Shape (n,), true where the peak was cut off by a limit and is only "at least this".

    Raises:
        ScoringError: On unequal lengths, no rows, or a value that is not finite or out of range.

    Source: the interface's definition of the business score; strict ``<`` as there.
    """
    peak_gib, allocation_gib = checked_jobs(peak_gib, allocation_gib)
    under, excess_gib = job_losses(peak_gib, allocation_gib, censored=censored)
    return score_of_sums(len(peak_gib), int(under.sum()), float(excess_gib.sum()), float(peak_gib.sum()), under_cost)


def job_losses(
    peak_gib: ArrayLike, allocation_gib: ArrayLike, *, censored: ArrayLike | None = None
) -> tuple[BoolArray, FloatArray]:
    """Say of each job whether it was under-allocated, and how many GiB it had too much.

    A censored job needed more than its peak shows, so an allocation equal to that peak is under as well.

    Args:
        peak_gib: Shape (n,), GiB, > 0.
        allocation_gib: Shape (n,), GiB, >= 0.
        censored: Shape (n,), true where the peak is a lower bound; None where none is.

    Returns:
        Under-allocated, shape (n,), and excess in GiB, shape (n,), 0 where under-allocated.

    Raises:
        ScoringError: As in ``business_score``.
    """
    peak_gib, allocation_gib = checked_jobs(peak_gib, allocation_gib)
    under = allocation_gib < peak_gib
    if censored is not None:
        cut_off = np.asarray(censored, dtype=np.bool_)
        check_length("censored flags", cut_off, len(peak_gib))
        under |= cut_off & (allocation_gib <= peak_gib)
    return under, np.maximum(allocation_gib - peak_gib, 0.0)


def score_of_sums(
    rows: int, under_rows: int, excess_gib: float, peak_gib: float, under_cost: float = UNDER_COST
) -> Score:
    """Score a set of jobs from its sums, as the evidence ledger holds them.

    Args:
        rows: Number of jobs, > 0.
        under_rows: Number of under-allocated jobs among them.
        excess_gib: Sum of excess, GiB.
        peak_gib: Sum of peaks, GiB, > 0.
        under_cost: Points for each percent of under-allocated jobs, >= 0.

    Raises:
        ScoringError: Where there is no job, no peak, or an illegal ``under_cost``.
    """
    if not (np.isfinite(under_cost) and under_cost >= 0):
        raise ScoringError(
            "under_cost", got=under_cost, expected="a finite number, at least 0", next_step="5 is the default."
        )
    if rows <= 0 or not peak_gib > 0:
        raise ScoringError(
            "score",
            got=f"{rows} rows with {peak_gib:g} GiB of peaks",
            expected="at least one job, and a positive sum of peaks",
            next_step="Score more rows.",
        )
    under_pct, over_pct = 100.0 * under_rows / rows, 100.0 * excess_gib / peak_gib
    return Score(under_cost * under_pct + over_pct, under_pct, over_pct, rows)


def checked_jobs(peak_gib: ArrayLike, allocation_gib: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Give peaks and allocations as float arrays of shape (n,); raises ScoringError where they cannot be scored."""
    peaks, allocations = np.asarray(peak_gib, dtype=np.float64), np.asarray(allocation_gib, dtype=np.float64)
    if peaks.ndim != 1 or len(peaks) == 0:
        raise ScoringError(
            "peaks", got=f"shape {peaks.shape}", expected="shape (n,), n > 0", next_step="Score more rows."
        )
    check_length("allocations", allocations, len(peaks))
    _check_values("peak", peaks, np.isfinite(peaks) & (peaks > 0), "a finite number of GiB above 0")
    _check_values(
        "allocation", allocations, np.isfinite(allocations) & (allocations >= 0), "a finite number of GiB, at least 0"
    )
    return peaks, allocations


def check_length(what: str, values: NDArray[np.generic], rows: int) -> None:
    """Raise ScoringError unless there is one value a job."""
    if values.shape != (rows,):
        raise ScoringError(
            what,
            got=f"shape {values.shape}",
            expected=f"shape ({rows},) as the peaks have",
            next_step="Align them.",
        )


def _check_values(what: str, values: FloatArray, legal: BoolArray, rule: str) -> None:
    if not legal.all():
        row = int(np.flatnonzero(~legal)[0])
        raise ScoringError(
            f"{what} in row {row}", got=values[row], expected=rule, next_step="Leave such rows out before scoring."
        )
