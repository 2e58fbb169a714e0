"""Two models on the same jobs, which neither was fitted on, and how sure their distance is. Not here: verdicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.arrays import FloatArray
from resource_prediction.comparison import PairedBlocks, against_peaks
from resource_prediction.improvement import Improvement, improvement
from resource_prediction.models import DeployableModel
from resource_prediction.scoring import Score, business_score
from resource_prediction.unseen_jobs import UnseenJobs, unseen_jobs

MIN_BLOCKS, MIN_DAYS = 4, 1
"""Fewer 6-hour blocks say nothing of the spread. It is shown, and decides nothing: the gate asks for more."""

MOST_JOBS = 20_000
"""Jobs that are scored at most: a second of one core, and far below chance in what they leave out."""


@dataclass(frozen=True)
class VersionComparison:
    """What two models would have cost on the same jobs.

    Attributes:
        first: Score of the first.
        second: Score of the second.
        requests: Score of what people asked for; None where not every job has a request.
        gain: Points that the second saves against the first, with a 90 % interval; None on too short a time.
        since: Submission of the first job.
        until: And of the last.
    """

    first: Score
    second: Score
    requests: Score | None
    gain: Improvement | None
    since: pd.Timestamp
    until: pd.Timestamp


def compare_versions(
    first: DeployableModel, second: DeployableModel, rows: pd.DataFrame, under_cost: float, most_jobs: int = MOST_JOBS
) -> VersionComparison:
    """Score two models on the jobs that were submitted after the fits of both, with history as it stood at each fit.

    Args:
        first: One of them.
        second: The other.
        rows: Accepted rows, with ``is_twin``.
        under_cost: Penalty of the score, the same for both.
        most_jobs: More are not scored, but so many of them evenly over their time.

    Raises:
        ScoringError: No scored job came after both fits.
    """
    jobs = unseen_jobs(rows, first, second).evenly(most_jobs)
    allocations = [model.predict(jobs.rows, under_cost) for model in (first, second)]
    paired = _pair(jobs, *allocations)
    scores = [
        business_score(jobs.peak_gib, each_gib, under_cost, censored=jobs.is_censored) for each_gib in allocations
    ]
    gain = improvement(paired, under_cost, min_blocks=MIN_BLOCKS, min_days=MIN_DAYS, resamples=2_000, seed=0)
    return VersionComparison(
        scores[0], scores[1], _of_requests(jobs, under_cost), gain, jobs.times.min(), jobs.times.max()
    )


def _of_requests(jobs: UnseenJobs, under_cost: float) -> Score | None:
    if np.isnan(jobs.memreq_gib).any():
        return None
    return business_score(jobs.peak_gib, jobs.memreq_gib, under_cost, censored=jobs.is_censored)


def _pair(jobs: UnseenJobs, first_gib: FloatArray, second_gib: FloatArray) -> PairedBlocks:
    known = {"time": jobs.times.to_numpy(), "peak_gib": jobs.peak_gib, "censored": jobs.is_censored}
    both = [against_peaks(pd.DataFrame(known | {"allocation_gib": each_gib})) for each_gib in (first_gib, second_gib)]
    old, new = both
    return PairedBlocks(
        old.block_start,
        old.rows,
        old.peak_gib,
        old.under_gain_rows - new.under_gain_rows,
        old.excess_gain_gib - new.excess_gain_gib,
    )
