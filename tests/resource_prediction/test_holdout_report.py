"""A model's report is of what it allocates: the same figures as its score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from resource_prediction.evaluation import ScoredJobs
from resource_prediction.features.table import describe_table
from resource_prediction.holdout_report import report_on
from resource_prediction.outcomes import read_outcomes
from tests.resource_prediction.fits import HOUR_US, fit_at, submitted_us


def test_the_points_of_the_presets_the_classes_and_the_promises_are_of_the_models_own_allocations(
    make_rows: Callable[..., pd.DataFrame],
) -> None:
    rows = make_rows(400, seed=3)
    until_us = int(submitted_us(rows)[280])
    model = fit_at(rows, until_us)
    outcomes = read_outcomes(rows, HOUR_US)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    scored = ScoredJobs.select(rows, outcomes, point_in_time)
    jobs = scored.where(submitted_us(scored.rows) >= until_us)
    report = report_on(model, jobs)
    score = jobs.score(model.predict(jobs.rows), 5.0)
    own = next(point for point in report.curve if point.preset == "Balanced")
    assert (own.under_pct, own.over_pct, own.score) == (score.under_pct, score.over_pct, score.score)
    assert report.classes[-1].after.under_pct == score.under_pct
    assert report.promises[0].seen_pct == pytest.approx(score.under_pct)
    assert report.promises[0].rows == score.rows
    assert (np.diff([point.under_pct for point in report.curve]) <= 0).all()
