"""The objective of a trial: fits on folds in time, scored by the business score. Not here: which trial is next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from resource_prediction.allocation import allocate, request_cap
from resource_prediction.arrays import FloatArray
from resource_prediction.config import create_predictor
from resource_prediction.features.matrix import as_frame
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.shared_work import SharedWork
from resource_prediction.recipe import Recipe
from resource_prediction.scoring import business_score
from resource_prediction.search.folds import Fold, folds_in_time
from resource_prediction.training import TrainingSet, learn_cap_ratio


def score_folds(
    recipe: Recipe,
    parameters: Mapping[str, Any],
    data: TrainingSet,
    seed: int,
    *,
    work: SharedWork | None = None,
    n_jobs: int = 1,
) -> Iterator[float]:
    """Business score of parameters after each fold, over that fold and those before it; lower is better.

    Each fold's learner, mean peak and cap are learned from the rows before its block alone. The encoder is not: its
    codes and heavy targets are chosen once from the whole training set, so a fold sees that much of its own block.
    The score ranks parameters; it is no estimate for new jobs.

    Args:
        recipe: The rule and the family.
        parameters: What to fit with.
        data: Training rows; folds are cut inside.
        seed: Seed of the learner.
        work: What the trials of a search share; scores do not depend on it.
        n_jobs: Threads of a fit; scores do not depend on it.
    """
    peaks, allocations = [], []
    for fold in folds_in_time(data.submitted_us, data.known_us):
        predictor = create_predictor(recipe.family, parameters, random_state=seed, n_jobs=n_jobs).share_work(work)
        predictor.fit_distribution(as_frame(data.matrix[fold.fit]), data.peak_gib[fold.fit])
        allocations.append(_allocate(recipe, predictor, data, fold))
        peaks.append(data.peak_gib[fold.score])
        yield business_score(np.concatenate(peaks), np.concatenate(allocations), recipe.rule.under_cost).score


def score_parameters(recipe: Recipe, parameters: Mapping[str, Any], data: TrainingSet, seed: int) -> float:
    """Business score of parameters over all folds, by fits that share nothing: what a trial comes to; see above."""
    return list(score_folds(recipe, parameters, data, seed))[-1]


def _allocate(recipe: Recipe, predictor: BasePredictor, data: TrainingSet, fold: Fold) -> FloatArray:
    distribution = predictor.predict_distribution(as_frame(data.matrix[fold.score]))
    mean_peak_gib = float(data.peak_gib[fold.fit].mean())
    cap_ratio = learn_cap_ratio(data.peak_gib[fold.fit], data.memreq_gib[fold.fit])
    return allocate(distribution, recipe.rule, mean_peak_gib, request_cap(data.memreq_gib[fold.score], cap_ratio))
