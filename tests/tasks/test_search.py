"""A search as a task: its study is kept in the store, and belongs to one training set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prefect.client.schemas.objects import State

from resource_prediction.errors import FitError
from resource_prediction.recipe import Recipe
from tasks.features import cut_training_set
from tasks.search import Searched, search_family
from tests.tasks.conftest import FAMILY, Prepared


@pytest.fixture(autouse=True)
def trial_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial's score without a fit: the fewer bins the better."""
    monkeypatch.setattr(
        "resource_prediction.search.score_parameters", lambda _recipe, drawn, _data, _seed: float(drawn["n_bins"])
    )


def search(prepared: Prepared, trials: int) -> Searched:
    found = search_family.fn(prepared.store, prepared.order().recipe, prepared.cut, trials=trials, seed=1)
    assert isinstance(found, Searched)
    return found


def test_a_study_goes_on_in_the_next_run(prepared: Prepared) -> None:
    assert search(prepared, 3).trials == {"done": 3, "new": 3}
    assert search(prepared, 3).trials == {"done": 3, "new": 0}
    assert search(prepared, 5).trials == {"done": 5, "new": 2}


def test_the_best_recipe_keeps_the_rule_and_all_parameters(prepared: Prepared) -> None:
    found = search(prepared, 6)
    start = Recipe.of(prepared.order().recipe)
    best = Recipe.of(found.recipe)
    assert best.rule == start.rule
    assert best.parameters.keys() == start.parameters.keys()
    assert found.score == best.parameters["n_bins"] <= start.parameters["n_bins"]


def test_other_rows_are_another_question(prepared: Prepared) -> None:
    search(prepared, 2)
    cut = cut_training_set.fn(prepared.store, prepared.features, "judged", holdout="40%", train_window_us=None)
    assert search(replace(prepared, cut=cut), 2).trials == {"done": 2, "new": 2}


def test_a_search_that_cannot_be_made_ends_as_one_line(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> float:
        raise FitError("trial", got="no luck", expected="luck", next_step="Try again.")

    monkeypatch.setattr("resource_prediction.search.score_parameters", fail)
    state = search_family.fn(prepared.store, prepared.order().recipe, prepared.cut, trials=1, seed=1)
    assert isinstance(state, State)
    assert state.message == "trial: got no luck; expected luck. Try again."


def test_the_study_lies_in_the_store(prepared: Prepared) -> None:
    search(prepared, 1)
    assert [path.name for path in (Path(prepared.store) / "studies").glob("*.journal")] == [f"{FAMILY}.journal"]
