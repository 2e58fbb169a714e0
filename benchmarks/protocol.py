"""Scores of families on real days, frozen and live, over seeds: `python benchmarks/protocol.py FILE`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.allocation import AllocationRule
from resource_prediction.baselines import peak_history
from resource_prediction.config import default_parameters, families_of
from resource_prediction.evaluation import MEMREQ, ROLLING_MAX, ScoredJobs, evaluate, score_baselines
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.features.table import describe_table
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.recipe import Recipe
from resource_prediction.training import TrainingSet, build_training_set, fit_recipe
from warehouse.engine import open_engine
from warehouse.ingest import ingest
from warehouse.layout import Layout
from warehouse.publish import publish
from warehouse.published import read_rows
from warehouse.sources.files import FilesSource

DAY_US = 86_400_000_000
LABEL_DELAY_US = 3_600_000_000
DAYS = ("2025-04-28", "2025-04-29")
SEEDS = (42, 1, 2)
Day = tuple[TrainingSet, ScoredJobs]


def main() -> int:
    """Print a table: for each family and each day the mean over the seeds, and their spread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="telemetry file of real rows")
    parser.add_argument("--families", nargs="+", choices=families_of(), default=families_of(), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), metavar="N")
    parser.add_argument(
        "--days", nargs="+", default=list(DAYS), metavar="DATE", help="each is fitted up to its midnight"
    )
    parser.add_argument("--parameters", type=json.loads, default={}, metavar="JSON", help='such as {"power": 1.0}')
    arguments = parser.parse_args()
    rows = read_telemetry(arguments.source)
    days = dict(cut_days(rows, arguments.days))
    heads = [f"{day[5:]} {kind}" for day in days for kind in ("frozen", "live")]
    print("| family | " + " | ".join([*heads, "mean frozen", "mean live", "fit s"]) + " |")
    print("|---|" + "---:|" * (len(heads) + 3))
    for family in arguments.families:
        scores, seconds = score_family(family, list(days.values()), arguments.seeds, arguments.parameters)
        columns = [*scores, scores[::2].mean(axis=0), scores[1::2].mean(axis=0)]
        means = [f"{each.mean():.1f} ± {_spread(each):.1f}" for each in columns]
        print(f"| {family} | " + " | ".join(means) + f" | {seconds:.1f} |", flush=True)
    for name in (MEMREQ, ROLLING_MAX):
        print_baseline(name, rows, list(days.values()))
    return 0


def read_telemetry(source: str) -> pd.DataFrame:
    """The accepted rows of a file."""
    with tempfile.TemporaryDirectory() as store:
        layout, now = Layout(Path(store)), datetime.now(UTC)
        with open_engine(layout) as engine:
            ingest(engine, layout, FilesSource([source], now), now=now)
            return read_rows(publish(engine, layout))


def cut_days(rows: pd.DataFrame, days: list[str]) -> Iterator[tuple[str, Day]]:
    """What each day's models are fitted on, and the jobs that they are scored on."""
    outcomes = read_outcomes(rows, LABEL_DELAY_US)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    everything = ScoredJobs.select(rows, outcomes, point_in_time)
    submitted_us = everything.rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    for day in days:
        begin_us = int(np.datetime64(day, "us").astype(np.int64))
        data = build_training_set(rows, outcomes, point_in_time, until_us=begin_us)
        yield day, (data, everything.where((submitted_us >= begin_us) & (submitted_us < begin_us + DAY_US)))


def score_family(
    family: str, days: list[Day], seeds: list[int], parameters: dict[str, Any]
) -> tuple[np.ndarray, float]:
    """Scores, shape (2 * days, seeds), frozen and live by turns; and mean seconds of a fit."""
    recipe = Recipe(family, default_parameters(family) | parameters, AllocationRule(), LABEL_DELAY_US)
    scores, seconds = np.empty((2 * len(days), len(seeds))), 0.0
    for column, seed in enumerate(seeds):
        for place, (data, jobs) in enumerate(days):
            began = time.perf_counter()
            model = fit_recipe(recipe, data, seed=seed)
            seconds += time.perf_counter() - began
            scores[2 * place : 2 * place + 2, column] = _frozen_and_live(model, jobs)
    return scores, seconds / (len(days) * len(seeds))


def print_baseline(name: str, rows: pd.DataFrame, days: list[Day]) -> None:
    """Print the row of a baseline; it has no seeds."""
    outcomes, profiles = read_outcomes(rows, LABEL_DELAY_US), read_submissions(rows).text["buildProfile"]
    found = [
        score_baselines(jobs, peak_history(profiles, outcomes, since_us=data.until_us), AllocationRule().under_cost)[
            name
        ]
        for data, jobs in days
    ]
    scores = [float("nan") if each is None else each.score for each in found]
    cells = [f"{each:.1f}" for each in [*np.repeat(scores, 2), np.mean(scores), np.mean(scores)]]
    print(f"| {name} | " + " | ".join(cells) + " | |")


def _frozen_and_live(model: DeployableModel, jobs: ScoredJobs) -> tuple[float, float]:
    found = evaluate(model, jobs, model.predict(jobs.rows), AllocationRule().under_cost)
    return found.frozen.score, found.live.score


def _spread(scores: np.ndarray) -> float:
    return float(scores.std(ddof=1)) if len(scores) > 1 else 0.0


if __name__ == "__main__":
    sys.exit(main())
