"""The curve between presets of one model on jobs that it has not seen. Not here: points (pareto.py), charts."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from resource_prediction.models import DeployableModel
from resource_prediction.pareto import UNDER_COSTS, CurvePoint, pareto_curve
from resource_prediction.unseen_jobs import unseen_jobs

MOST_JOBS = 5_000
"""Jobs that a curve is made of at most: seconds, and an under-allocation of 1 % is known to 0.15 %."""


@dataclass(frozen=True)
class UnseenCurve:
    """What a model costs at each penalty.

    Attributes:
        points: From the lowest penalty to the highest.
        rows: Jobs that they were measured on.
        unseen: Jobs after the fit, of which ``rows`` were taken evenly.
        since: Submission of the first.
        until: And of the last.
    """

    points: tuple[CurvePoint, ...]
    rows: int
    unseen: int
    since: pd.Timestamp
    until: pd.Timestamp


def unseen_curve(model: DeployableModel, rows: pd.DataFrame, most_jobs: int = MOST_JOBS) -> UnseenCurve:
    """Allocate for the jobs after a model's fit at every penalty, with history as it stood at the fit, and score.

    Args:
        model: A judged fit; of a served one there are next to no such jobs.
        rows: Accepted rows in the order of submission, with ``is_twin``.
        most_jobs: Take so many of them evenly, where there are more.

    Raises:
        ScoringError: No scored job came after the fit.
    """
    every = unseen_jobs(rows, model)
    jobs = every.evenly(most_jobs)
    own = model.recipe.rule.under_cost
    under_costs = tuple(sorted({own, *UNDER_COSTS}))
    allocation_gib, _ = model.predict_with_risk(jobs.rows, under_costs)
    points = pareto_curve(
        allocation_gib,
        under_costs,
        jobs.peak_gib,
        jobs.memreq_gib,
        score_under_cost=own,
        is_censored=jobs.is_censored,
    )
    times = every.rows["time"]
    return UnseenCurve(points, len(jobs.rows), len(every.rows), times.min(), times.max())
