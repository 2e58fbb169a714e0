"""An alarm where the newest day changed, and none for weekends, bursts, or too few days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.demo_farm import generate_rows
from resource_prediction.drift import LEAST_DAYS, LOOK_BACK, Drift, find_newest_drift
from resource_prediction.drift_measures import CodedRows, changes

PROFILES = ["gcc-opt", "gcc-dbg", "clang-opt"]
ROWS_A_DAY = 144


def telemetry(days: int, seed: int, begin: str = "2025-03-03") -> pd.DataFrame:
    """Rows of one population, ten minutes apart, from a Monday on."""
    rows, draw = days * ROWS_A_DAY, np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "time": pd.date_range(begin, periods=rows, freq="10min"),
            "buildProfile": draw.choice(PROFILES, rows, p=[0.5, 0.3, 0.2]),
            "memreq": draw.choice([100_000.0, 150_000.0, 200_000.0], rows),
            "max_rss": draw.lognormal(24, 0.5, rows),
            "is_twin": False,
        }
    )


def newest_day(rows: pd.DataFrame) -> pd.Series:
    """Which rows are of the 24 hours up to the newest."""
    return rows["time"] > rows["time"].max() - timedelta(days=1)


def alarms(found: Drift) -> set[tuple[str, str]]:
    """Field and measure of each alarm."""
    return {(shift.change.field, shift.change.measure.name) for shift in found.alarms}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10))
def test_another_draw_of_the_same_population_is_no_alarm(seed: int, weeks_more: int) -> None:
    found = find_newest_drift(telemetry(LEAST_DAYS + 1 + weeks_more, seed))
    assert found.is_judged
    assert found.alarms == ()


def test_the_index_is_the_sum_over_words_less_what_chance_gives() -> None:
    words = pd.Series(["a"] * 50 + ["b"] * 50 + ["a"] * 80 + ["b"] * 20)
    times = pd.date_range("2025-03-03", periods=200, freq="1min")
    coded = CodedRows.of(pd.DataFrame({"time": times, "component": words}))
    middle_us, last_us = int(coded.times_us[99]), int(coded.times_us[199])
    spread = next(changes(coded.between(-1, middle_us), coded.between(middle_us, last_us)))
    assert spread.value == pytest.approx(0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5) - (1 / 100 + 1 / 100))


@pytest.mark.parametrize("days", [0, 1, 5, LEAST_DAYS])
def test_too_few_days_are_no_alarm_whatever_they_hold(days: int) -> None:
    rows = telemetry(days, 1)
    rows.loc[newest_day(rows) if days else [], "max_rss"] *= 1_024
    found = find_newest_drift(rows)
    assert not found.is_judged
    assert found.alarms == ()


@pytest.mark.parametrize("last_day", [33, 34, 35], ids=["Saturday", "Sunday", "Monday"])
def test_a_weekend_like_those_before_is_no_alarm(last_day: int) -> None:
    rows = telemetry(35 + 7, 1)
    is_weekend = rows["time"].dt.day_of_week >= 5
    rows.loc[is_weekend, "buildProfile"] = "nightly-opt"
    kept = rows[~is_weekend | (np.arange(len(rows)) % 5 == 0)]
    until = kept["time"].min().normalize() + timedelta(days=last_day)
    found = find_newest_drift(kept[kept["time"] < until])
    assert found.is_judged
    assert found.alarms == ()


def larger_peaks(rows: pd.DataFrame, day: pd.Series) -> pd.DataFrame:
    return rows.assign(max_rss=rows["max_rss"].where(~day, rows["max_rss"] * 1.5))


def another_unit(rows: pd.DataFrame, day: pd.Series) -> pd.DataFrame:
    return rows.assign(max_rss=rows["max_rss"].where(~day, rows["max_rss"] * 1_024.0))


def a_new_component(rows: pd.DataFrame, day: pd.Series) -> pd.DataFrame:
    return rows.assign(component=rows["component"].where(~day | (np.arange(len(rows)) % 2 == 0), "component_new"))


def rows_missing(rows: pd.DataFrame, day: pd.Series) -> pd.DataFrame:
    return rows[~day | (np.arange(len(rows)) % 5 == 0)]


def values_missing(rows: pd.DataFrame, day: pd.Series) -> pd.DataFrame:
    return rows.assign(memreq=rows["memreq"].astype("float64").mask(day & (np.arange(len(rows)) % 2 == 0)))


@pytest.fixture(scope="module")
def quiet() -> pd.DataFrame:
    """Sixty days of the demo farm, a thousand jobs a day."""
    return generate_rows(60_000, 60, seed=3).assign(is_twin=False).sort_values("time", ignore_index=True)


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (larger_peaks, ("max_rss", "peak by kind of job, ratio")),
        (another_unit, ("max_rss", "median, ratio")),
        (a_new_component, ("component", "new words, %")),
        (rows_missing, ("rows", "rows, ratio")),
        (values_missing, ("memreq", "missing, points")),
    ],
)
def test_a_planted_shift_is_an_alarm_on_its_day(
    quiet: pd.DataFrame, plant: Callable[[pd.DataFrame, pd.Series], pd.DataFrame], expected: tuple[str, str]
) -> None:
    assert find_newest_drift(quiet).alarms == ()
    assert expected in alarms(find_newest_drift(plant(quiet, newest_day(quiet))))


def test_jobs_that_come_again_as_twins_change_nothing(quiet: pd.DataFrame) -> None:
    again = quiet[newest_day(quiet)].assign(is_twin=True)
    both = pd.concat([quiet, again, again, again], ignore_index=True)
    assert find_newest_drift(both) == find_newest_drift(quiet)
    assert ("rows", "rows, ratio") in alarms(find_newest_drift(both.assign(is_twin=False)))


@pytest.mark.slow
def test_on_a_quiet_farm_at_most_two_days_of_a_hundred_are_alarms() -> None:
    judged = alarmed = 0
    for seed in (1, 2):
        rows = generate_rows(60_000, 60, seed).assign(is_twin=False)
        for back in range(60 - LEAST_DAYS - 1):
            until = rows["time"].max() - timedelta(days=back)
            found = find_newest_drift(rows[(rows["time"] <= until) & (rows["time"] > until - LOOK_BACK)])
            judged += found.is_judged
            alarmed += bool(found.alarms)
    assert judged >= 2 * 44
    assert alarmed <= 0.02 * judged
