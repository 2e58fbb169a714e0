"""A search begins with the defaults, goes on where it was, is no worse than them, and keeps to its budget."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from resource_prediction.config import HYPERPARAMETER_CONFIGS, MODEL_FAMILIES
from resource_prediction.errors import FitError
from resource_prediction.search import FoldScore, score_parameters
from resource_prediction.search import study as study_module
from resource_prediction.training import TrainingSet
from tests.resource_prediction.search.searches import FAMILY, SPACE, CutTypicalPeak, parameters_of, run


def test_the_defaults_are_the_first_trial(data: TrainingSet) -> None:
    storage = optuna.storages.InMemoryStorage()
    found = run(data, storage, trials=1)
    assert parameters_of(storage) == [{"share": 0.25, "bias": "none"}]
    assert found.recipe.parameters == {"share": 0.25, "bias": "none"}
    assert found.score == score_parameters(found.recipe, {"share": 0.25, "bias": "none"}, data, 1)
    assert [trial.kind for trial in found.trials] == ["defaults"]


def test_a_search_ends_with_the_best_of_its_trials(data: TrainingSet) -> None:
    storage = optuna.storages.InMemoryStorage()
    found = run(data, storage, trials=8)
    study = optuna.load_study(study_name="study", storage=storage)
    assert found.score == min(trial.value for trial in study.get_trials(states=[TrialState.COMPLETE]))
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


def made_stages(monkeypatch: pytest.MonkeyPatch, *trials: list[FoldScore]) -> None:
    """Let trials show these stages."""
    stages = iter(trials)
    monkeypatch.setattr(study_module, "score_folds", lambda *_, **__: iter(next(stages)))


def look(fold: int, score: float) -> FoldScore:
    return FoldScore(fold, score, (score,) * 4 * (fold + 1), is_first_look=True)


def fold(number: int, score: float) -> FoldScore:
    return FoldScore(number, score, (score,) * 4 * (number + 1))


def made_scores(monkeypatch: pytest.MonkeyPatch, *trials: list[float]) -> list[dict[str, Any]]:
    """Let trials score this after each fold; returns the parameters that were scored."""
    scores, asked = iter(trials), []

    def score_folds(_recipe: Any, parameters: dict[str, Any], *_: Any, **__: Any) -> Iterator[FoldScore]:
        asked.append(parameters)
        yield from [FoldScore(fold, score, (score,) * 4 * (fold + 1)) for fold, score in enumerate(next(scores))]

    monkeypatch.setattr(study_module, "score_folds", score_folds)
    return asked


def states(storage: optuna.storages.BaseStorage) -> list[TrialState]:
    return [trial.state for trial in optuna.load_study(study_name="study", storage=storage).trials]


def test_a_trial_that_falls_behind_the_best_is_pruned_and_counts(
    data: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = optuna.storages.InMemoryStorage()
    made_scores(monkeypatch, [50.0, 50.0, 50.0], [40.0, 40.0, 40.0], [60.0], [30.0, 60.0], [30.0, 30.0, 30.0])
    found = run(data, storage, trials=5)
    assert [trial.is_pruned for trial in found.trials] == [False, False, True, True, False]
    assert (found.done, found.new, found.score) == (5, 5, 30.0)


def test_a_first_look_is_compared_with_first_looks_and_tells_the_sampler_a_score_like_others(
    data: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = optuna.storages.InMemoryStorage()
    defaults = [look(0, 30.0), fold(0, 50.0), look(1, 30.0), fold(1, 48.0), look(2, 30.0), fold(2, 46.0)]
    ahead_of_folds_behind_at_looks = [look(0, 32.0)]
    behind_at_the_last_look = [look(0, 30.0), fold(0, 50.0), look(1, 30.0), fold(1, 48.0), look(2, 33.0)]
    made_stages(monkeypatch, defaults, ahead_of_folds_behind_at_looks, behind_at_the_last_look)
    found = run(data, storage, trials=3)
    assert [trial.is_pruned for trial in found.trials] == [False, True, True]
    assert [trial.score for trial in found.trials] == [46.0, 52.0, 49.0]


def test_a_study_from_before_there_were_first_looks_goes_on(data: TrainingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = optuna.storages.InMemoryStorage()
    made_stages(monkeypatch, [fold(0, 50.0), fold(1, 50.0), fold(2, 50.0)])
    run(data, storage, trials=1)
    made_stages(monkeypatch, [look(0, 90.0), fold(0, 60.0)])
    assert [trial.score for trial in run(data, storage, trials=2).trials] == [50.0, 60.0]


def test_the_defaults_are_never_pruned_and_win_a_tie(data: TrainingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = optuna.storages.InMemoryStorage()
    made_scores(monkeypatch, [90.0, 90.0, 40.0], [40.0, 40.0, 40.0])
    found = run(data, storage, trials=2)
    assert [trial.score for trial in found.trials] == [40.0, 40.0]
    assert found.recipe.parameters == {"share": 0.25, "bias": "none"}
    assert not found.trials[0].is_pruned


def test_a_pruned_trial_never_wins(data: TrainingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = optuna.storages.InMemoryStorage()
    made_scores(monkeypatch, [50.0, 50.0, 50.0], [10.0, 10.0, 60.0], [51.0])
    assert run(data, storage, trials=3).score == 50.0


@pytest.mark.parametrize("killed_at", [0, 1, 4, 7])
def test_killed_and_begun_again_a_search_takes_the_same_trials(
    data: TrainingSet, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    whole, parts = optuna.storages.InMemoryStorage(), optuna.storages.InMemoryStorage()
    calm = run(data, whole, trials=9, seed=3)
    count = itertools.count()

    def killed(*arguments: Any, **options: Any) -> Iterator[FoldScore]:
        scores = true_scores(*arguments, **options)
        if next(count) == killed_at:
            raise KeyboardInterrupt
        yield from scores

    true_scores = study_module.score_folds
    with monkeypatch.context() as patch:
        patch.setattr(study_module, "score_folds", killed)
        with pytest.raises(KeyboardInterrupt):
            run(data, parts, trials=9, seed=3)
    assert states(parts).count(TrialState.RUNNING) == 1
    again = run(data, parts, trials=9, seed=3)
    assert (again.done, again.new) == (9, 9 - killed_at)
    assert states(parts).count(TrialState.FAIL) == 1
    assert TrialState.RUNNING not in states(parts)
    assert parameters_of(parts) == parameters_of(whole)
    assert (again.recipe, again.score) == (calm.recipe, calm.score)


def test_what_a_killed_search_left_is_tried_again_once(data: TrainingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = optuna.storages.InMemoryStorage()
    run(data, storage, trials=2)
    study = optuna.load_study(study_name="study", storage=storage)
    study.enqueue_trial({"share": 0.8, "bias": "none"}, user_attrs={"kind": "drawn"})
    study.ask()
    study.enqueue_trial({"share": 0.8, "bias": "none"}, user_attrs={"kind": "drawn", "retry_of": 2})
    asked = made_scores(monkeypatch, [1.0], [2.0])
    run(data, storage, trials=4)
    assert [each["share"] for each in asked].count(0.8) == 1


def test_a_study_starts_from_earlier_answers_right_after_the_defaults(data: TrainingSet) -> None:
    storage = optuna.storages.InMemoryStorage()
    earlier = [
        {"share": 0.7, "bias": "none", "gone": 1},
        {"share": 0.25, "bias": "none"},
        {"share": 0.6, "bias": "none"},
    ]
    found = run(data, storage, trials=4, starts=earlier)
    assert [trial.parameters["share"] for trial in found.trials[:3]] == [0.25, 0.7, 0.6]
    assert [trial.kind for trial in found.trials] == ["defaults", "earlier study", "earlier study", "drawn"]


def test_a_study_that_is_there_is_not_started_anew(data: TrainingSet) -> None:
    storage = optuna.storages.InMemoryStorage()
    run(data, storage, trials=1)
    found = run(data, storage, trials=3, starts=[{"share": 0.7, "bias": "none"}])
    assert [trial.kind for trial in found.trials] == ["defaults", "drawn", "drawn"]


def test_a_trial_to_its_end_is_followed_by_its_variants(data: TrainingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODEL_FAMILIES[FAMILY], "class", lambda: CutTypicalPeak)
    trees = {"n_estimators": {"min": 2, "max": 16, "type": "int", "default": 8}}
    monkeypatch.setitem(HYPERPARAMETER_CONFIGS, FAMILY, SPACE | trees)
    found = run(data, optuna.storages.InMemoryStorage(), trials=3)
    assert [trial.kind for trial in found.trials] == ["defaults", "variant", "variant"]
    assert [trial.parameters["n_estimators"] for trial in found.trials] == [8, 4, 2]
    assert {trial.parameters["share"] for trial in found.trials} == {0.25}


def test_where_time_is_up_the_defaults_are_still_scored(data: TrainingSet) -> None:
    found = run(data, optuna.storages.InMemoryStorage(), trials=9, is_over=lambda: True)
    assert (found.done, found.recipe.parameters["share"]) == (1, 0.25)


def test_a_trial_that_time_ran_out_on_is_taken_by_the_next_search(data: TrainingSet) -> None:
    storage, calm = optuna.storages.InMemoryStorage(), optuna.storages.InMemoryStorage()
    answers = iter([False, False, True])
    assert run(data, storage, trials=3, is_over=lambda: next(answers)).done == 1
    assert states(storage)[1] == TrialState.RUNNING
    assert run(data, storage, trials=3).done == 3
    run(data, calm, trials=3)
    assert parameters_of(storage) == parameters_of(calm)


def test_a_trial_that_cannot_be_fitted_ends_the_search_and_is_not_left_open(
    data: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Iterator[FoldScore]:
        raise FitError("trial", got="no luck", expected="luck", next_step="Try again.")
        yield FoldScore(0, 0.0, (0.0,))

    storage = optuna.storages.InMemoryStorage()
    monkeypatch.setattr(study_module, "score_folds", fail)
    with pytest.raises(FitError, match="no luck"):
        run(data, storage, trials=1)
    assert states(storage) == [TrialState.FAIL]
