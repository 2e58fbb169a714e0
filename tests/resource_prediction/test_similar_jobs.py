"""Similar jobs: what is alike comes first, and nothing that was not known then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from resource_prediction import similar_jobs
from resource_prediction.features.matrix import FEATURES
from resource_prediction.models import DeployableModel
from resource_prediction.similar_jobs import PastJobs, feature_distance
from tests.resource_prediction.fits import HOUR_US, submitted_us

CONFIGURATION = ["buildProfile", "makeType", "targets", "component"]


@pytest.fixture(scope="module")
def past(farm: pd.DataFrame) -> PastJobs:
    return PastJobs.build(farm, HOUR_US)


def job(farm: pd.DataFrame, place: int, **changes: Any) -> dict[str, Any]:
    """A row of the farm as a submission."""
    return {str(name): value for name, value in farm.iloc[place].to_dict().items()} | changes


def known_us(similar: pd.DataFrame) -> np.ndarray:
    return submitted_us(similar) + HOUR_US


def test_only_jobs_whose_peak_was_known_at_the_cut_off_are_shown(
    farm: pd.DataFrame, model: DeployableModel, past: PastJobs
) -> None:
    similar = past.similar(model, [job(farm, -1)], count=50)
    assert len(similar) == 50
    assert known_us(similar).max() < model.facts.trained_until_us


def test_a_job_from_before_the_cut_off_sees_nothing_that_came_after_its_own_submission(
    farm: pd.DataFrame, model: DeployableModel, past: PastJobs
) -> None:
    asked = job(farm, 150)
    similar = past.similar(model, [asked], count=50)
    assert known_us(similar).max() < submitted_us(farm)[150]


def test_the_same_configuration_comes_before_the_same_profile_and_that_before_all_others(
    farm: pd.DataFrame, model: DeployableModel, past: PastJobs
) -> None:
    asked = job(farm, -1)
    everything = past.similar(model, [asked], count=400)
    same = (everything[CONFIGURATION] == pd.Series(asked)[CONFIGURATION]).all(axis=1)
    profile = everything["buildProfile"] == asked["buildProfile"]
    expected = np.where(same, "configuration", np.where(profile, "profile", "other")).tolist()
    assert everything["alike"].tolist() == expected
    assert expected == sorted(expected, key=["configuration", "profile", "other"].index)
    assert set(expected) == {"configuration", "profile", "other"}


def test_within_a_level_the_nearest_comes_first(farm: pd.DataFrame, model: DeployableModel, past: PastJobs) -> None:
    similar = past.similar(model, [job(farm, -1)], count=400)
    for _, level in similar.groupby("alike"):
        assert level["distance"].is_monotonic_increasing


def test_of_equally_near_jobs_the_newest_comes_first(
    farm: pd.DataFrame, model: DeployableModel, past: PastJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar_jobs, "feature_distance", lambda own, others: np.zeros(len(others)))
    similar = past.similar(model, [job(farm, -1)], count=5)
    assert similar["time"].is_monotonic_decreasing


def test_a_job_like_no_other_still_gets_five(farm: pd.DataFrame, model: DeployableModel, past: PastJobs) -> None:
    strange = job(farm, -1, buildProfile="riscv-never-seen", component=None, targets=None, branch=None)
    similar = past.similar(model, [strange])
    assert similar["alike"].tolist() == ["other"] * 5


def test_before_anything_was_known_there_is_no_similar_job(
    farm: pd.DataFrame, model: DeployableModel, past: PastJobs
) -> None:
    similar = past.similar(model, [job(farm, 0)])
    assert similar.empty
    assert "peak_gib" in similar


def test_twins_and_jobs_without_a_final_peak_are_never_shown(
    farm: pd.DataFrame, model: DeployableModel, past: PastJobs
) -> None:
    shown = past.similar(model, [job(farm, -1)], count=400)["peak_gib"]
    final = farm[~farm["is_twin"] & farm["ts_status"].isin(["ok", "unstable"])]
    assert sorted(shown) == sorted(
        (final["max_rss"] / 1024**3)[submitted_us(final) + HOUR_US < model.facts.trained_until_us]
    )


def test_the_distance_counts_units_of_spread_other_words_and_values_that_only_one_has() -> None:
    own = np.zeros(len(FEATURES), dtype=np.float32)
    others = np.zeros((4, len(FEATURES)), dtype=np.float32)
    others[1, FEATURES.index("component_code")] = 7
    others[2, FEATURES.index("profile_last_gib")] = np.nan
    others[3, FEATURES.index("jobs")] = 3
    distance = feature_distance(own, others) * len(FEATURES)
    assert distance[0] == 0
    assert distance[1] == pytest.approx(1)
    assert distance[2] == pytest.approx(1)
    # One of five values stands out by d: their spread is 0.4 d.
    assert distance[3] == pytest.approx(2.5)


def test_a_value_that_both_lack_is_no_difference() -> None:
    own = np.full(len(FEATURES), np.nan, dtype=np.float32)
    assert feature_distance(own, own[None, :]).tolist() == [0.0]
