"""Two models on the same jobs, which neither was fitted on, and how sure their distance is. Not here: verdicts."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.comparison import PairedBlocks, against_peaks
from resource_prediction.improvement import Improvement, improvement
from resource_prediction.models import DeployableModel
from resource_prediction.scoring import Score, business_score
from resource_prediction.unseen_jobs import unseen_jobs

MIN_BLOCKS, MIN_DAYS = 4, 1
"""Fewer 6-hour blocks say nothing of the spread. It is shown, and decides nothing: the gate asks for more."""


@dataclass(frozen=True)
class VersionComparison:
    """What two models would have cost on the same jobs.

    Attributes:
        first: Score of the first.
        second: Score of the second.
        gain: Points that the second saves against the first, with a 90 % interval; None on too short a time.
        since: Submission of the first job.
        until: And of the last.
    """

    first: Score
    second: Score
    gain: Improvement | None
    since: pd.Timestamp
    until: pd.Timestamp


def compare_versions(
    first: DeployableModel, second: DeployableModel, rows: pd.DataFrame, under_cost: float
) -> VersionComparison:
    """Score two models on the jobs that were submitted after the fits of both, with history as it stood at each fit.

    Args:
        first: One of them.
        second: The other.
        rows: Accepted rows, with ``is_twin``.
        under_cost: Penalty of the score, the same for both.

    Raises:
        ScoringError: No scored job came after both fits.
    """
    unseen = unseen_jobs(rows, first, second)
    jobs = unseen.rows
    allocations = [model.predict(jobs, under_cost) for model in (first, second)]
    paired = _pair(jobs, unseen.peak_gib, unseen.is_censored, *allocations)
    scores = [
        business_score(unseen.peak_gib, each_gib, under_cost, censored=unseen.is_censored) for each_gib in allocations
    ]
    gain = improvement(paired, under_cost, min_blocks=MIN_BLOCKS, min_days=MIN_DAYS, resamples=2_000, seed=0)
    return VersionComparison(scores[0], scores[1], gain, jobs["time"].min(), jobs["time"].max())


def _pair(
    jobs: pd.DataFrame, peak_gib: FloatArray, censored: BoolArray, first_gib: FloatArray, second_gib: FloatArray
) -> PairedBlocks:
    both = [
        against_peaks(
            pd.DataFrame(
                {
                    "time": jobs["time"].to_numpy(),
                    "peak_gib": peak_gib,
                    "allocation_gib": each_gib,
                    "censored": censored,
                }
            )
        )
        for each_gib in (first_gib, second_gib)
    ]
    old, new = both
    return PairedBlocks(
        old.block_start,
        old.rows,
        old.peak_gib,
        old.under_gain_rows - new.under_gain_rows,
        old.excess_gain_gib - new.excess_gain_gib,
    )
