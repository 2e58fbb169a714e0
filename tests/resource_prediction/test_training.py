"""What a fit may see: rows known before the cut-off, and through the artifact nothing of the hold-out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resource_prediction.config import default_parameters, families_of
from resource_prediction.errors import TooFewRowsError
from resource_prediction.features.matrix import FEATURES
from resource_prediction.outcomes import read_outcomes
from resource_prediction.training import MIN_TRAINING_ROWS, TrainingSet, fit_recipe, knowledge_end_us, training_rows
from tests.resource_prediction.fits import HOUR_US, cut, recipe, submitted_us

GIB = 1024**3
MakeRows = Callable[..., pd.DataFrame]
FEW = {"n_estimators": 8, "max_iter": 30, "max_depth": 2}
"""In place of defaults of the same name: enough to learn something."""


@pytest.fixture(scope="session")
def farm(make_rows_once: MakeRows) -> pd.DataFrame:
    """Rows with ends for some jobs, and all columns that are known only afterwards."""
    rows = make_rows_once(420, seed=21)
    generator = np.random.default_rng(21)
    ends = rows["time"] + pd.to_timedelta(generator.integers(1, 180, len(rows)), unit="min")
    rows["finished_at"] = ends.where(generator.random(len(rows)) < 0.4).astype("datetime64[us]")
    return rows.assign(max_cache=1.0, memory_fail_count=0.0, ts_phase="building", cgroup="c")


def cut_off_us(rows: pd.DataFrame) -> int:
    return int(submitted_us(rows)[330])


def with_noise_after(rows: pd.DataFrame, until_us: int, seed: int) -> pd.DataFrame:
    """The same rows, with noise for all that was not known at an instant; statuses and twin flags stay."""
    generator = np.random.default_rng(seed)
    unknown = np.flatnonzero(read_outcomes(rows, HOUR_US).known_us >= until_us)
    noisy = rows.copy()
    noisy.loc[unknown, "max_rss"] = np.rint(generator.lognormal(22, 3, len(unknown)))
    noisy.loc[unknown, "max_cache"] = np.rint(generator.lognormal(22, 3, len(unknown)))
    noisy.loc[unknown, "memory_fail_count"] = generator.integers(0, 1_000, len(unknown)).astype(float)
    noisy.loc[unknown, "ts_phase"] = "testing"
    noisy.loc[unknown, "cgroup"] = [f"noise-{place}" for place in unknown]
    ended = unknown[rows["finished_at"].iloc[unknown].notna()]
    moved_us = until_us + generator.integers(0, 10**11, len(ended))
    noisy.loc[ended, "finished_at"] = moved_us.astype("datetime64[us]")
    return noisy


SLOWEST = "quantile_ensemble_regression"


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=[pytest.mark.slow] if name == SLOWEST else []) for name in families_of()]
)
def test_noise_in_all_that_was_not_known_leaves_every_byte_of_the_judged_artifact(
    farm: pd.DataFrame, family: str, tmp_path: Path
) -> None:
    until_us = cut_off_us(farm)
    quick = recipe(family, **{name: FEW.get(name, value) for name, value in default_parameters(family).items()})
    digests = set()
    for number, rows in enumerate([farm, with_noise_after(farm, until_us, 1), with_noise_after(farm, until_us, 2)]):
        folder = tmp_path / str(number)
        digests.add(fit_recipe(quick, cut(rows, until_us), seed=3).save(folder))
    assert len(digests) == 1


def test_noise_in_what_was_known_changes_the_artifact(farm: pd.DataFrame, tmp_path: Path) -> None:
    """The test above can fail: one byte more of one known peak is seen."""
    until_us = cut_off_us(farm)
    fitted = np.flatnonzero(training_rows(submitted_us(farm), read_outcomes(farm, HOUR_US), until_us, None))
    other = farm.copy()
    other.loc[fitted[-1], "max_rss"] += GIB
    digests = [
        fit_recipe(recipe(), cut(rows, until_us), seed=3).save(tmp_path / str(number))
        for number, rows in enumerate([farm, other])
    ]
    assert digests[0] != digests[1]


def outcomes_of(known_us: list[int], statuses: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Jobs of 1 GiB that were submitted one microsecond apart from 100 on."""
    submitted = np.arange(100, 100 + len(known_us))
    rows = pd.DataFrame(
        {
            "time": submitted.astype("datetime64[us]"),
            "finished_at": np.array(known_us).astype("datetime64[us]"),
            "ts_status": statuses,
            "max_rss": 1.0 * GIB,
            "is_twin": False,
        }
    )
    return submitted, rows


def test_a_fit_sees_final_and_cut_off_jobs_known_strictly_before_the_cut_off() -> None:
    submitted, rows = outcomes_of([150, 199, 200, 150, 150, 150], ["ok", "ok", "ok", "error", "oom", "running"])
    seen = training_rows(submitted, read_outcomes(rows, HOUR_US), 200, None)
    assert seen.tolist() == [True, True, False, False, True, False]


def test_a_window_keeps_the_rows_submitted_inside_it() -> None:
    submitted, rows = outcomes_of([150] * 4, ["ok"] * 4)
    seen = training_rows(submitted, read_outcomes(rows, HOUR_US), 200, 98)
    assert seen.tolist() == [False, False, True, True]


def test_a_window_shortens_the_fit_and_not_the_history(farm: pd.DataFrame) -> None:
    until_us = cut_off_us(farm)
    everything, window = cut(farm, until_us), cut(farm, until_us, train_window_us=24 * HOUR_US)
    assert MIN_TRAINING_ROWS <= len(window.peak_gib) < len(everything.peak_gib)
    assert window.submitted_us.min() >= until_us - 24 * HOUR_US
    assert window.state.counts.sum() == everything.state.counts.sum()
    np.testing.assert_array_equal(window.peak_gib, everything.peak_gib[-len(window.peak_gib) :])


def test_a_training_set_is_in_time_order_and_holds_the_features_by_name(farm: pd.DataFrame) -> None:
    data = cut(farm, cut_off_us(farm))
    assert data.matrix.shape == (len(data.peak_gib), len(FEATURES))
    assert (np.diff(data.submitted_us) >= 0).all()
    assert (data.known_us < data.until_us).all()
    assert data.mean_peak_gib == pytest.approx(data.peak_gib.mean())


def test_equal_rows_have_an_equal_digest_and_other_peaks_another(farm: pd.DataFrame) -> None:
    until_us = cut_off_us(farm)
    heavier = farm.assign(max_rss=farm["max_rss"] * 2)
    assert cut(farm, until_us).rows_digest == cut(farm.copy(), until_us).rows_digest
    assert cut(heavier, until_us).rows_digest != cut(farm, until_us).rows_digest


def test_too_few_rows_are_refused_with_the_numbers(farm: pd.DataFrame) -> None:
    known_us = read_outcomes(farm, HOUR_US).known_us
    with pytest.raises(TooFewRowsError, match=f"got 0; expected at least {MIN_TRAINING_ROWS}") as caught:
        cut(farm, int(known_us.min()))
    assert (caught.value.rows, caught.value.needed) == (0, MIN_TRAINING_ROWS)


def cap_of(farm: pd.DataFrame, memreq_share: float | None) -> float:
    """Cap of a training set whose requests are a share of the peaks."""
    memreq = np.nan if memreq_share is None else farm["max_rss"] / 1024**2 * memreq_share
    data: TrainingSet = cut(farm.assign(memreq=memreq), cut_off_us(farm))
    return data.cap_ratio


def test_where_requests_were_always_enough_the_request_is_the_cap(farm: pd.DataFrame) -> None:
    assert cap_of(farm, 3.0) == 1.0
    assert cap_of(farm, 1.0) == 1.0


def test_where_jobs_outgrew_their_requests_the_cap_is_above_them(farm: pd.DataFrame) -> None:
    assert cap_of(farm, 0.5) == pytest.approx(2.0)


def test_without_requests_the_cap_is_of_no_effect(farm: pd.DataFrame) -> None:
    assert cap_of(farm, None) == 1.0


def test_knowledge_ends_just_after_the_newest_submission_or_end() -> None:
    _, rows = outcomes_of([150, 120], ["ok", "ok"])
    assert knowledge_end_us(rows) == 151
    assert knowledge_end_us(rows.drop(columns="finished_at")) == 102
    assert knowledge_end_us(rows.assign(finished_at=pd.NaT)) == 102
