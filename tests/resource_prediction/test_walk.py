"""A walk tells at each step what the jobs so far came to, and nothing of those to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.savings import gib_saved
from resource_prediction.scoring import business_score
from resource_prediction.unseen_jobs import UnseenJobs
from resource_prediction.walk import Walk

GIB = st.floats(0.1, 500)
JOB = st.tuples(GIB, GIB, st.one_of(GIB, st.just(float("nan"))), st.booleans())


def walk_of(jobs: list[tuple[float, float, float, bool]]) -> tuple[Walk, UnseenJobs, np.ndarray]:
    """A walk through jobs of peak, allocation, request, censored; a minute apart."""
    peak_gib, allocation_gib, memreq_gib, censored = (np.array(column) for column in zip(*jobs, strict=True))
    times = pd.date_range("2025-04-28", periods=len(jobs), freq="min")
    unseen = UnseenJobs(pd.DataFrame({"time": times, "buildProfile": "gcc"}), peak_gib, memreq_gib, censored)
    return Walk.of(unseen, allocation_gib, 5.0), unseen, allocation_gib


@given(st.lists(JOB, min_size=1, max_size=30), st.data())
def test_each_step_is_the_score_of_the_jobs_so_far(
    jobs: list[tuple[float, float, float, bool]], data: st.DataObject
) -> None:
    walk, unseen, allocation_gib = walk_of(jobs)
    position = data.draw(st.integers(1, len(jobs)))
    found = walk.figures(position)
    so_far = slice(0, position)
    peak_gib, censored, memreq_gib = unseen.peak_gib[so_far], unseen.is_censored[so_far], unseen.memreq_gib[so_far]
    expected = business_score(peak_gib, allocation_gib[so_far], 5.0, censored=censored)
    assert found.score.score == pytest.approx(expected.score)
    assert (found.score.rows, found.score.under_pct) == (position, pytest.approx(expected.under_pct))
    assert found.under_rows == round(expected.under_pct * position / 100)
    saved = gib_saved(peak_gib, allocation_gib[so_far], memreq_gib, censored=censored)
    assert found.gib_saved == pytest.approx(saved or 0.0, abs=1e-9)
    asked = ~np.isnan(memreq_gib)
    if asked.any():
        requests = business_score(peak_gib[asked], memreq_gib[asked], 5.0, censored=censored[asked])
        assert found.requests is not None
        assert found.requests.score == pytest.approx(requests.score)
    else:
        assert found.requests is None


@given(st.lists(JOB, min_size=2, max_size=30), st.data())
def test_a_step_tells_nothing_of_the_jobs_to_come(
    jobs: list[tuple[float, float, float, bool]], data: st.DataObject
) -> None:
    position = data.draw(st.integers(1, len(jobs) - 1))
    whole, cut = walk_of(jobs)[0], walk_of(jobs[:position])[0]
    assert whole.figures(position) == cut.figures(position)
    pd.testing.assert_frame_equal(whole.window(position, 10), cut.window(position, 10))


def test_the_window_is_the_newest_jobs_and_numbers_them_from_one() -> None:
    walk, *_ = walk_of([(float(peak), 100.0, 200.0, False) for peak in range(1, 8)])
    assert walk.window(5, 3)["job"].tolist() == [3, 4, 5]
    assert walk.window(2, 3)["peak_gib"].tolist() == [1.0, 2.0]


def test_the_running_score_is_bounded_and_ends_at_the_position() -> None:
    walk, *_ = walk_of([(float(peak), 100.0, 200.0, False) for peak in range(1, 400)])
    scores = walk.scores_so_far(300, 50)
    assert len(scores) == 50
    assert scores["job"].iloc[-1] == 300
    assert scores["score"].iloc[-1] == pytest.approx(walk.figures(300).score.score)
