"""A model's report is of what it allocates: the same figures as its score; a correction is of known jobs only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resource_prediction.evaluation import ScoredJobs
from resource_prediction.features.table import describe_table
from resource_prediction.holdout_report import correction_from, report_on
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.risk_correction import RiskCorrection
from tests.resource_prediction.fits import HOUR_US, fit_at, submitted_us


@pytest.fixture(scope="module")
def scored(make_rows_once: Callable[..., pd.DataFrame]) -> tuple[DeployableModel, ScoredJobs]:
    """A model, and the jobs that came after its cut-off."""
    rows = make_rows_once(400, seed=3)
    until_us = int(submitted_us(rows)[280])
    outcomes = read_outcomes(rows, HOUR_US)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    jobs = ScoredJobs.select(rows, outcomes, point_in_time)
    return fit_at(rows, until_us), jobs.where(submitted_us(jobs.rows) >= until_us)


def test_the_points_of_the_presets_the_classes_and_the_promises_are_of_the_models_own_allocations(
    scored: tuple[DeployableModel, ScoredJobs],
) -> None:
    model, jobs = scored
    report = report_on(model, jobs)
    score = jobs.score(model.predict(jobs.rows), 5.0)
    own = next(point for point in report.curve if point.preset == "Balanced")
    assert (own.under_pct, own.over_pct, own.score) == (score.under_pct, score.over_pct, score.score)
    assert report.classes[-1].after.under_pct == score.under_pct
    promise = report.promises["as predicted"][0]
    assert (promise.seen_pct, promise.rows) == (pytest.approx(score.under_pct), score.rows)
    assert (np.diff([point.under_pct for point in report.curve]) <= 0).all()


def test_a_correction_moves_promises_and_neither_allocations_nor_what_was_seen(
    scored: tuple[DeployableModel, ScoredJobs],
) -> None:
    model, jobs = scored
    doubtful = replace(model, risk_correction=RiskCorrection(offset=1.0, jobs=500))
    allocation_gib, risk = model.predict_with_risk(jobs.rows, [5.0])
    same_gib, corrected = doubtful.predict_with_risk(jobs.rows, [5.0])
    np.testing.assert_array_equal(allocation_gib, same_gib)
    assert (corrected >= risk).all()
    assert (corrected > risk).any()
    before, after = list(report_on(model, jobs).promises.values())[1:]
    assert (before[0].rows, before[0].seen_pct) == (after[0].rows, after[0].seen_pct)
    assert before[0].promised_pct != after[0].promised_pct


def test_what_was_known_later_does_not_change_a_correction(scored: tuple[DeployableModel, ScoredJobs]) -> None:
    model, jobs = scored
    middle_us = int(np.median(jobs.known_us))
    noise = np.random.default_rng(1).lognormal(3.0, 2.0, len(jobs.peak_gib))
    changed = replace(jobs, peak_gib=np.where(jobs.known_us >= middle_us, noise, jobs.peak_gib))
    learned = correction_from(model, jobs, known_before_us=middle_us)
    assert learned == correction_from(model, changed, known_before_us=middle_us)
    assert learned.jobs == (jobs.known_us < middle_us).sum() > 0
    everything_us = int(jobs.known_us.max()) + 1
    assert correction_from(model, jobs, known_before_us=everything_us) != correction_from(
        model, changed, known_before_us=everything_us
    )


def test_a_correction_is_learned_from_risks_as_predicted_and_from_nothing_there_is_none(
    scored: tuple[DeployableModel, ScoredJobs],
) -> None:
    model, jobs = scored
    doubtful = replace(model, risk_correction=RiskCorrection(offset=1.0, jobs=500))
    until_us = int(jobs.known_us.max()) + 1
    assert correction_from(doubtful, jobs, known_before_us=until_us) == correction_from(
        model, jobs, known_before_us=until_us
    )
    assert correction_from(model, jobs, known_before_us=0) == RiskCorrection()
