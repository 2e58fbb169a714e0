"""A walk through jobs in time order: what is seen at each step, and the score so far. Not here: the pace, pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.scoring import Score, job_losses, score_of_sums
from resource_prediction.unseen_jobs import UnseenJobs


@dataclass(frozen=True)
class WalkFigures:
    """What the first jobs of a walk came to.

    Attributes:
        score: Of the allocations.
        requests: Of the requests on the jobs that have one; None where none has.
        gib_saved: Against the requests; a job that got too little ran again at its request.
        under_rows: Jobs that got too little and would have died.
    """

    score: Score
    requests: Score | None
    gib_saved: float
    under_rows: int


@dataclass(frozen=True)
class Walk:
    """Jobs in the order of submission with their allocations, and sums up to each of them, shape (n,).

    Any step is told from the sums, so a walk of any length costs the same at each step and holds nothing else.

    Attributes:
        jobs: A row each: ``time``, ``peak_gib``, ``allocation_gib``, ``request_gib``, ``is_under``, ``buildProfile``.
        under_cost: Penalty of the score.
    """

    jobs: pd.DataFrame
    under_cost: float
    _sums: dict[str, FloatArray]

    @classmethod
    def of(cls, jobs: UnseenJobs, allocation_gib: FloatArray, under_cost: float) -> Walk:
        """Line the jobs up.

        Args:
            jobs: n jobs.
            allocation_gib: What each gets, shape (n,), made before the walk began.
            under_cost: Penalty of the score.
        """
        under, excess_gib = job_losses(jobs.peak_gib, allocation_gib, censored=jobs.is_censored)
        asked = ~np.isnan(jobs.memreq_gib)
        request_gib = np.where(asked, jobs.memreq_gib, jobs.peak_gib)
        saved_gib = np.where(under, -allocation_gib, request_gib - allocation_gib)
        table = pd.DataFrame(
            {
                "time": jobs.times.to_numpy(),
                "buildProfile": jobs.rows["buildProfile"].to_numpy(),
                "peak_gib": jobs.peak_gib,
                "allocation_gib": allocation_gib,
                "request_gib": jobs.memreq_gib,
                "is_under": under,
            }
        )
        sums = {
            "rows": np.ones(len(under)),
            "peak_gib": jobs.peak_gib,
            "under_rows": under.astype(np.float64),
            "excess_gib": excess_gib,
            "saved_gib": np.where(asked, saved_gib, 0.0),
            **_request_terms(jobs, asked, request_gib),
        }
        return cls(table, under_cost, {name: np.cumsum(terms) for name, terms in sums.items()})

    def __len__(self) -> int:
        """Jobs of the whole walk."""
        return len(self.jobs)

    def figures(self, position: int) -> WalkFigures:
        """What the first ``position`` jobs came to; 1 to n."""
        sums = {name: float(column[position - 1]) for name, column in self._sums.items()}
        asked = int(sums["asked_rows"])
        requests = None
        if asked:
            requests = score_of_sums(
                asked, int(sums["asked_under_rows"]), sums["asked_excess_gib"], sums["asked_peak_gib"], self.under_cost
            )
        score = score_of_sums(
            int(sums["rows"]), int(sums["under_rows"]), sums["excess_gib"], sums["peak_gib"], self.under_cost
        )
        return WalkFigures(score, requests, sums["saved_gib"], int(sums["under_rows"]))

    def window(self, position: int, jobs: int) -> pd.DataFrame:
        """The newest ``jobs`` of the first ``position`` jobs, each with its number from 1 in ``job``."""
        first = max(0, position - jobs)
        return self.jobs.iloc[first:position].assign(job=np.arange(first + 1, position + 1))

    def scores_so_far(self, position: int, points: int) -> pd.DataFrame:
        """The running score at no more than ``points`` places up to ``position``: ``job``, ``score``, ``requests``."""
        places = np.unique(np.linspace(1, position, min(points, position)).round().astype(int))
        found = [(place, self.figures(int(place))) for place in places]
        return pd.DataFrame(
            {
                "job": places,
                "score": [each.score.score for _, each in found],
                "requests": [each.requests.score if each.requests else np.nan for _, each in found],
            }
        )


def _request_terms(jobs: UnseenJobs, asked: BoolArray, request_gib: FloatArray) -> dict[str, FloatArray]:
    """What the requests cost, over the jobs that have one."""
    under, excess_gib = job_losses(jobs.peak_gib, request_gib, censored=jobs.is_censored & asked)
    return {
        "asked_rows": asked.astype(np.float64),
        "asked_peak_gib": np.where(asked, jobs.peak_gib, 0.0),
        "asked_under_rows": (under & asked).astype(np.float64),
        "asked_excess_gib": np.where(asked, excess_gib, 0.0),
    }
