"""Parameters of a family on small fits of real rows, one idea at a time: `python benchmarks/ideas.py FILE`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.telemetry_rows import read_source
from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.evaluation import ScoredJobs, evaluate
from resource_prediction.features.table import describe_table
from resource_prediction.outcomes import read_outcomes
from resource_prediction.recipe import Recipe
from resource_prediction.training import TrainingSet, build_training_set, fit_recipe

HOUR_US = 3_600_000_000

FOLDS = (
    ("2025-04-27T06", 18, None),
    ("2025-04-28T06", 12, None),
    ("2025-04-28T10", 12, None),
    ("2025-04-28T14", 12, None),
    ("2025-04-28T18", 12, None),
    ("2025-04-29T06", 12, 10),
    ("2025-04-28T20", 12, 6),
    ("2025-04-28T12", 12, 7),
)
"""Cut-off, hours that are scored after it, hours that a fit looks back; none is the beginning of a day."""

IDEAS: dict[str, dict[str, dict[str, Any]]] = {
    "lightgbm_classification": {
        "as it was": {"bin_smoothing": 0.0, "extra_trees": False},
        "smoothing alone": {"extra_trees": False},
        "random thresholds alone": {"bin_smoothing": 0.0},
        "defaults": {},
        "30 trees": {"n_estimators": 30},
        "4 leaves": {"num_leaves": 4},
    },
    "xgboost_classification": {
        "as it was": {"bin_smoothing": 0.0, "max_depth": 3},
        "smoothing alone": {"max_depth": 3},
        "depth 2 alone": {"bin_smoothing": 0.0},
        "defaults": {},
    },
    "random_forest_classification": {"defaults": {}, "smoothing": {"bin_smoothing": 1.0}},
    "logistic_regression_classification": {
        "as it was": {"bin_smoothing": 0.0, "cut_spreads": 5.0},
        "defaults": {},
        "twice the C": {"C": 0.02},
    },
}


def main() -> int:
    """Print a table: for each idea the mean score over the folds, frozen and live."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="telemetry file of the real rows of April 2025")
    parser.add_argument("--families", nargs="+", choices=IDEAS, default=list(IDEAS), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[42], metavar="N")
    asked = parser.parse_args()
    folds = list(_cut(read_source(asked.source)))
    print("| family | idea | frozen | live |\n|---|---|---:|---:|")
    for family in asked.families:
        for idea, parameters in IDEAS[family].items():
            recipe = Recipe(family, default_parameters(family) | parameters, AllocationRule(), HOUR_US)
            frozen, live = np.mean([_score(recipe, fold, seed) for fold in folds for seed in asked.seeds], axis=0)
            print(f"| `{family}` | {idea} | {frozen:.1f} | {live:.1f} |", flush=True)
    return 0


def _cut(rows: pd.DataFrame) -> Iterator[tuple[TrainingSet, ScoredJobs]]:
    outcomes = read_outcomes(rows, HOUR_US)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    everything = ScoredJobs.select(rows, outcomes, point_in_time)
    submitted_us = everything.rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    for begin, hours, window_hours in FOLDS:
        begin_us = int(np.datetime64(begin, "us").astype(np.int64))
        window_us = None if window_hours is None else window_hours * HOUR_US
        data = build_training_set(rows, outcomes, point_in_time, until_us=begin_us, train_window_us=window_us)
        yield data, everything.where((submitted_us >= begin_us) & (submitted_us < begin_us + hours * HOUR_US))


def _score(recipe: Recipe, fold: tuple[TrainingSet, ScoredJobs], seed: int) -> tuple[float, float]:
    data, jobs = fold
    model = fit_recipe(recipe, data, seed)
    found = evaluate(model, jobs, model.predict(jobs.rows), recipe.rule.under_cost)
    return found.frozen.score, found.live.score


if __name__ == "__main__":
    sys.exit(main())
