"""What a policy cost in a period, as sums that add up over periods. Not here: making allocations, the score itself."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import reduce
from typing import Any, TypeVar

from resource_prediction.arrays import FloatArray
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.savings import SavedByEnd, savings
from resource_prediction.scoring import Score, job_losses, score_of_sums


@dataclass(frozen=True)
class PolicySums:
    """Sums over jobs; those of two sets of jobs add up to those of both.

    Attributes:
        rows: Jobs.
        under_rows: Jobs whose allocation was below their peak.
        excess_gib: Memory above the peaks.
        peak_gib: Peaks.
        asked_rows: Jobs with a request: those behind ``saved_gib``.
        saved_gib: Against the requests; see `savings`.
        by_end: The same apart by whether a job's end is known, for money.
    """

    rows: int
    under_rows: int
    excess_gib: float
    peak_gib: float
    asked_rows: int
    saved_gib: float
    by_end: SavedByEnd

    @classmethod
    def of(cls, jobs: ScoredJobs, allocation_gib: FloatArray) -> PolicySums:
        """Sum up what allocations, shape (n,), cost on n jobs.

        Raises:
            ScoringError: Without jobs, or on a value that cannot be scored.
        """
        under, excess_gib = job_losses(jobs.peak_gib, allocation_gib, censored=jobs.is_censored)
        saved = savings(
            jobs.peak_gib, allocation_gib, jobs.memreq_gib, censored=jobs.is_censored, run_hours=jobs.run_hours
        )
        return cls(
            rows=len(under),
            under_rows=int(under.sum()),
            excess_gib=float(excess_gib.sum()),
            peak_gib=float(jobs.peak_gib.sum()),
            asked_rows=saved.rows,
            saved_gib=saved.gib or 0.0,
            by_end=saved.by_end,
        )

    def __add__(self, other: PolicySums) -> PolicySums:
        mine, theirs = self.by_end, other.by_end
        return PolicySums(
            self.rows + other.rows,
            self.under_rows + other.under_rows,
            self.excess_gib + other.excess_gib,
            self.peak_gib + other.peak_gib,
            self.asked_rows + other.asked_rows,
            self.saved_gib + other.saved_gib,
            SavedByEnd(
                mine.timed_gib_hours + theirs.timed_gib_hours,
                mine.timed_rows + theirs.timed_rows,
                mine.untimed_gib + theirs.untimed_gib,
                mine.untimed_rows + theirs.untimed_rows,
            ),
        )

    def score(self, under_cost: float) -> Score:
        """Business score of all the jobs together: no mean over periods, so that a quiet day counts little."""
        return score_of_sums(self.rows, self.under_rows, self.excess_gib, self.peak_gib, under_cost)

    def values(self, under_cost: float) -> dict[str, Any]:
        """As the result of a replay names them."""
        return {**asdict(self.score(under_cost)), "gib_saved": self.saved_gib if self.asked_rows else None}


@dataclass(frozen=True)
class PolicyPeriod:
    """A policy in one period, or in several together.

    Attributes:
        frozen: With history as it stood at the period's beginning.
        live: With history moving on.
    """

    frozen: PolicySums
    live: PolicySums

    def __add__(self, other: PolicyPeriod) -> PolicyPeriod:
        return PolicyPeriod(self.frozen + other.frozen, self.live + other.live)

    def values(self, under_cost: float) -> dict[str, Any]:
        """As the result of a replay names them."""
        return {**self.frozen.values(under_cost), "live_score": self.live.score(under_cost).score}


Sums = TypeVar("Sums", PolicySums, PolicyPeriod)


def total(parts: Iterable[Sums | None]) -> Sums | None:
    """A policy over all periods; None where it has no allocations in one: policies are compared on equal jobs only."""
    found = list(parts)
    whole = [part for part in found if part is not None]
    if not whole or len(whole) < len(found):
        return None
    return reduce(operator.add, whole)
