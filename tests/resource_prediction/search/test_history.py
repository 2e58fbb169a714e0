"""What trials were is told as it happened; a study starts from an earlier one that saw nothing of its hold-out."""

from __future__ import annotations

import optuna

from resource_prediction.search import Trial, best_trials, earlier_best
from resource_prediction.search.history import importance
from resource_prediction.training import TrainingSet
from tests.resource_prediction.search.searches import run


def trial(number: int, score: float, *, is_pruned: bool = False, share: float = 0.5) -> Trial:
    return Trial(number, "drawn", score, is_pruned, 1.0, {"share": share})


def test_the_best_come_first_pruned_ones_never_and_equal_parameters_once() -> None:
    trials = [
        trial(0, 50, share=0.1),
        trial(1, 30, is_pruned=True),
        trial(2, 40),
        trial(3, 40),
        trial(4, 45, share=0.2),
    ]
    assert [each.number for each in best_trials(trials, 2)] == [2, 4]


def test_a_study_starts_from_the_newest_earlier_one(data: TrainingSet) -> None:
    newest, older = optuna.storages.InMemoryStorage(), optuna.storages.InMemoryStorage()
    found = run(data, newest, trials=4, seed=1)
    run(data, older, trials=4, seed=2)
    starts = earlier_best([newest, older], data.until_us, most=2)
    assert len(starts) == 2
    assert starts[0] == found.recipe.parameters


def test_a_study_that_saw_jobs_of_the_holdout_is_passed_over(data: TrainingSet) -> None:
    saw_more, older = optuna.storages.InMemoryStorage(), optuna.storages.InMemoryStorage()
    run(data, saw_more, trials=3)
    assert earlier_best([saw_more], data.until_us - 1, most=2) == []
    assert earlier_best([saw_more, older], data.until_us - 1, most=2) == []


def test_what_matters_is_said_once_there_are_enough_trials(data: TrainingSet) -> None:
    few, many = optuna.storages.InMemoryStorage(), optuna.storages.InMemoryStorage()
    assert run(data, few, trials=4).importance == {}
    shares = run(data, many, trials=20).importance
    assert shares.keys() == {"share", "bias"}
    assert abs(sum(shares.values()) - 1) < 1e-9
    assert importance(optuna.load_study(study_name="study", storage=many)) == shares
