"""The contract suite that authors of families import: what every family promises. Not here: tests of one family."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resource_prediction.allocation import AllocationRule, allocate
from resource_prediction.arrays import FloatArray
from resource_prediction.config import create_predictor, default_parameters
from resource_prediction.errors import FeatureMismatchError, FitError, NotFittedError
from resource_prediction.models.base import BasePredictor

FEATURES = ("last_gib", "mean_gib", "code", "hour")


def sample(rows: int = 240, seed: int = 7) -> tuple[pd.DataFrame, FloatArray]:
    """A small farm: peaks of 1 to 30 GiB, four profiles, a spread of 0.3 that history explains in part.

    Returns:
        Features (float32, with missing values in ``mean_gib``), and peaks in GiB, in time order.
    """
    random = np.random.default_rng(seed)
    code = random.integers(0, 4, rows)
    typical = np.array([1.0, 3.0, 9.0, 27.0])[code]
    peak = typical * np.exp(0.3 * random.normal(size=rows))
    mean = np.where(random.random(rows) < 0.1, np.nan, typical * np.exp(0.1 * random.normal(size=rows)))
    last = typical * np.exp(0.3 * random.normal(size=rows))
    columns = np.column_stack([last, mean, code, random.integers(0, 24, rows)]).astype(np.float32)
    return pd.DataFrame(columns, columns=list(FEATURES)), peak


def allocations(model: BasePredictor, X: pd.DataFrame, under_cost: float = 5.0) -> FloatArray:
    """What the rule makes of a model's distribution, GiB."""
    return allocate(model.predict_distribution(X), AllocationRule(under_cost=under_cost), mean_peak_gib=10.0)


@cache
def fitted(family: str) -> BasePredictor:
    """A model of a family with its defaults, fitted on the sample once for all tests."""
    X, peak = sample()
    return create_predictor(family).fit_distribution(X, peak)


class FamilyContract:
    """Subclass it in a test module, set ``family`` to a name in MODEL_FAMILIES, and pytest finds the tests.

    Example:
        ``class TestMyFamily(FamilyContract): family = "my_family_regression"``
    """

    family: str

    @pytest.fixture
    def model(self) -> BasePredictor:
        """The family, fitted with its defaults; tests must not change it."""
        return fitted(self.family)

    def test_allocations_are_finite_positive_gib_near_the_peaks(self, model: BasePredictor) -> None:
        """Units: bytes or MiB would be out of this range by a factor of a thousand."""
        X, peak = sample(seed=8)
        allocation = allocations(model, X)
        assert allocation.shape == (len(X),)
        assert np.isfinite(allocation).all()
        assert allocation.min() > peak.min() / 3
        assert allocation.max() < peak.max() * 3

    def test_it_is_worth_more_than_one_allocation_for_all(self, model: BasePredictor) -> None:
        """Big jobs get more than small ones: a family that learned nothing fails here."""
        X, peak = sample(seed=8)
        allocation = allocations(model, X)
        assert np.median(allocation[peak > 15]) > 3 * np.median(allocation[peak < 3])
        assert (allocation < peak).mean() < 0.25

    def test_a_higher_penalty_never_lowers_an_allocation(self, model: BasePredictor) -> None:
        """Monotone in ``under_cost``."""
        X, _ = sample(seed=8)
        steps = [allocations(model, X, under_cost) for under_cost in (1.0, 2.0, 5.0, 20.0, 100.0)]
        assert all((lower <= higher).all() for lower, higher in pairwise(steps))
        assert steps[-1].sum() > steps[0].sum()

    def test_the_predicted_risk_never_rises_with_the_penalty(self, model: BasePredictor) -> None:
        """So the curve between the presets never turns back; what an allocation promises is within the rule."""
        X, _ = sample(seed=8)
        distribution = model.predict_distribution(X)
        risks = [distribution.exceedance(allocations(model, X, under_cost)) for under_cost in (1.0, 5.0, 20.0)]
        assert all((lower <= higher + 1e-9).all() for higher, lower in pairwise(risks))
        assert risks[0].max() <= AllocationRule().max_risk + 1e-9

    def test_quantiles_rise_with_their_level(self, model: BasePredictor) -> None:
        """The distribution is one."""
        X, _ = sample(seed=8)
        distribution = model.predict_distribution(X)
        quantiles = distribution.quantiles([0.1, 0.5, 0.9, 0.99])
        assert quantiles.shape == (len(X), 4)
        assert (np.diff(quantiles, axis=1) >= 0).all()
        assert (distribution.exceedance(quantiles[:, 2]) <= 0.1 + 1e-9).all()

    def test_missing_and_unseen_values_are_legal(self, model: BasePredictor) -> None:
        """A new branch is NaN after encoding; a row may hold nothing at all."""
        X, _ = sample(rows=3, seed=8)
        X.loc[0, "code"] = np.nan
        X.loc[1] = np.nan
        X.loc[2, "code"] = 99
        assert np.isfinite(allocations(model, X)).all()

    def test_one_row_gets_what_it_gets_in_a_batch(self, model: BasePredictor) -> None:
        """No row knows of the others."""
        X, _ = sample(rows=50, seed=8)
        alone = np.concatenate([allocations(model, X.iloc[[row]]) for row in range(5)])
        np.testing.assert_allclose(alone, allocations(model, X)[:5], rtol=1e-6)

    def test_the_order_of_rows_does_not_matter(self, model: BasePredictor) -> None:
        """Nor does their index."""
        X, _ = sample(rows=50, seed=8)
        turned = allocations(model, X.iloc[::-1].reset_index(drop=True))
        np.testing.assert_allclose(turned[::-1], allocations(model, X), rtol=1e-6)

    def test_no_rows_give_no_allocations(self, model: BasePredictor) -> None:
        """An empty night is no error."""
        X, _ = sample()
        assert allocations(model, X.iloc[:0]).shape == (0,)

    def test_columns_in_another_order_are_refused(self, model: BasePredictor) -> None:
        """Numbers in the wrong column would be believed."""
        X, _ = sample(rows=5)
        with pytest.raises(FeatureMismatchError, match="'hour' at place 0 of 4; expected 'last_gib'"):
            model.predict_distribution(X[list(FEATURES[::-1])])

    def test_a_saved_model_predicts_the_same(self, model: BasePredictor, tmp_path: Path) -> None:
        """And its parameters come back."""
        X, _ = sample(seed=8)
        model.save(tmp_path)
        loaded = type(model).load(tmp_path)
        np.testing.assert_array_equal(allocations(loaded, X), allocations(model, X))
        assert loaded.get_parameters() == model.get_parameters()
        assert loaded.features == model.features

    def test_a_copy_that_observes_leaves_the_model_as_it_is(self, model: BasePredictor, tmp_path: Path) -> None:
        """And what a model observed is saved with it."""
        X, peak = sample(seed=8)
        before = allocations(model, X)
        copy = model.copy()
        copy.observe(X, 2 * peak)
        np.testing.assert_array_equal(allocations(model, X), before)
        copy.save(tmp_path)
        np.testing.assert_array_equal(allocations(type(model).load(tmp_path), X), allocations(copy, X))
        assert model.observes == bool((allocations(copy, X) != before).any())

    def test_fitting_twice_gives_equal_predictions_and_bytes(self, model: BasePredictor, tmp_path: Path) -> None:
        """No clock, no address, no unseeded draw is in an artifact."""
        X, peak = sample()
        again = create_predictor(self.family).fit_distribution(X, peak)
        np.testing.assert_array_equal(allocations(again, X), allocations(model, X))
        model.save(tmp_path / "first")
        again.save(tmp_path / "second")
        first = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
        assert first == {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()}

    def test_threads_change_no_fit(self, model: BasePredictor) -> None:
        """One thread or two: the same model, so that a bigger machine gives no other champion."""
        X, peak = sample()
        two = create_predictor(self.family, n_jobs=2).fit_distribution(X, peak)
        quantiles = [0.1, 0.5, 0.9]
        expected = model.predict_distribution(X).quantiles(quantiles)
        np.testing.assert_allclose(two.predict_distribution(X).quantiles(quantiles), expected, rtol=1e-6)

    def test_parameters_are_the_defaults_of_the_table(self, model: BasePredictor) -> None:
        """What a fit without a search used is on record."""
        assert default_parameters(self.family).items() <= model.get_parameters().items()

    def test_a_fit_on_nothing_is_an_error_that_says_so(self) -> None:
        """As is a model that was never fitted."""
        X, peak = sample()
        with pytest.raises(FitError, match="got 0 rows; expected 2 rows or more"):
            create_predictor(self.family).fit_distribution(X.iloc[:0], peak[:0])
        with pytest.raises(NotFittedError, match="no fit yet"):
            create_predictor(self.family).predict_distribution(X)

    def test_equal_peaks_are_learned_as_one_value(self) -> None:
        """One bin, no spread: every allocation is near that value."""
        X, _ = sample(rows=40)
        model = create_predictor(self.family).fit_distribution(X, np.full(40, 6.0))
        np.testing.assert_allclose(allocations(model, X), 6.0, rtol=0.02)
