"""Whether error and canceled rows help: scores with and without them, on real rows: `--help` for more."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from telemetry_rows import read_source

from benchmarks.cut_offs import HOUR_US
from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.features.table import describe_table
from resource_prediction.outcomes import Outcomes, read_outcomes
from resource_prediction.recipe import Recipe
from resource_prediction.scoring import business_score
from resource_prediction.training import build_training_set, fit_recipe

VARIANTS: dict[str, tuple[str, ...]] = {
    "ok, unstable": (),
    "+ error": ("error",),
    "+ canceled": ("canceled",),
    "+ both": ("error", "canceled"),
}
FAMILIES = ("random_forest_classification", "logistic_regression_classification", "lightgbm_classification")
CUTS = (0.35, 0.5, 0.65, 0.8)
"""Shares of the time-ordered rows at which a fit is cut; the rows up to the next cut are scored."""


def main() -> int:
    """Print a table of scores by variant, mean over cuts and families."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="telemetry file of real rows")
    parser.add_argument("--where", choices=["training", "history"], default="training", help="what the rows join")
    arguments = parser.parse_args()
    rows = read_source(arguments.source)
    outcomes = read_outcomes(rows, HOUR_US)
    print(f"| {arguments.where} | " + " | ".join(FAMILIES) + " | mean |\n|---|" + "---:|" * (len(FAMILIES) + 1))
    for name, statuses in VARIANTS.items():
        scores = [_score(rows, outcomes, statuses, family, arguments.where) for family in FAMILIES]
        print(
            f"| {name} | " + " | ".join(f"{score:.1f}" for score in [*scores, float(np.mean(scores))]) + " |",
            flush=True,
        )
    return 0


def _score(rows: pd.DataFrame, outcomes: Outcomes, statuses: tuple[str, ...], family: str, where: str) -> float:
    """Business score over all scored blocks; the scored rows are the same for every variant."""
    extra = rows["ts_status"].isin(statuses).to_numpy() & ~rows["is_twin"].to_numpy() & (outcomes.peak_gib > 0)
    widened = replace(outcomes, is_final=outcomes.is_final | extra)
    _, point_in_time = describe_table(rows, widened if where == "history" else outcomes, workers=1)
    peaks, allocations = [], []
    for start_us, end_us in _blocks(rows, outcomes):
        data = build_training_set(rows, widened if where == "training" else outcomes, point_in_time, until_us=start_us)
        recipe = Recipe(family, default_parameters(family), AllocationRule(), HOUR_US)
        model = fit_recipe(recipe, data, seed=42)
        submitted_us = rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
        block = (submitted_us >= start_us) & (submitted_us < end_us)
        scored = replace(outcomes, is_final=outcomes.is_final & block, is_censored=outcomes.is_censored & block)
        jobs = ScoredJobs.select(rows, scored, point_in_time)
        allocations.append(model.predict_with_history(jobs.rows, jobs.point_in_time))
        peaks.append(jobs.peak_gib)
    return business_score(np.concatenate(peaks), np.concatenate(allocations)).score


def _blocks(rows: pd.DataFrame, outcomes: Outcomes) -> Iterator[tuple[int, int]]:
    times = np.sort(rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)[outcomes.is_final])
    starts = [int(times[int(share * len(times))]) for share in CUTS]
    yield from zip(starts, [*starts[1:], int(times[-1]) + 1], strict=True)


if __name__ == "__main__":
    sys.exit(main())
