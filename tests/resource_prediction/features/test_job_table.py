"""The table of all jobs: any rows, described as a whole table describes them, whatever parts it was joined from."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from resource_prediction.errors import TooFewRowsError
from resource_prediction.features.job_table import JobPart, JobTable
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES
from resource_prediction.features.table import describe_table
from resource_prediction.outcomes import read_outcomes
from resource_prediction.training import build_training_set, cut_table
from tests.resource_prediction.fits import HOUR_US, submitted_us

MakeRows = Callable[..., pd.DataFrame]


def table_of(rows: pd.DataFrame, *cuts: int) -> JobTable:
    """The table of rows that come in parts, cut at these places."""
    edges = [0, *cuts, len(rows)]
    parts = (JobPart.read(rows.iloc[a:b], HOUR_US) for a, b in itertools.pairwise(edges))
    return JobTable.build(JobPart.join(parts, len(rows)), workers=2)


def test_any_rows_are_described_as_in_the_whole_table(rows: pd.DataFrame) -> None:
    whole = describe_table(rows, read_outcomes(rows, HOUR_US), workers=1)[1]
    table, some = table_of(rows), np.array([399, 3, 3, 120])
    for chosen in (slice(None), slice(100, 250), some, rows["jobs"].to_numpy() == 500):
        assert table[chosen].tobytes() == whole[chosen].tobytes()


@pytest.mark.parametrize("cuts", [(150,), (10, 64, 300)])
def test_it_does_not_matter_in_which_parts_the_rows_came(rows: pd.DataFrame, cuts: tuple[int, ...]) -> None:
    found, words = table_of(rows, *cuts).to_arrays()
    expected, same_words = table_of(rows).to_arrays()
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        if not name.startswith("text."):
            np.testing.assert_array_equal(found[name], array)
    for name in words:
        texts = np.array(words[name], dtype=object)[found[f"text.{name}"]]
        assert (texts == np.array(same_words[name], dtype=object)[expected[f"text.{name}"]]).all()


def test_a_table_comes_back_from_its_arrays(rows: pd.DataFrame) -> None:
    table = table_of(rows)
    again = JobTable.from_arrays(*table.to_arrays())
    assert again[:].tobytes() == table[:].tobytes()
    assert (again.until_us, len(again)) == (int(submitted_us(rows)[-1]) + 1, 400)


def test_a_training_set_of_the_table_is_the_one_of_its_rows(make_rows: MakeRows) -> None:
    rows = make_rows(900, seed=3)
    outcomes, until_us = read_outcomes(rows, HOUR_US), int(submitted_us(rows)[700])
    whole = describe_table(rows, outcomes, workers=1)[1]
    expected = build_training_set(rows, outcomes, whole, until_us=until_us, train_window_us=10 * 24 * HOUR_US)
    found = cut_table(lambda: table_of(rows, 300), until_us=until_us, train_window_us=10 * 24 * HOUR_US)
    assert found.matrix.tobytes() == expected.matrix.tobytes()
    assert (found.rows_digest, found.encoder, found.mean_peak_gib) == (
        expected.rows_digest,
        expected.encoder,
        expected.mean_peak_gib,
    )
    for name, array in expected.state.to_arrays().items():
        np.testing.assert_array_equal(found.state.to_arrays()[name], array)


def test_a_training_set_is_thinned_to_the_newest_half_and_older_rows(
    make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = make_rows(900, seed=3)
    everything = cut_table(lambda: table_of(rows), until_us=int(submitted_us(rows)[800]))
    monkeypatch.setattr("resource_prediction.training.TRAINING_ROWS", 100)
    thinned = cut_table(lambda: table_of(rows), until_us=int(submitted_us(rows)[800]))
    assert len(thinned.peak_gib) == 100
    history = slice(-len(POINT_IN_TIME_FEATURES), None)
    assert thinned.matrix[50:, history].tobytes() == everything.matrix[-50:, history].tobytes()
    assert thinned.submitted_us[0] == everything.submitted_us[0]
    assert thinned.state.to_arrays()["counts"].tolist() == everything.state.to_arrays()["counts"].tolist()


def test_too_few_known_rows_make_no_training_set(rows: pd.DataFrame) -> None:
    with pytest.raises(TooFewRowsError, match="expected at least 50"):
        cut_table(lambda: table_of(rows), until_us=int(submitted_us(rows)[20]))
