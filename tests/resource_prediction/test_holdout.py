"""What nothing is fitted on: which texts name it, and where it begins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.errors import HoldoutError
from resource_prediction.holdout import Holdout

HOUR_US = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "holdout"),
    [
        ("20%", Holdout("share", 0.2)),
        ("0.5%", Holdout("share", 0.005)),
        ("24h", Holdout("duration", 24 * HOUR_US)),
        ("2000", Holdout("rows", 2_000)),
    ],
)
def test_a_share_a_duration_or_a_number_of_rows_names_a_holdout(text: str, holdout: Holdout) -> None:
    assert Holdout.parse(text) == holdout


@pytest.mark.parametrize("text", ["0%", "100%", "120%", "-1", "-5%", "0", "0h", "", "%", "a fifth", "20 %", "3.5"])
def test_a_text_that_holds_out_nothing_or_all_is_refused_with_examples(text: str) -> None:
    with pytest.raises(HoldoutError, match=r"a share of the rows such as 20%, a duration such as 24h") as caught:
        Holdout.parse(text)
    assert caught.value.text == text


def test_the_newest_fifth_of_ten_rows_are_two() -> None:
    assert Holdout.parse("20%").cut_us(np.arange(10)) == 8


def test_the_last_hours_count_from_the_newest_row() -> None:
    times = np.array([0, 1, 5, 9]) * HOUR_US
    assert Holdout.parse("4h").cut_us(times) == 5 * HOUR_US


def test_a_number_of_rows_is_held_out_and_more_than_there_are_is_all_of_them() -> None:
    assert Holdout.parse("3").cut_us(np.arange(10)) == 7
    assert Holdout.parse("50").cut_us(np.arange(10)) == 0


def test_rows_of_equal_time_stay_on_one_side() -> None:
    times = np.array([1, 2, 7, 7, 7, 9])
    cut_us = Holdout.parse("2").cut_us(times)
    assert cut_us == 7
    assert (times >= cut_us).sum() == 4


@given(
    times=st.lists(st.integers(0, 50), min_size=1, max_size=60),
    text=st.sampled_from(["1%", "20%", "99%", "1", "7", "1s"]),
)
def test_the_cut_is_never_after_the_newest_row_and_order_does_not_matter(times: list[int], text: str) -> None:
    holdout = Holdout.parse(text)
    cut_us = holdout.cut_us(np.array(times))
    assert cut_us <= max(times)
    assert cut_us == holdout.cut_us(np.array(times[::-1]))
