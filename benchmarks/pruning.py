"""What stopping trials early saves and loses: random trials in random orders: `python benchmarks/pruning.py FILE`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import optuna

from benchmarks.search import LABEL_DELAY_US, add_rows_arguments, read_training_rows
from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters, families_of
from resource_prediction.models.shared_work import SharedWork
from resource_prediction.recipe import Recipe
from resource_prediction.search import FoldScore, score_folds, suggest
from resource_prediction.search.pruning import FOLD_CHANCE, LOOK_CHANCE, is_behind
from resource_prediction.training import TrainingSet

ORDERS = 200
RULES = {"after folds": (FOLD_CHANCE, 0.0), "and at first looks": (FOLD_CHANCE, LOOK_CHANCE)}
"""Chances of a wrong stop after a fold, and at a first look at one."""

Trial = list["Stage"]


@dataclass(frozen=True)
class Stage:
    """What a trial shows at one stage, and its core-seconds since the stage before."""

    scored: FoldScore
    seconds: float


def main() -> int:
    """Print a row a family: the cost of each rule, and how much worse the best trial is that survives it."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_rows_arguments(parser)
    parser.add_argument("--trials", type=int, default=20, metavar="N", help="random trials of a family (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--families", nargs="+", choices=families_of(), default=families_of(), metavar="NAME")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    data = read_training_rows(arguments)
    print(f"{len(data.peak_gib):,} training rows, {arguments.trials} random trials, {ORDERS} orders\n")
    print("| family | " + " | ".join(f"{name}: cost | lost" for name in RULES) + " |")
    print("|---|" + "---:|---:|" * len(RULES))
    for family in arguments.families:
        trials = random_trials(family, data, arguments.trials, arguments.seed)
        cells = [replayed(trials, *chances) for chances in RULES.values()]
        print(
            f"| {family} | " + " | ".join(f"{100 * cost:.0f} % | {lost:.2f}" for cost, lost in cells) + " |", flush=True
        )
    return 0


def random_trials(family: str, data: TrainingSet, count: int, seed: int) -> list[Trial]:
    """The defaults, and parameters drawn at random, each to its end."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    study.enqueue_trial(default_parameters(family))
    recipe, work = Recipe(family, {}, AllocationRule(), LABEL_DELAY_US), SharedWork()
    trials = []
    for _ in range(count):
        work.forget_grown()
        stages, began = [], time.thread_time()
        for scored in score_folds(recipe, suggest(study.ask(), family), data, seed, work=work, looks=True):
            stages.append(Stage(scored, time.thread_time() - began))
            began = time.thread_time()
        trials.append(stages)
    return trials


def replayed(trials: Sequence[Trial], fold_chance: float, look_chance: float) -> tuple[float, float]:
    """Mean share of the cost that is left, and points that the best survivor is behind the best, over the orders."""
    draw, best = np.random.default_rng(0), min(each[-1].scored.score for each in trials)
    whole = sum(stage.seconds for trial in trials for stage in trial)
    costs, scores = [], []
    for _ in range(ORDERS):
        order = [trials[0], *(trials[place] for place in 1 + draw.permutation(len(trials) - 1))]
        cost, score = _in_order(order, fold_chance, look_chance)
        costs.append(cost / whole)
        scores.append(score - best)
    return float(np.mean(costs)), float(np.mean(scores))


def _in_order(trials: Sequence[Trial], fold_chance: float, look_chance: float) -> tuple[float, float]:
    """Core-seconds of trials taken one after the other, and the best score of those that were not stopped."""
    best, cost = trials[0], sum(stage.seconds for stage in trials[0])
    for trial in trials[1:]:
        for stage, rival in zip(trial, best, strict=True):
            cost += stage.seconds
            chance = look_chance if stage.scored.is_first_look else fold_chance
            if stage is not trial[-1] and is_behind(stage.scored.blocks, rival.scored.blocks, chance):
                break
        else:
            best = min(best, trial, key=lambda each: each[-1].scored.score)
    return cost, best[-1].scored.score


if __name__ == "__main__":
    sys.exit(main())
