"""The objective of a trial: fits on folds in time, scored by the business score. Not here: which trial is next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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

BLOCKS = 4
"""Equal parts in time of a fold's jobs, which trials are compared on."""


@dataclass(frozen=True)
class FoldScore:
    """How a trial does, after one more fold, or at the first look at one.

    Attributes:
        fold: The newest one.
        score: Business score of the folds so far.
        blocks: The same of each of their blocks by itself.
        is_first_look: Whether the spread around the newest fold's predictions is taken from its own jobs, which
            flatters: such scores compare with those of another trial's first look only.
    """

    fold: int
    score: float
    blocks: tuple[float, ...]
    is_first_look: bool = False

    @property
    def stage(self) -> str:
        """Where the trial is: equal for two trials that compare."""
        return f"{'look' if self.is_first_look else 'fold'} {self.fold}"


def score_folds(
    recipe: Recipe,
    parameters: Mapping[str, Any],
    data: TrainingSet,
    seed: int,
    *,
    work: SharedWork | None = None,
    n_jobs: int = 1,
    looks: bool = False,
) -> Iterator[FoldScore]:
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
        looks: Whether to yield a first look at a fold before the fits that tell the spread, where a family has such.
    """
    under_cost = recipe.rule.under_cost
    past = _Scored((), (), ())
    for number, fold in enumerate(folds_in_time(data.submitted_us, data.known_us)):
        predictor = create_predictor(recipe.family, parameters, random_state=seed, n_jobs=n_jobs).share_work(work)
        X, peak_gib = as_frame(data.matrix[fold.fit]), data.peak_gib[fold.fit]
        predictor.fit_learner(X, peak_gib)
        if looks and (allocation := _allocate_in_hindsight(recipe, predictor, data, fold)) is not None:
            look = past.and_fold(data.peak_gib[fold.score], allocation, under_cost)
            yield FoldScore(number, look.score(under_cost), look.blocks, is_first_look=True)
        predictor.learn_spread(X, peak_gib)
        past = past.and_fold(data.peak_gib[fold.score], _allocate(recipe, predictor, data, fold), under_cost)
        yield FoldScore(number, past.score(under_cost), past.blocks)


def score_parameters(recipe: Recipe, parameters: Mapping[str, Any], data: TrainingSet, seed: int) -> float:
    """Business score of parameters over all folds, by fits that share nothing: what a trial comes to; see above."""
    return list(score_folds(recipe, parameters, data, seed))[-1].score


def _block_scores(peak_gib: FloatArray, allocation_gib: FloatArray, under_cost: float) -> tuple[float, ...]:
    blocks = zip(np.array_split(peak_gib, BLOCKS), np.array_split(allocation_gib, BLOCKS), strict=True)
    return tuple(business_score(peaks, allocations, under_cost).score for peaks, allocations in blocks)


@dataclass(frozen=True)
class _Scored:
    """Peaks and allocations of some folds, and scores of their blocks."""

    peaks: tuple[FloatArray, ...]
    allocations: tuple[FloatArray, ...]
    blocks: tuple[float, ...]

    def and_fold(self, peak_gib: FloatArray, allocation_gib: FloatArray, under_cost: float) -> _Scored:
        blocks = self.blocks + _block_scores(peak_gib, allocation_gib, under_cost)
        return _Scored((*self.peaks, peak_gib), (*self.allocations, allocation_gib), blocks)

    def score(self, under_cost: float) -> float:
        return business_score(np.concatenate(self.peaks), np.concatenate(self.allocations), under_cost).score


def _allocate_in_hindsight(
    recipe: Recipe, predictor: BasePredictor, data: TrainingSet, fold: Fold
) -> FloatArray | None:
    """Allocations of a fold's jobs, each half by the spread that the other shows; None where that would save nothing.

    With the spread of all of them, the learner that errs most would be flattered most.
    """
    allocation = np.empty(fold.score.size)
    for half in (0, 1):
        others = fold.score[1 - half :: 2]
        if not predictor.learn_spread_in_hindsight(as_frame(data.matrix[others]), data.peak_gib[others]):
            return None
        allocation[half::2] = _allocate(recipe, predictor, data, Fold(fold.fit, fold.score[half::2]))
    return allocation


def _allocate(recipe: Recipe, predictor: BasePredictor, data: TrainingSet, fold: Fold) -> FloatArray:
    distribution = predictor.predict_distribution(as_frame(data.matrix[fold.score]))
    mean_peak_gib = float(data.peak_gib[fold.fit].mean())
    cap_ratio = learn_cap_ratio(data.peak_gib[fold.fit], data.memreq_gib[fold.fit])
    return allocate(distribution, recipe.rule, mean_peak_gib, request_cap(data.memreq_gib[fold.score], cap_ratio))
