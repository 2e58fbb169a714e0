"""The demo farm's rows at any size: the contract's columns, order, requests, statuses, drift, new arrivals, errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.defaults import DEMO_DAYS, DEMO_ROWS
from resource_prediction.demo_farm import DEMO_END, SYNTHETIC_NOTE, generate_rows
from resource_prediction.errors import DemoFarmError
from resource_prediction.telemetry import COLUMNS, STATUSES

BYTES_PER_MIB = 2**20
BEYOND_A_REAL_EXPORT = {"finished_at", "allocation"}


@pytest.fixture(scope="module")
def farm() -> pd.DataFrame:
    return generate_rows()


def test_the_default_farm_has_the_size_it_says_and_says_that_it_is_synthetic(farm: pd.DataFrame) -> None:
    assert len(farm) == DEMO_ROWS
    assert farm["time"].min() >= DEMO_END - pd.Timedelta(days=DEMO_DAYS)
    assert farm["time"].max() < DEMO_END
    assert "synthetic" in SYNTHETIC_NOTE.lower()


def test_columns_are_those_of_a_real_export_in_its_order(farm: pd.DataFrame) -> None:
    assert list(farm.columns) == [column.name for column in COLUMNS if column.name not in BEYOND_A_REAL_EXPORT]


def test_columns_are_typed_and_complete_even_where_there_is_no_row(farm: pd.DataFrame) -> None:
    dtypes = {"text": "str", "time": "datetime64[us]", "count": "int64", "bytes": "int64", "mib": "int64"}
    for column in COLUMNS:
        if column.name not in BEYOND_A_REAL_EXPORT:
            assert farm[column.name].dtype == dtypes[column.type]
            assert generate_rows(0, 28.0)[column.name].dtype == dtypes[column.type]
    assert not farm.isna().any(axis=None)


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(0, 400), days=st.floats(0.01, 60), seed=st.integers(0, 2**31))
def test_a_farm_of_any_size_keeps_the_contract(rows: int, days: float, seed: int) -> None:
    frame = generate_rows(rows, days, seed)
    assert len(frame) == rows
    assert frame["atom_id"].is_unique
    assert (frame["memreq"] * BYTES_PER_MIB >= frame["max_rss"]).all()
    assert (frame["max_rss"] > 0).all()
    assert frame["ts_status"].isin(STATUSES).all()
    assert frame["time"].between(DEMO_END - pd.Timedelta(days=days) - pd.Timedelta(milliseconds=1), DEMO_END).all()


def test_equal_arguments_give_equal_rows_and_another_seed_others() -> None:
    pd.testing.assert_frame_equal(generate_rows(500, 3.0, seed=7), generate_rows(500, 3.0, seed=7))
    assert not generate_rows(500, 3.0, seed=7).equals(generate_rows(500, 3.0, seed=8))


@pytest.mark.slow
def test_a_farm_as_large_as_the_real_ones_whole_history_is_reproducible() -> None:
    rows = generate_rows(220_000, 120.0)
    assert len(rows) == 220_000
    assert rows["atom_id"].is_unique
    pd.testing.assert_frame_equal(rows, generate_rows(220_000, 120.0))


def test_rows_are_roughly_but_not_quite_in_the_order_of_time(farm: pd.DataFrame) -> None:
    assert not farm["time"].is_monotonic_increasing
    assert farm["time"].corr(pd.Series(np.arange(len(farm)))) > 0.95


def test_a_profile_is_requested_in_few_sizes(farm: pd.DataFrame) -> None:
    profile = farm.groupby("buildProfile")["memreq"].agg(["size", "nunique"])
    assert profile.loc[profile["size"] >= 100, "nunique"].max() <= 8


def test_running_jobs_are_those_before_a_nightly_export_and_have_smaller_peaks(farm: pd.DataFrame) -> None:
    hour = farm["time"].dt.hour
    running = farm["ts_status"] == "running"
    assert hour[running].median() >= 20 > hour[~running].median()
    assert farm["max_rss"][running].median() < farm["max_rss"][~running].median()


def test_page_cache_presses_only_where_peak_and_cache_fill_the_request(farm: pd.DataFrame) -> None:
    pressed = farm[farm["memory_fail_count"] > 0]
    filled = (pressed["max_rss"] + pressed["max_cache"]) / (pressed["memreq"] * BYTES_PER_MIB)
    assert filled.min() >= 0.98


def test_a_working_day_is_busier_than_a_weekend_and_noon_than_midnight(farm: pd.DataFrame) -> None:
    weekend = (farm["time"].dt.day_of_week >= 5).mean()
    assert weekend < 0.8 * 2 / 7
    assert farm["time"].dt.hour.between(10, 14).mean() > 1.3 * 5 / 24


def test_configurations_drift_from_the_first_week_to_the_last(farm: pd.DataFrame) -> None:
    shuffled = farm.assign(time=np.random.default_rng(0).permutation(farm["time"].to_numpy()))
    assert change_of_level(farm) > 1.5 * change_of_level(shuffled)


def change_of_level(farm: pd.DataFrame) -> float:
    """Mean size of the change of a configuration's mean log peak from the first week to the last."""
    log_peak = np.log(farm["max_rss"])
    week = (farm["time"] - (DEMO_END - pd.Timedelta(days=DEMO_DAYS))) // pd.Timedelta(days=7)
    level = log_peak.groupby([farm["buildProfile"], farm["targets"], farm["component"], week]).agg(["mean", "size"])
    mean = level["mean"].where(level["size"] >= 30).unstack()
    return float((mean[3] - mean[0]).abs().mean())


def test_components_and_branches_arrive_over_time(farm: pd.DataFrame) -> None:
    last_week = farm["time"] >= DEMO_END - pd.Timedelta(days=7)
    first_week = farm["time"] < DEMO_END - pd.Timedelta(days=DEMO_DAYS - 7)
    assert farm["component"][first_week].nunique() == 2
    assert farm["component"][last_week].nunique() == 4
    new = ~farm["branch"][last_week].drop_duplicates().isin(farm["branch"][~last_week])
    assert new.mean() > 0.5


def test_a_branch_belongs_to_one_component(farm: pd.DataFrame) -> None:
    assert farm.groupby("branch")["component"].nunique().max() == 1


@pytest.mark.parametrize(
    ("rows", "days", "seed", "message"),
    [
        (-1, 1.0, 1, "rows: got -1; expected a whole number, 0 or more"),
        (10, 0.0, 1, "days: got 0.0; expected a number above 0"),
        (10, float("nan"), 1, "days: got nan"),
        (10, float("inf"), 1, "days: got inf"),
        (10, 731.0, 1, "days: got 731.0; expected a number above 0 and up to 730"),
        (10, 1.0, -1, "seed: got -1"),
    ],
)
def test_a_size_that_makes_no_farm_is_refused(rows: int, days: float, seed: int, message: str) -> None:
    with pytest.raises(DemoFarmError, match=message):
        generate_rows(rows, days, seed)
