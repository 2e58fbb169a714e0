"""A search fits on no fold's future (codes of words are shared), begins with the defaults, and goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import (
    HYPERPARAMETER_CONFIGS,
    MODEL_FAMILIES,
    default_parameters,
    families_of,
    hyperparameters,
)
from resource_prediction.models.base import BasePredictor
from resource_prediction.recipe import Recipe
from resource_prediction.search import FOLDS, SearchResult, folds_in_time, score_parameters, search, suggest
from resource_prediction.training import TrainingSet
from tests.resource_prediction.fits import HOUR_US, cut, submitted_us

FAMILY = "users_regression"


class TypicalPeak(BasePredictor):
    """A quantile of all peaks: 0.9 is a better answer than 0.1."""

    def __init__(self, share: float = 0.5, bias: str = "none", **kwargs: object) -> None:
        self.share, self.bias = share, bias

    def fit(self, X: Any, y: Any, **fit_params: Any) -> TypicalPeak:
        self.gib = float(np.quantile(y, self.share)) * (3.0 if self.bias == "heavy" else 1.0)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.gib)


@pytest.fixture(autouse=True)
def quick_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family that is fitted in no time."""
    entry: Any = {"type": "regression", "base_model": "a user's", "class": lambda: TypicalPeak}
    monkeypatch.setitem(MODEL_FAMILIES, FAMILY, entry)
    space: Any = {
        "share": {"min": 0.1, "max": 0.9, "type": "float", "default": 0.25},
        "bias": {"choices": ["none", "heavy"], "default": "none"},
    }
    monkeypatch.setitem(HYPERPARAMETER_CONFIGS, FAMILY, space)


@pytest.fixture(scope="session")
def data(make_rows_once: Callable[..., pd.DataFrame]) -> TrainingSet:
    rows = make_rows_once(300, seed=31)
    return cut(rows, int(submitted_us(rows)[-1]) + 2 * HOUR_US)


def run(data: TrainingSet, storage: optuna.storages.BaseStorage, trials: int, seed: int = 1) -> SearchResult:
    recipe = Recipe(FAMILY, default_parameters(FAMILY), AllocationRule(), HOUR_US)
    return search(recipe, data, storage, name="study", trials=trials, seed=seed)


def parameters_of(storage: optuna.storages.BaseStorage) -> list[dict[str, Any]]:
    return [trial.params for trial in optuna.load_study(study_name="study", storage=storage).trials]


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


def test_the_defaults_are_the_first_trial(data: TrainingSet) -> None:
    storage = optuna.storages.InMemoryStorage()
    found = run(data, storage, trials=1)
    assert parameters_of(storage) == [{"share": 0.25, "bias": "none"}]
    assert found.recipe.parameters == {"share": 0.25, "bias": "none"}
    assert found.score == score_parameters(found.recipe, {"share": 0.25, "bias": "none"}, data, 1)


def test_trials_are_capped_by_the_requests_as_served_allocations_are(data: TrainingSet) -> None:
    generous = Recipe(FAMILY, default_parameters(FAMILY), AllocationRule(headroom_pct=100_000.0), HOUR_US)
    asked_their_peak = replace(data, memreq_gib=data.peak_gib)
    assert score_parameters(generous, generous.parameters, asked_their_peak, 1) == 0.0
    nobody_asked = replace(data, memreq_gib=np.full(len(data.peak_gib), np.nan))
    assert score_parameters(generous, generous.parameters, nobody_asked, 1) > 1_000


def test_a_search_ends_with_the_best_of_its_trials(data: TrainingSet) -> None:
    storage = optuna.storages.InMemoryStorage()
    found = run(data, storage, trials=8)
    study = optuna.load_study(study_name="study", storage=storage)
    assert found.score == min(trial.value for trial in study.trials if trial.value is not None)
    assert found.recipe.parameters == study.best_params
    assert (found.done, found.new) == (8, 8)
    assert found.score <= study.trials[0].value


def test_choices_and_ranges_are_drawn_from_the_table(data: TrainingSet) -> None:
    storage = optuna.storages.InMemoryStorage()
    run(data, storage, trials=12)
    drawn = parameters_of(storage)
    assert {trial["bias"] for trial in drawn} == {"none", "heavy"}
    assert all(0.1 <= trial["share"] <= 0.9 for trial in drawn)


def test_a_search_goes_on_and_draws_no_trial_twice(data: TrainingSet) -> None:
    storage = optuna.storages.InMemoryStorage()
    run(data, storage, trials=3)
    more = run(data, storage, trials=5)
    assert (more.done, more.new) == (5, 2)
    shares = [trial["share"] for trial in parameters_of(storage)]
    assert len(set(shares)) == 5
    again = run(data, storage, trials=5)
    assert (again.done, again.new, again.recipe) == (5, 0, more.recipe)


def test_equal_seeds_draw_equal_trials(data: TrainingSet) -> None:
    storages = [optuna.storages.InMemoryStorage() for _ in range(3)]
    for storage, seed in zip(storages, (1, 1, 2), strict=True):
        run(data, storage, trials=4, seed=seed)
    one, same, other = (parameters_of(storage) for storage in storages)
    assert one == same
    assert one[1:] != other[1:]


@pytest.mark.parametrize("family", families_of())
def test_every_family_draws_each_of_its_parameters_within_its_bounds(family: str) -> None:
    space = hyperparameters(family)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
    for _ in range(20):
        drawn = suggest(study.ask(), family)
        assert drawn.keys() == space.keys()
        for name, value in drawn.items():
            entry = space[name]
            if "choices" in entry:
                assert value in entry["choices"]
            else:
                assert entry["min"] <= value <= entry["max"]
                assert isinstance(value, int) == (entry["type"] == "int")


@pytest.mark.parametrize("family", families_of())
def test_every_default_lies_within_its_own_space(family: str) -> None:
    for name, entry in hyperparameters(family).items():
        if "choices" in entry:
            assert entry["default"] in entry["choices"], name
        else:
            assert entry["min"] <= entry["default"] <= entry["max"], name
