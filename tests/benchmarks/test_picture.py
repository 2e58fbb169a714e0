"""Promises of the picture in the README. Not here: the models that it shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.picture import DRAWN_JOBS, Jobs, draw


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


def test_drawn_twice_the_picture_has_equal_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    for path in (first, second):
        draw(_jobs(20, [3]), "a caption", path)
    assert first.read_bytes() == second.read_bytes()
    assert b"a caption" in first.read_bytes()


def test_every_job_that_got_too_little_is_drawn_however_many_jobs_there_are(tmp_path: Path) -> None:
    under = [7, 1_234, 5_001]
    jobs = _jobs(10 * DRAWN_JOBS, under)
    draw(jobs, "", tmp_path / "many.svg")
    text = (tmp_path / "many.svg").read_text(encoding="utf-8")
    marks = [line for line in text.splitlines() if "<use" in line and "#d55e00" in line]
    # One more is the mark in the legend.
    assert len(marks) == len(under) + 1


def test_the_score_in_the_caption_is_of_all_jobs() -> None:
    jobs = _jobs(100, [0])
    score = jobs.score(jobs.allocation_gib, under_cost=5.0)
    # 1 of 100 jobs is under; 99 jobs have 1 GiB too much of 99 * 4 + 6 GiB.
    assert (score.under_pct, score.over_pct) == (1.0, 100 * 99 / 402)
