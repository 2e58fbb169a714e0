from __future__ import annotations

import numpy as np
import pytest

from resource_prediction.models.out_of_time import out_of_time, thin, time_blocks


def test_blocks_are_contiguous_and_never_fitted_on() -> None:
    blocks = list(time_blocks(10, 3))
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), np.arange(10))
    for fit_on, block in blocks:
        assert np.ptp(block) == block.size - 1
        assert not set(fit_on) & set(block)
        assert fit_on.size + block.size == 10


def test_every_row_is_predicted_once_by_a_fit_without_it() -> None:
    predicted = out_of_time(6, 3, lambda fit_on, block: np.full(block.size, fit_on.sum()))
    np.testing.assert_array_equal(predicted, [14, 14, 10, 10, 6, 6])


@pytest.mark.parametrize("most", [None, 10, 11])
def test_few_rows_are_all_kept(most: int | None) -> None:
    np.testing.assert_array_equal(thin(10, most), np.arange(10))


def test_thinning_keeps_the_newest_half_and_spreads_the_rest() -> None:
    np.testing.assert_array_equal(thin(20, 10), [0, 4, 7, 10, 14, 15, 16, 17, 18, 19])


def test_thinning_never_takes_a_row_twice() -> None:
    for rows in range(2, 40):
        for most in range(1, rows):
            kept = thin(rows, most)
            assert kept.size == most == np.unique(kept).size
