from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resource_prediction.features.raw_rows import Submissions, read_submissions
from resource_prediction.models import parts
from resource_prediction.models.parts import by_parts, cut_parts


@pytest.fixture
def submissions(make_rows_once: Callable[..., pd.DataFrame]) -> Submissions:
    return read_submissions(make_rows_once(400, seed=11))


def test_few_rows_are_one_part_as_they_come(submissions: Submissions) -> None:
    assert cut_parts(submissions) == [slice(0, 400)]


def test_many_rows_are_cut_into_parts_of_alike_jobs_and_each_is_in_one(
    submissions: Submissions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_ROWS", 30)
    cut = cut_parts(submissions)
    assert len(cut) == 14
    order = np.concatenate([np.arange(400)[part] for part in cut])
    np.testing.assert_array_equal(np.sort(order), np.arange(400))
    profile = submissions.text["buildProfile"]
    of_rows = profile.codes[order]
    assert (np.diff(of_rows) != 0).sum() == len(np.unique(of_rows)) - 1


@pytest.mark.parametrize("columns", [(), (2,)])
def test_what_parts_give_comes_back_in_the_order_of_the_rows(
    columns: tuple[int, ...], submissions: Submissions, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.arange(400.0 * max(sum(columns), 1)).reshape(400, *columns)

    def number_part(part: Any) -> Any:
        return numbers[part]

    monkeypatch.setattr(parts, "PART_ROWS", 30)
    np.testing.assert_array_equal(by_parts(submissions, number_part), numbers)
