"""Promises of the picture of allocations. Not here: the models that it shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resource_prediction.summary.picture import DRAWN_JOBS, Jobs, render


def _jobs(count: int, under: list[int]) -> Jobs:
    """Jobs of 4 GiB that asked for 10 and are allocated 5, but for those that are under: they took 6."""
    is_under = np.zeros(count, dtype=bool)
    is_under[under] = True
    return Jobs(
        request_gib=np.full(count, 10.0),
        allocation_gib=np.full(count, 5.0),
        peak_gib=np.where(is_under, 6.0, 4.0),
        is_under=is_under,
        is_censored=np.zeros(count, dtype=bool),
        times=pd.Series(pd.date_range("2025-04-26", periods=count, freq="min")),
    )


def test_drawn_twice_the_picture_has_equal_bytes() -> None:
    first, second = (render(_jobs(20, [3]), "a caption", ".svg") for _ in range(2))
    assert first == second
    assert b"a caption" in first


def test_every_job_that_got_too_little_is_drawn_however_many_jobs_there_are() -> None:
    under = [7, 1_234, 5_001]
    text = render(_jobs(10 * DRAWN_JOBS, under), "", ".svg").decode()
    marks = [line for line in text.splitlines() if "<use" in line and "#d55e00" in line]
    # One more is the mark in the legend.
    assert len(marks) == len(under) + 1


def test_a_picture_for_a_page_is_a_png_of_at_most_200_kb() -> None:
    png = render(_jobs(DRAWN_JOBS, [3]), "", ".png")
    assert png.startswith(b"\x89PNG")
    assert len(png) < 200_000


def test_jobs_come_from_the_smallest_allocation_to_the_largest_and_keep_their_own_peaks() -> None:
    jobs = Jobs.sort(
        request_gib=np.array([9.0, 8.0, 7.0]),
        allocation_gib=np.array([3.0, 1.0, 2.0]),
        peak_gib=np.array([2.0, 2.0, 2.0]),
        is_censored=np.array([False, False, True]),
        times=pd.Series(pd.date_range("2025-04-26", periods=3, freq="min")),
    )
    assert jobs.allocation_gib.tolist() == [1.0, 2.0, 3.0]
    assert jobs.request_gib.tolist() == [8.0, 7.0, 9.0]
    assert jobs.is_under.tolist() == [True, True, False]


def test_the_score_in_the_caption_is_of_all_jobs() -> None:
    jobs = _jobs(100, [0])
    score = jobs.score(jobs.allocation_gib, under_cost=5.0)
    # 1 of 100 jobs is under; 99 jobs have 1 GiB too much of 99 * 4 + 6 GiB.
    assert (score.under_pct, score.over_pct) == (1.0, 100 * 99 / 402)
