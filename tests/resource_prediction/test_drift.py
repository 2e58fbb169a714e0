"""Drift is found where a field changed, and not where the same population was drawn again."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.drift import FieldDrift, find_drift, find_newest_drift

PROFILES = ["gcc-opt", "gcc-dbg", "clang-opt"]


def telemetry(rows: int, seed: int, begin: str = "2025-04-01") -> pd.DataFrame:
    """Rows of one population, ten minutes apart."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "time": pd.date_range(begin, periods=rows, freq="10min"),
            "buildProfile": draw.choice(PROFILES, rows, p=[0.5, 0.3, 0.2]),
            "memreq": draw.choice([100_000.0, 150_000.0, 200_000.0], rows),
            "max_rss": draw.lognormal(24, 0.5, rows),
        }
    )


def of(field: str, found: list[FieldDrift]) -> FieldDrift:
    """The drift of one field."""
    return next(each for each in found if each.field == field)


@given(st.integers(0, 200), st.integers(100, 400))
def test_another_draw_of_the_same_population_is_no_drift(seed: int, rows: int) -> None:
    found = find_drift(telemetry(1_000, seed), telemetry(rows, seed + 1_000))
    assert [each.field for each in found] == ["buildProfile", "memreq", "max_rss"]
    assert all(each.findings == () for each in found)


def test_equal_rows_have_an_index_of_nothing() -> None:
    rows = telemetry(300, 1)
    assert [each.psi for each in find_drift(rows, rows)] == [0.0, 0.0, 0.0]


def test_the_index_is_the_sum_over_words() -> None:
    before = pd.DataFrame({"buildProfile": ["a"] * 50 + ["b"] * 50})
    now = pd.DataFrame({"buildProfile": ["a"] * 80 + ["b"] * 20})
    (found,) = find_drift(before, now)
    assert found.psi == pytest.approx(0.3 * np.log(0.8 / 0.5) + -0.3 * np.log(0.2 / 0.5))
    assert found.chance_psi == pytest.approx(1 * (1 / 100 + 1 / 100))
    assert "spread otherwise" in found.findings[0]


def test_new_words_are_counted() -> None:
    now = telemetry(200, 2)
    now.loc[:99, "buildProfile"] = "rust-opt"
    found = of("buildProfile", find_drift(telemetry(500, 1), now))
    assert found.unseen_pct == 50.0
    assert any("50 % have words that the model has not learned" in each for each in found.findings)


def test_a_peak_in_another_unit_is_named() -> None:
    now = telemetry(200, 2)
    now["max_rss"] /= 1_024
    found = of("max_rss", find_drift(telemetry(500, 1), now))
    assert found.median_ratio == pytest.approx(1 / 1_024, rel=0.3)
    assert found.findings[0].endswith("times what it was: another unit?")


def test_values_that_go_missing_are_counted_and_no_number_is_made_of_them() -> None:
    now = telemetry(200, 2)
    now.loc[:59, "memreq"] = np.nan
    now["max_rss"] = np.nan
    found = find_drift(telemetry(500, 1), now)
    assert of("memreq", found).missing_now_pct == 30.0
    assert any("30 % are missing, where it was 0 %" in each for each in of("memreq", found).findings)
    assert of("max_rss", found).median_ratio is None
    assert np.isfinite(of("max_rss", found).psi)


def test_the_newest_day_is_held_against_the_weeks_before_it() -> None:
    rows = telemetry(144 * 5, 1)
    rows.loc[rows["time"] > rows["time"].max() - timedelta(days=1), "buildProfile"] = "gcc-opt"
    assert of("buildProfile", find_newest_drift(rows)).findings
    assert not of("buildProfile", find_newest_drift(rows.iloc[: 144 * 4])).findings


@pytest.mark.parametrize("rows", [0, 20])
def test_without_an_earlier_day_there_is_nothing_to_say(rows: int) -> None:
    assert find_newest_drift(telemetry(rows, 1)) == []
