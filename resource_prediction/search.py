"""Search spaces out of folds in time, the objective of a trial. Not here: storing studies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna

from resource_prediction.allocation import allocate, request_cap
from resource_prediction.arrays import IntArray
from resource_prediction.config import create_predictor, default_parameters, hyperparameters
from resource_prediction.features.matrix import as_frame
from resource_prediction.recipe import Recipe
from resource_prediction.scoring import business_score
from resource_prediction.training import TrainingSet, learn_cap_ratio

Progress = Callable[[int, float], None]

FOLDS = 3
"""Time blocks that a trial is scored on, each after the rows it is fitted on."""


@dataclass(frozen=True)
class Fold:
    """Positions of the rows that a trial fits on, and of those it is scored on; the latter come later."""

    fit: npt.NDArray[np.intp]
    score: npt.NDArray[np.intp]


@dataclass(frozen=True)
class SearchResult:
    """What a search came to.

    Attributes:
        recipe: The best one.
        score: Its score over the folds.
        done: Finished trials of the study.
        new: Those of this call.
    """

    recipe: Recipe
    score: float
    done: int
    new: int


def folds_in_time(submitted_us: IntArray, known_us: IntArray, folds: int = FOLDS) -> Iterator[Fold]:
    """Cut n rows in time order into folds: each scores one block and fits on all blocks before it.

    A peak that was not known when the block's first row was submitted is not fitted on.

    Args:
        submitted_us: Times of submission, ascending, shape (n,).
        known_us: When the peaks were known, shape (n,).
        folds: How many.
    """
    block = len(submitted_us) // (folds + 2)
    for fold in range(folds):
        start = (fold + 2) * block
        known = np.flatnonzero(known_us[:start] < submitted_us[start])
        yield Fold(known, np.arange(start, start + block))


def suggest(trial: optuna.Trial, family: str) -> dict[str, Any]:
    """Draw a family's parameters from its search space."""
    drawn: dict[str, Any] = {}
    for name, entry in hyperparameters(family).items():
        if "choices" in entry:
            drawn[name] = trial.suggest_categorical(name, entry["choices"])
        elif entry["type"] == "int":
            drawn[name] = trial.suggest_int(name, int(entry["min"]), int(entry["max"]), log=entry.get("log", False))
        else:
            drawn[name] = trial.suggest_float(name, entry["min"], entry["max"], log=entry.get("log", False))
    return drawn


def score_parameters(recipe: Recipe, parameters: Mapping[str, Any], data: TrainingSet, seed: int) -> float:
    """Business score of parameters over the folds of a training set, through the one allocation rule; lower is better.

    Each fold's learner, mean peak and cap are learned from the rows before its block alone. The encoder is not: its
    codes and heavy targets are chosen once from the whole training set, so a fold sees that much of its own block.
    The score ranks parameters; it is no estimate for new jobs.

    Args:
        recipe: The rule and the family.
        parameters: What to fit with.
        data: Training rows; folds are cut inside.
        seed: Seed of the learner.
    """
    peaks, allocations = [], []
    for fold in folds_in_time(data.submitted_us, data.known_us):
        predictor = create_predictor(recipe.family, parameters, random_state=seed)
        predictor.fit_distribution(as_frame(data.matrix[fold.fit]), data.peak_gib[fold.fit])
        distribution = predictor.predict_distribution(as_frame(data.matrix[fold.score]))
        mean_peak_gib = float(data.peak_gib[fold.fit].mean())
        cap_ratio = learn_cap_ratio(data.peak_gib[fold.fit], data.memreq_gib[fold.fit])
        cap_gib = request_cap(data.memreq_gib[fold.score], cap_ratio)
        allocations.append(allocate(distribution, recipe.rule, mean_peak_gib, cap_gib))
        peaks.append(data.peak_gib[fold.score])
    return business_score(np.concatenate(peaks), np.concatenate(allocations), recipe.rule.under_cost).score


def search(
    recipe: Recipe,
    data: TrainingSet,
    storage: optuna.storages.BaseStorage,
    *,
    name: str,
    trials: int,
    seed: int,
    report: Progress | None = None,
) -> SearchResult:
    """Tune a family until its study has as many finished trials as asked for; the defaults are the first trial.

    Args:
        recipe: The family and its rule.
        data: Training rows; nothing of the hold-out is inside.
        storage: Where the study is kept; one that is there is gone on with.
        name: Name of the study.
        trials: Finished trials, those of earlier calls included.
        seed: Seed of learner and sampler.
        report: Called after each trial with the finished trials and the best score so far.
    """
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(storage=storage, sampler=sampler, study_name=name, load_if_exists=True)
    before = _finished(study)
    if not before:
        defaults = default_parameters(recipe.family)
        study.enqueue_trial({key: defaults[key] for key in hyperparameters(recipe.family)})
    else:
        # A study that goes on must not draw the first trials of its seed again.
        study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))

    def objective(trial: optuna.Trial) -> float:
        return score_parameters(recipe, suggest(trial, recipe.family), data, seed)

    def tell(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if report is not None:
            report(_finished(study), study.best_value)

    study.optimize(objective, n_trials=max(0, trials - before), callbacks=[tell])
    done = _finished(study)
    best = replace(recipe, parameters={**recipe.parameters, **study.best_params})
    return SearchResult(best, study.best_value, done, done - before)


def _finished(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE]))
