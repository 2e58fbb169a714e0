"""Promises of the comparison of two recipes: pairs of blocks, bootstrap, nightly bound."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.comparison import Fits, PairedBlocks, RecipeBlocks, against_peaks, pair, recipe_blocks
from resource_prediction.improvement import improvement, lower_bound, nightly_gains
from resource_prediction.scoring import business_score

START = np.datetime64("2025-04-28T00:00:00", "us")
SIX_HOURS = np.timedelta64(6, "h")
MINIMUM = {"min_blocks": 20, "min_days": 5, "resamples": 300, "seed": 7}


def _blocks(under_rows: list[float], excess_gib: list[float], *, rows: float = 100, age_hours: int = 0) -> RecipeBlocks:
    starts = START + np.arange(len(under_rows)) * SIX_HOURS
    full = np.ones(len(under_rows))
    fitted = np.full(len(under_rows), START - np.timedelta64(age_hours, "h"))
    return RecipeBlocks(starts, fitted, rows * full, np.array(under_rows), np.array(excess_gib), 1000 * full)


def _entry(block: str, recipe: str, segment: str, rows: int, fitted_until: str = "2025-04-01") -> tuple[object, ...]:
    return block, recipe, segment, fitted_until, rows, 1, 2.0, 10.0 * rows


def _ledger(*entries: tuple[object, ...]) -> pd.DataFrame:
    columns = ["block_start", "recipe", "segment", "fitted_until", "rows", "under_rows", "excess_gib", "peak_gib"]
    return pd.DataFrame(list(entries), columns=columns)


def test_segments_of_a_block_are_summed() -> None:
    blocks = recipe_blocks(_ledger(_entry("2025-04-28", "a", "core", 5), _entry("2025-04-28", "a", "docs", 3)))
    assert blocks["a"].rows.tolist() == [8.0]
    assert blocks["a"].under_rows.tolist() == [2.0]


def test_only_blocks_that_both_have_on_the_same_rows_with_fits_of_one_night_are_paired() -> None:
    ledger = _ledger(
        _entry("2025-04-28T00:00", "a", "core", 5),
        _entry("2025-04-28T00:00", "b", "core", 5),
        _entry("2025-04-28T06:00", "a", "core", 5),
        _entry("2025-04-28T12:00", "a", "core", 5),
        _entry("2025-04-28T12:00", "b", "core", 6),
        _entry("2025-04-28T18:00", "a", "core", 5),
        _entry("2025-04-28T18:00", "b", "core", 5, fitted_until="2025-04-02"),
    )
    blocks = recipe_blocks(ledger)
    assert [pair(blocks["a"], blocks["b"], fits).blocks for fits in ("equal", "newer", "any")] == [1, 2, 2]
    assert pair(blocks["b"], blocks["a"], "newer").blocks == 1


def _fits_of_a_block(recipe: str, fits: dict[str, int], rows: int = 5) -> list[tuple[object, ...]]:
    """One entry of the same block for each day that a fit was cut at, with the GiB in excess that tell it apart."""
    key = ("2025-04-28", recipe, "core")
    return [(*key, f"2025-04-{day}", rows, 1, float(excess), 10.0 * rows) for day, excess in fits.items()]


@pytest.mark.parametrize(
    ("fits", "champion_fits", "challenger_fits", "gain_gib"),
    [
        # Both have fits of the 1st and the 2nd; an ad hoc run of the 3rd has the champion alone.
        ("equal", {"01": 10, "02": 20, "03": 40}, {"01": 1, "02": 2}, 20 - 2),
        ("equal", {"01": 10}, {"02": 2}, None),
        # The champion's newest with the challenger's newest.
        ("newer", {"01": 10, "02": 20}, {"01": 1, "02": 2, "03": 4}, 20 - 4),
        ("newer", {"01": 10, "03": 40}, {"01": 1, "02": 2}, 10 - 2),
        ("any", {"01": 10, "03": 40}, {"01": 1, "02": 2}, 40 - 2),
    ],
)
def test_a_block_with_several_fits_counts_once_with_the_newest_that_fit_together(
    fits: Fits, champion_fits: dict[str, int], challenger_fits: dict[str, int], gain_gib: int | None
) -> None:
    entries = [*_fits_of_a_block("a", champion_fits), *_fits_of_a_block("b", challenger_fits)]
    for ledger in (_ledger(*entries), _ledger(*reversed(entries))):
        blocks = recipe_blocks(ledger)
        pairs = pair(blocks["a"], blocks["b"], fits)
        assert pairs.excess_gain_gib.tolist() == ([] if gain_gib is None else [gain_gib])
        assert pairs.rows.tolist() == ([] if gain_gib is None else [5])


def test_a_common_fit_with_other_rows_gives_way_to_an_older_one_with_the_same() -> None:
    later = [*_fits_of_a_block("a", {"02": 20}, rows=5), *_fits_of_a_block("b", {"02": 2}, rows=6)]
    ledger = _ledger(*_fits_of_a_block("a", {"01": 10}), *_fits_of_a_block("b", {"01": 1}), *later)
    blocks = recipe_blocks(ledger)
    assert pair(blocks["a"], blocks["b"]).excess_gain_gib.tolist() == [9]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5), st.integers(1, 4)), min_size=1, unique=True))
def test_no_block_is_ever_paired_twice_whatever_fits_there_are(entries: list[tuple[str, int, int]]) -> None:
    days = [(_entry(f"2025-04-1{block}", recipe, "core", 5, f"2025-04-0{fit}")) for recipe, block, fit in entries]
    blocks = recipe_blocks(_ledger(*days))
    of = {recipe: {(block, fit) for one, block, fit in entries if one == recipe} for recipe in "ab"}
    starts = pair(blocks.get("a"), blocks.get("b")).block_start
    common = {f"2025-04-1{block}" for block, _ in of["a"] & of["b"]}
    assert [str(start)[:10] for start in starts] == sorted(common)


@pytest.mark.parametrize(("column", "value"), [("rows", 6), ("peak_gib", 51.0)])
def test_a_block_scored_on_other_rows_is_not_paired(column: str, value: float) -> None:
    ledger = _ledger(_entry("2025-04-28", "a", "core", 5), _entry("2025-04-28", "b", "core", 5))
    assert pair(*recipe_blocks(ledger).values()).blocks == 1
    ledger[column] = [ledger.loc[0, column], value]
    assert pair(*recipe_blocks(ledger).values()).blocks == 0


def test_a_recipe_without_entries_is_paired_with_nothing() -> None:
    assert pair(None, _blocks([1], [1])).blocks == 0
    assert math.isnan(pair(None, None).gain(5.0))


def test_one_under_allocated_job_less_in_a_hundred_is_five_points_and_ten_gib_in_a_thousand_one() -> None:
    pairs = pair(_blocks([3, 3], [20, 20]), _blocks([2, 2], [10, 10]))
    assert pairs.gain(5.0) == pytest.approx(5 + 1)


def _jobs(hours: list[float], allocation_gib: list[float]) -> pd.DataFrame:
    times = pd.Timestamp("2025-04-28") + pd.to_timedelta(hours, unit="h")
    return pd.DataFrame({"time": times, "peak_gib": 10.0, "allocation_gib": allocation_gib, "censored": False})


def test_against_the_peaks_a_block_has_its_under_allocated_jobs_and_its_excess() -> None:
    pairs = against_peaks(_jobs([0, 7, 5.9, 23], [8.0, 12.0, 15.0, 10.0]))
    assert [str(start)[11:13] for start in pairs.block_start] == ["00", "06", "18"]
    assert pairs.rows.tolist() == [2, 1, 1]
    assert pairs.under_gain_rows.tolist() == [1, 0, 0]
    assert pairs.excess_gain_gib.tolist() == [5, 2, 0]


@given(st.lists(st.tuples(st.floats(0, 200), st.floats(0, 30)), min_size=1))
def test_the_gain_of_meeting_every_peak_is_the_score(jobs: list[tuple[float, float]]) -> None:
    table = _jobs([hour for hour, _ in jobs], [gib for _, gib in jobs])
    score = business_score(table["peak_gib"], table["allocation_gib"], 3.0)
    assert against_peaks(table).gain(3.0) == pytest.approx(score.score)


@pytest.mark.parametrize(("blocks", "min_days"), [(19, 5), (20, 6)])
def test_under_the_minimum_of_evidence_there_is_no_interval(blocks: int, min_days: int) -> None:
    pairs = pair(_blocks([3] * blocks, [20] * blocks), _blocks([2] * blocks, [10] * blocks))
    assert improvement(pairs, 5.0, **{**MINIMUM, "min_days": min_days}) is None


def test_twenty_equal_blocks_over_five_days_leave_no_doubt() -> None:
    gain = improvement(pair(_blocks([3] * 20, [20] * 20), _blocks([2] * 20, [20] * 20)), 5.0, **MINIMUM)
    assert gain is not None
    assert (gain.mean, gain.low, gain.high, gain.probability) == pytest.approx((5, 5, 5, 1))
    assert (gain.blocks, gain.days, gain.rows) == (20, 5, 2000)


def test_a_recipe_against_itself_is_a_coin_toss_at_zero() -> None:
    gain = improvement(pair(_blocks([3] * 20, [9] * 20), _blocks([3] * 20, [9] * 20)), 5.0, **MINIMUM)
    assert gain is not None
    assert (gain.mean, gain.low, gain.high, gain.probability) == (0, 0, 0, 0.5)


SUMS = st.lists(st.tuples(*[st.floats(0, 90)] * 4), min_size=20, max_size=40)


@given(SUMS)
def test_a_against_b_is_the_negative_of_b_against_a(sums: list[tuple[float, float, float, float]]) -> None:
    under_a, excess_a, under_b, excess_b = (list(column) for column in zip(*sums, strict=True))
    one, other = _blocks(under_a, excess_a), _blocks(under_b, excess_b)
    there = improvement(pair(one, other), 5.0, **MINIMUM)
    back = improvement(pair(other, one), 5.0, **MINIMUM)
    assert there is not None
    assert back is not None
    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low), abs=1e-9)
    assert there.probability == pytest.approx(1 - back.probability)


@given(SUMS)
def test_the_interval_is_the_same_for_a_seed(sums: list[tuple[float, float, float, float]]) -> None:
    under_a, excess_a, under_b, excess_b = (list(column) for column in zip(*sums, strict=True))
    pairs = pair(_blocks(under_a, excess_a), _blocks(under_b, excess_b))
    assert improvement(pairs, 5.0, **MINIMUM) == improvement(pairs, 5.0, **MINIMUM)


def test_the_bootstrap_has_the_standard_error_of_the_blocks() -> None:
    random = np.random.default_rng(1)
    under = random.normal(50, 3, 400)
    pairs = pair(_blocks(under.tolist(), [0.0] * 400), _blocks([50.0] * 400, [0.0] * 400))
    gains = pairs.resampled_gains(5.0, resamples=4000, seed=0)
    assert gains.std() == pytest.approx(5 * under.std() / np.sqrt(400), rel=0.05)


def _nightly(rows: list[float], nights_until: int, min_rows: int) -> tuple[list[float], list[int]]:
    """Four equal blocks a night, night k with rows[k] jobs each and one under-allocated job less in its first block."""
    full = np.repeat(np.array(rows), 4)
    gained = np.tile([1.0, 0, 0, 0], len(rows))
    starts = START + np.arange(len(full)) * SIX_HOURS
    pairs = PairedBlocks(starts, full, full, gained, 0 * full)
    day = np.timedelta64(24, "h")
    gains, ends = nightly_gains(pairs, 1.0, since=START, until=START + nights_until * day, min_rows=min_rows)
    return gains.tolist(), ((ends - START) // day).tolist()


def test_a_night_is_24_hours_of_blocks_and_counts_when_it_is_complete() -> None:
    assert _nightly([25, 50, 100], nights_until=2, min_rows=1) == ([1.0, 0.5], [1, 2])


def test_a_night_with_few_jobs_is_joined_to_the_next() -> None:
    assert _nightly([25, 2.5, 22.5, 25], nights_until=4, min_rows=50) == ([1.0, 2.0, 1.0], [1, 3, 4])


def test_the_bound_of_nightly_gains_is_that_of_the_t_test() -> None:
    # Mean 2, standard error 1 / sqrt(3), t quantile 9.925 for 2 degrees of freedom at 0.995.
    assert lower_bound(np.array([1.0, 2.0, 3.0]), 0.995) == pytest.approx(2 - 9.9248 / np.sqrt(3), abs=1e-3)


def test_one_night_bounds_nothing() -> None:
    assert lower_bound(np.array([5.0]), 0.995) == -np.inf
