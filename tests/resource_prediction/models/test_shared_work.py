"""What fits share is made once for equal content, and a forest's first trees are the smaller forest."""

from __future__ import annotations

import numpy as np
import pytest

from resource_prediction.config import create_predictor
from resource_prediction.features.matrix import FEATURES, as_frame
from resource_prediction.models import shared_work
from resource_prediction.models.shared_work import SharedWork, content_key


def test_equal_content_has_equal_keys_and_other_content_or_shape_another() -> None:
    one = np.arange(6.0)
    assert content_key("bins", [one, None]) == content_key("bins", [one.copy(), None])
    others = [
        content_key("bins", [one + 1, None]),
        content_key("bins", [one.reshape(2, 3), None]),
        content_key("bins", [one.astype(np.float32), None]),
        content_key("bins", [one, one]),
        content_key("other bins", [one, None]),
    ]
    assert len({content_key("bins", [one, None]), *others}) == 6


def test_what_is_prepared_is_made_once_and_the_longest_unused_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_work, "MOST_PREPARED", 2)
    work, made = SharedWork(), []
    for key in ("a", "b", "a", "c", "a", "b"):
        work.prepare(key, lambda key=key: made.append(key))  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]


def test_a_larger_learner_serves_smaller_ones_until_it_is_forgotten() -> None:
    work = SharedWork()
    assert work.grow("trees", 10, lambda: "ten") == "ten"
    assert work.grow("trees", 5, lambda: "five") == "ten"
    assert work.grow("trees", 20, lambda: "twenty") == "twenty"
    work.forget_grown()
    assert work.grow("trees", 5, lambda: "five") == "five"


@pytest.mark.parametrize("family", ["extra_trees_regression", "random_forest_classification"])
def test_the_first_trees_of_a_large_forest_are_the_small_forest(family: str) -> None:
    draw = np.random.default_rng(5)
    X = as_frame(draw.normal(size=(200, len(FEATURES))).astype(np.float32))
    peak_gib = np.exp(draw.normal(size=200))
    work = SharedWork()
    create_predictor(family, {"n_estimators": 40}).share_work(work).fit_distribution(X, peak_gib)
    cut, grown = (create_predictor(family, {"n_estimators": 12}) for _ in range(2))
    cut.share_work(work).fit_distribution(X, peak_gib)
    grown.fit_distribution(X, peak_gib)
    assert cut.forest.num_tree == 12  # type: ignore[attr-defined]
    levels = [0.1, 0.5, 0.9]
    np.testing.assert_array_equal(
        cut.predict_distribution(X).quantiles(levels), grown.predict_distribution(X).quantiles(levels)
    )
