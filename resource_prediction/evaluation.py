"""How a model does on rows it was not fitted on: allocations, scores, savings. Not here: verdicts, storing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray, IntArray, Matrix
from resource_prediction.baselines import request_allocation, rolling_max_allocation
from resource_prediction.errors import ScoringError
from resource_prediction.features.job_table import Described
from resource_prediction.models.observation import Ends
from resource_prediction.models.unified_wrapper import DeployableModel
from resource_prediction.outcomes import Outcomes
from resource_prediction.savings import Savings, savings
from resource_prediction.scoring import Score, business_score

MEMREQ, ROLLING_MAX = "memreq", "rolling_max_20"


@dataclass(frozen=True)
class ScoredJobs:
    """Jobs that allocations are held against: final peaks, and jobs that their limit killed.

    Attributes:
        rows: Their raw rows, n.
        point_in_time: Their features as history moved on, shape (n, features).
        peak_gib: Shape (n,).
        memreq_gib: Shape (n,), NaN where nobody asked.
        run_hours: Shape (n,), NaN where a job's end is not known.
        is_censored: The peak is "at least this", shape (n,).
        known_us: When the peak became known, microseconds, shape (n,).
    """

    rows: pd.DataFrame
    point_in_time: Matrix
    peak_gib: FloatArray
    memreq_gib: FloatArray
    run_hours: FloatArray
    is_censored: BoolArray
    known_us: IntArray

    @property
    def ends(self) -> Ends:
        """When their peaks became known; a cut-off peak is told to nobody."""
        return Ends(self.known_us, self.peak_gib, ~self.is_censored)

    @classmethod
    def select(cls, rows: pd.DataFrame, outcomes: Outcomes, point_in_time: Described) -> ScoredJobs:
        """Take the scored rows of a table."""
        kept = outcomes.is_scored
        return cls(
            rows[kept],
            point_in_time[kept],
            outcomes.peak_gib[kept],
            outcomes.memreq_gib[kept],
            outcomes.run_hours[kept],
            outcomes.is_censored[kept],
            outcomes.known_us[kept],
        )

    def where(self, chosen: BoolArray) -> ScoredJobs:
        """The chosen jobs only; ``chosen`` has shape (n,)."""
        return ScoredJobs(
            self.rows[chosen],
            self.point_in_time[chosen],
            self.peak_gib[chosen],
            self.memreq_gib[chosen],
            self.run_hours[chosen],
            self.is_censored[chosen],
            self.known_us[chosen],
        )

    def score(self, allocation_gib: FloatArray, under_cost: float) -> Score:
        """Business score of allocations, shape (n,), GiB."""
        return business_score(self.peak_gib, allocation_gib, under_cost, censored=self.is_censored)

    def ledger_rows(self, allocation_gib: FloatArray) -> pd.DataFrame:
        """The jobs as the evidence ledger sums them up: time, component, peak, allocation, censored."""
        return pd.DataFrame(
            {
                "time": self.rows["time"].to_numpy(),
                "component": self.rows["component"].to_numpy() if "component" in self.rows else None,
                "peak_gib": self.peak_gib,
                "allocation_gib": allocation_gib,
                "censored": self.is_censored,
            }
        )


@dataclass(frozen=True)
class Evaluation:
    """Scores of one model on the same jobs as every other.

    Attributes:
        frozen: Of what `DeployableModel.predict` returns, with history as it stood at the cut-off.
        live: The same with history moving on, and with a learner that observes, where the family has one.
        saved: Against the requests, in GiB, and what money is made of.
        rows: Jobs.
    """

    frozen: Score
    live: Score
    saved: Savings
    rows: int

    @property
    def values(self) -> dict[str, Any]:
        """As the run's result names them; ``saved_by_end`` holds the values of a `SavedByEnd`."""
        return {
            "score": self.frozen.score,
            "live_score": self.live.score,
            "under_pct": self.frozen.under_pct,
            "over_pct": self.frozen.over_pct,
            "gib_saved": self.saved.gib,
            "saved_by_end": asdict(self.saved.by_end),
            "rows": self.rows,
        }


def evaluate(model: DeployableModel, jobs: ScoredJobs, allocation_gib: FloatArray, under_cost: float) -> Evaluation:
    """Score a model's allocations.

    Args:
        model: Fitted on nothing that the jobs are part of.
        jobs: What to score on, n.
        allocation_gib: What ``model.predict(jobs.rows)`` returned, shape (n,).
        under_cost: Penalty of the score.

    Raises:
        ScoringError: Without jobs.
    """
    live_gib = model.predict_with_history(jobs.rows, jobs.point_in_time, ends=jobs.ends)
    saved = savings(jobs.peak_gib, allocation_gib, jobs.memreq_gib, censored=jobs.is_censored, run_hours=jobs.run_hours)
    return Evaluation(
        jobs.score(allocation_gib, under_cost), jobs.score(live_gib, under_cost), saved, len(jobs.peak_gib)
    )


def score_baselines(jobs: ScoredJobs, history: pd.DataFrame, under_cost: float) -> dict[str, Score | None]:
    """Score the requests and the rolling maximum of 20 on the jobs; None where one does not exist for each of them.

    Args:
        jobs: What to score on.
        history: What `peak_history` gives for them.
        under_cost: Penalty of the score.
    """
    memreq_mib = jobs.rows["memreq"] if "memreq" in jobs.rows else np.full(len(jobs.rows), np.nan)
    allocations = {
        MEMREQ: request_allocation(memreq_mib),
        ROLLING_MAX: rolling_max_allocation(jobs.rows, history),
    }
    return {name: _score_where_complete(jobs, gib, under_cost) for name, gib in allocations.items()}


def _score_where_complete(jobs: ScoredJobs, allocation_gib: FloatArray, under_cost: float) -> Score | None:
    if not len(allocation_gib):
        raise ScoringError("hold-out", got="no jobs", expected="at least one", next_step="Give a larger --holdout.")
    return None if np.isnan(allocation_gib).any() else jobs.score(allocation_gib, under_cost)
