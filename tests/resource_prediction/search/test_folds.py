"""A search fits on no fold's future."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.search import FOLDS, folds_in_time


@given(
    gaps=st.lists(st.integers(0, 5), min_size=10, max_size=80),
    delays=st.lists(st.integers(1, 30), min_size=80, max_size=80),
)
def test_a_fold_never_sees_the_future(gaps: list[int], delays: list[int]) -> None:
    submitted = np.cumsum(gaps)
    known = submitted + np.array(delays[: len(gaps)])
    folds = list(folds_in_time(submitted, known))
    assert len(folds) == FOLDS
    for fold in folds:
        assert len(fold.score) == len(gaps) // (FOLDS + 2)
        assert (known[fold.fit] < submitted[fold.score[0]]).all()
        assert not set(fold.fit) & set(fold.score)
        assert fold.fit.max(initial=-1) < fold.score[0]


def test_folds_score_the_last_blocks_one_after_the_other() -> None:
    submitted = np.arange(10)
    folds = list(folds_in_time(submitted, submitted + 1))
    assert [fold.score.tolist() for fold in folds] == [[4, 5], [6, 7], [8, 9]]
    assert [fold.fit.tolist() for fold in folds] == [[0, 1, 2], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5, 6]]
