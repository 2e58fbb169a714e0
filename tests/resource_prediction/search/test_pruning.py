"""A trial is stopped where it is behind the best on the same jobs by more than chance, and goes on elsewhere."""

from __future__ import annotations

from resource_prediction.search.pruning import LOOK_CHANCE, is_behind

BEST = [80.0, 100.0, 60.0, 120.0, 90.0, 70.0, 110.0, 95.0, 85.0, 75.0, 65.0, 105.0]


def test_behind_on_every_block_is_behind() -> None:
    assert is_behind([each + 1 for each in BEST[:4]], BEST)


def test_behind_on_most_blocks_and_ahead_on_one_by_little_is_behind() -> None:
    assert is_behind([81.0, 102.0, 63.0, 119.5], BEST)


def test_behind_on_half_of_the_blocks_goes_on() -> None:
    assert not is_behind([90.0, 110.0, 50.0, 111.0], BEST)


def test_ahead_or_equal_goes_on() -> None:
    assert not is_behind([each - 1 for each in BEST[:8]], BEST)
    assert not is_behind(BEST[:4], BEST)


def test_ahead_over_all_blocks_goes_on_however_many_it_is_behind_on() -> None:
    assert not is_behind([81.0, 101.0, 61.0, 21.0], BEST)


def test_a_first_look_stops_only_what_is_behind_on_every_block_of_the_first_fold() -> None:
    assert is_behind([each + 1 for each in BEST[:4]], BEST, LOOK_CHANCE)
    assert not is_behind([81.0, 102.0, 63.0, 119.5], BEST, LOOK_CHANCE)
