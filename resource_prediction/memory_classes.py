"""Allocations by memory class: what each class wastes and saves, before and after. Not here: showing it, storing it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.savings import gib_saved
from resource_prediction.scoring import business_score, checked_jobs, job_losses

ALL = "all"
"""Name of the last row, which is over every class."""


@dataclass(frozen=True)
class Side:
    """What allocations cost a class: the requests before, the model after.

    Attributes:
        rows: Jobs that are counted, the same on both sides.
        under_pct: Percent of them below their peak.
        over_pct: Excess memory in percent of the sum of their peaks.
        wasted_gib: Excess memory.
    """

    rows: int
    under_pct: float
    over_pct: float
    wasted_gib: float


@dataclass(frozen=True)
class MemoryClass:
    """The jobs whose allocation by the model falls into one range; they are the same jobs before and after.

    Attributes:
        name: The range, such as ``2 to 3 GiB``: above the first, up to the second.
        rows: Jobs that are compared: those with a request, or all where no job of any class has one.
        left_out_rows: Jobs of this class without a request, where others have one.
        before: Of the requests; None where nobody asked for anything.
        after: Of the model.
        gib_saved: Against the requests; None where there is none.
    """

    name: str
    rows: int
    left_out_rows: int
    before: Side | None
    after: Side
    gib_saved: float | None


def by_memory_class(
    peak_gib: FloatArray,
    allocation_gib: FloatArray,
    request_gib: FloatArray,
    *,
    is_censored: BoolArray | None = None,
) -> tuple[MemoryClass, ...]:
    """Sum jobs up by the class of their allocation, the smallest first: 1 to 1.5, 1.5 to 2, 2 to 3, 3 to 4, 4 to 6 GiB.

    The model's allocation decides, not the request or the peak: it is what a scheduler sees, and it is known for
    every job before it runs.

    Args:
        peak_gib: Shape (n,), GiB, n > 0.
        allocation_gib: The model's, shape (n,), GiB, > 0.
        request_gib: What people asked for, shape (n,), GiB; NaN where nobody did.
        is_censored: Shape (n,), true where the peak is only "at least this".

    Returns:
        One row for each class with a job to compare, and a last one, ``all``, over every class, which also counts the
        jobs left out of classes where nobody asked.

    Raises:
        ScoringError: As in ``business_score``.
    """
    peak_gib, allocation_gib = checked_jobs(peak_gib, allocation_gib)
    cut_off = np.zeros(len(peak_gib), dtype=np.bool_) if is_censored is None else is_censored
    below_gib = 2.0 ** (np.ceil(np.log2(allocation_gib)) - 1)
    is_lower = allocation_gib <= 1.5 * below_gib
    start_gib, end_gib = np.where(is_lower, below_gib, 1.5 * below_gib), np.where(is_lower, 1.5, 2.0) * below_gib
    edges = np.unique(np.column_stack([start_gib, end_gib]), axis=0)
    groups = [(f"{start:g} to {end:g} GiB", start_gib == start) for start, end in edges]
    groups.append((ALL, np.ones(len(peak_gib), dtype=np.bool_)))
    asked = ~np.isnan(request_gib)
    compared = asked if asked.any() else ~asked
    parts = [(name, members & compared, int((members & ~compared).sum())) for name, members in groups]
    return tuple(
        _sum_up(
            name, peak_gib[rows], allocation_gib[rows], request_gib[rows], cut_off[rows], left_out_rows=left_out_rows
        )
        for name, rows, left_out_rows in parts
        if rows.any()
    )


def _sum_up(
    name: str,
    peak_gib: FloatArray,
    allocation_gib: FloatArray,
    request_gib: FloatArray,
    is_censored: BoolArray,
    *,
    left_out_rows: int,
) -> MemoryClass:
    return MemoryClass(
        name=name,
        rows=len(peak_gib),
        left_out_rows=left_out_rows,
        before=None if np.isnan(request_gib).any() else _side(peak_gib, request_gib, is_censored),
        after=_side(peak_gib, allocation_gib, is_censored),
        gib_saved=gib_saved(peak_gib, allocation_gib, request_gib, censored=is_censored),
    )


def _side(peak_gib: FloatArray, given_gib: FloatArray, is_censored: BoolArray) -> Side:
    score = business_score(peak_gib, given_gib, censored=is_censored)
    _, excess_gib = job_losses(peak_gib, given_gib, censored=is_censored)
    return Side(score.rows, score.under_pct, score.over_pct, float(excess_gib.sum()))
