"""Two models are compared on jobs that neither has seen, on the same rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from resource_prediction.errors import ScoringError
from resource_prediction.scoring import business_score
from resource_prediction.unseen_jobs import unseen_jobs
from resource_prediction.version_comparison import compare_versions
from tests.resource_prediction.fits import fit_at, submitted_us

FIRST, SECOND = 0.6, 0.8


def at_share(rows: pd.DataFrame, share: float) -> int:
    """The instant before which that share of the rows was submitted."""
    return int(np.quantile(submitted_us(rows), share))


def test_only_jobs_after_both_fits_count_and_both_are_scored_on_them(make_rows: Callable[..., pd.DataFrame]) -> None:
    small_farm = make_rows(1_500, seed=3)
    old, new = (fit_at(small_farm, at_share(small_farm, share)) for share in (FIRST, SECOND))
    found = compare_versions(old, new, small_farm, 5.0)
    jobs = unseen_jobs(small_farm, old, new)
    assert submitted_us(jobs.rows).min() >= at_share(small_farm, SECOND)
    assert found.since == jobs.times.min()
    assert found.until == jobs.times.max()
    for model, score in ((old, found.first), (new, found.second)):
        own = business_score(jobs.peak_gib, model.predict(jobs.rows, 5.0), 5.0, censored=jobs.is_censored)
        assert score == own
    assert found.requests == business_score(jobs.peak_gib, jobs.memreq_gib, 5.0, censored=jobs.is_censored)


def test_requests_are_told_only_where_every_job_has_one(make_rows: Callable[..., pd.DataFrame]) -> None:
    small_farm = make_rows(1_500, seed=3)
    old, new = (fit_at(small_farm, at_share(small_farm, share)) for share in (FIRST, SECOND))
    assert compare_versions(old, new, small_farm.assign(memreq=np.nan), 5.0).requests is None


def test_of_many_jobs_some_are_scored_evenly_over_their_time(make_rows: Callable[..., pd.DataFrame]) -> None:
    small_farm = make_rows(1_500, seed=3)
    old, new = (fit_at(small_farm, at_share(small_farm, share)) for share in (FIRST, SECOND))
    few, every = compare_versions(old, new, small_farm, 5.0, most_jobs=50), compare_versions(old, new, small_farm, 5.0)
    assert few.first.rows == few.second.rows == 50
    assert (few.since, few.until) == (every.since, every.until)


def test_the_gain_is_the_second_against_the_first(make_rows: Callable[..., pd.DataFrame]) -> None:
    small_farm = make_rows(1_500, seed=3)
    old, new = (fit_at(small_farm, at_share(small_farm, share)) for share in (FIRST, SECOND))
    there, back = compare_versions(old, new, small_farm, 5.0), compare_versions(new, old, small_farm, 5.0)
    assert there.gain is not None
    assert back.gain is not None
    assert there.gain.mean == pytest.approx(there.first.score - there.second.score)
    assert there.gain.mean == pytest.approx(-back.gain.mean)
    assert there.gain.low <= there.gain.mean <= there.gain.high


def test_a_fit_on_everything_has_no_job_to_be_compared_on(make_rows: Callable[..., pd.DataFrame]) -> None:
    small_farm = make_rows(1_500, seed=3)
    old, new = fit_at(small_farm, at_share(small_farm, FIRST)), fit_at(small_farm, submitted_us(small_farm)[-1] + 1)
    with pytest.raises(ScoringError, match="none that came after the fits of both"):
        compare_versions(old, new, small_farm, 5.0)
