"""Promised against seen: the risk that allocations were predicted to have, and what happened. Not here: correcting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.errors import ScoringError

ALL = "all"
"""Name of the row over every segment."""

LEVEL = 0.90
"""Share of such intervals that hold the true rate."""

CLUSTER_US = 3_600_000_000
"""Jobs of one hour count as one draw: within a minute their residuals correlate by 0.85, after half an hour by 0.14."""

MIN_SEGMENT_ROWS = 30
"""A smaller segment counts among the others: its interval would say nothing."""

OTHER = "other"


@dataclass(frozen=True)
class PromisedRisk:
    """How often a model said that jobs would be below their peak, and how often they were.

    Attributes:
        segment: Which jobs.
        rows: How many.
        promised_pct: Mean predicted risk of their allocations.
        seen_pct: Percent that were below their peak.
        low_pct: Lower end of the 90 % interval of the rate behind ``seen_pct``.
        high_pct: Upper end of it.
        effective_rows: Independent jobs that would tell as much.
    """

    segment: str
    rows: int
    promised_pct: float
    seen_pct: float
    low_pct: float
    high_pct: float
    effective_rows: float

    @property
    def holds(self) -> bool:
        """Whether the promise is within the interval of what was seen."""
        return self.low_pct <= self.promised_pct <= self.high_pct


def promised_against_seen(
    risk: FloatArray, is_under: BoolArray, submitted_us: IntArray, segment: npt.NDArray[np.str_] | None = None
) -> tuple[PromisedRisk, ...]:
    """Hold predicted risks against outcomes, over all jobs and by segment.

    Args:
        risk: Predicted P(peak > allocation), shape (n,), n > 0.
        is_under: Whether the job was below its peak, shape (n,).
        submitted_us: Time of submission, shape (n,), microseconds.
        segment: Such as the component, shape (n,); None for none.

    Returns:
        The row over all jobs, then one for each segment, the largest first; small ones are in ``other``.

    Raises:
        ScoringError: On unequal lengths, or no jobs.
    """
    if not len(risk) or not len(risk) == len(is_under) == len(submitted_us):
        raise ScoringError(
            "promised risks",
            got=f"{len(risk)} risks, {len(is_under)} outcomes and {len(submitted_us)} times",
            expected="one of each for every job, at least one job",
            next_step="Score more rows.",
        )
    hour = submitted_us // CLUSTER_US
    groups = [(ALL, np.ones(len(risk), dtype=np.bool_))]
    if segment is not None:
        groups += _segments(segment)
    return tuple(_compare(name, risk[members], is_under[members], hour[members]) for name, members in groups)


def _segments(segment: npt.NDArray[np.str_]) -> list[tuple[str, BoolArray]]:
    names, counts = np.unique(segment, return_counts=True)
    large = names[counts >= MIN_SEGMENT_ROWS]
    own = sorted(large, key=lambda name: -int((segment == name).sum()))
    groups = [(str(name), segment == name) for name in own]
    small = ~np.isin(segment, large)
    return [*groups, (OTHER, small)] if small.any() else groups


def _compare(name: str, risk: FloatArray, is_under: BoolArray, hour: IntArray) -> PromisedRisk:
    effective_rows = effective_count(is_under, hour)
    seen = float(is_under.mean())
    low, high = jeffreys_interval(seen * effective_rows, effective_rows)
    return PromisedRisk(
        segment=name,
        rows=len(risk),
        promised_pct=100 * float(risk.mean()),
        seen_pct=100 * seen,
        low_pct=100 * low,
        high_pct=100 * high,
        effective_rows=effective_rows,
    )


def effective_count(is_under: BoolArray, cluster: IntArray) -> float:
    """How many independent jobs would give a rate as sure as that of jobs that fail together, at most n.

    The variance of the rate is taken between clusters. Where no job or every job failed, it says nothing, and n is
    returned.

    Args:
        is_under: Shape (n,).
        cluster: Jobs with an equal number count as one draw, shape (n,).
    """
    rows, rate = len(is_under), float(is_under.mean())
    _, member = np.unique(cluster, return_inverse=True)
    clusters = int(member.max()) + 1
    if rate in {0.0, 1.0}:
        return float(rows)
    if clusters == 1:
        return 1.0
    excess = np.bincount(member, weights=is_under - rate)
    variance = clusters / (clusters - 1) * float(excess @ excess) / rows**2
    return float(min(rows, max(1.0, rate * (1 - rate) / variance))) if variance > 0 else float(rows)


def jeffreys_interval(events: float, trials: float, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a rate of few events; numbers may be fractions, as effective counts are.

    Source: Brown, Cai and DasGupta 2001; with effective counts for clustered samples, Franco and others 2019.
    """
    tail = (1 - level) / 2
    low = 0.0 if events <= 0 else float(beta.ppf(tail, events + 0.5, trials - events + 0.5))
    high = 1.0 if events >= trials else float(beta.ppf(1 - tail, events + 0.5, trials - events + 0.5))
    return low, high
