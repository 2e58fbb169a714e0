"""Trials a minute of a search beside a plain loop over the same trials: `python benchmarks/search.py [FILE]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import optuna

from benchmarks.telemetry_rows import read_source
from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters, families_of
from resource_prediction.features.table import describe_table
from resource_prediction.outcomes import read_outcomes
from resource_prediction.recipe import Recipe
from resource_prediction.search import Budget, SearchResult, score_parameters, search
from resource_prediction.summary.study_picture import render_study
from resource_prediction.training import TrainingSet, build_training_set

LABEL_DELAY_US = 3_600_000_000
HOLDOUT_SHARE = 0.2
T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """A family's search, and the same trials in a plain loop.

    Attributes:
        found: The search.
        seconds: Core-seconds of it: neighbours on the machine do not count.
        plain_seconds: Core-seconds of the loop.
        plain_score: The best score of the loop, in which nothing is pruned.
        error: Largest difference between the scores of a complete trial.
    """

    found: SearchResult
    seconds: float
    plain_seconds: float
    plain_score: float
    error: float


def main() -> int:
    """Print a table of families, and the wall clock of all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_rows_arguments(parser)
    parser.add_argument("--trials", type=int, default=20, metavar="N", help="of each search (%(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--families", nargs="+", choices=families_of(), default=families_of(), metavar="NAME")
    parser.add_argument("--out", type=Path, metavar="FILE", help="draw the first search, as .png or .svg")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    data = read_training_rows(arguments)
    print(f"{len(data.peak_gib):,} training rows, {arguments.trials} trials a search\n")
    print("| family | seed | pruned | variants | best | the loop's best | trials a core-minute | the loop's | times |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    walls, everything = [], []
    for seed in arguments.seeds:
        measured, wall = measure(arguments.families, data, arguments.trials, seed)
        walls.append(wall)
        if arguments.out is not None and seed == arguments.seeds[0]:
            arguments.out.write_bytes(render_study(measured[0].found, "", arguments.out.suffix))
        for each in measured:
            assert each.error <= 1e-6, "sharing changed a score"
            print(f"| {each.found.recipe.family} | {seed} | {_cells(each)} |", flush=True)
        everything += measured
    print_core_seconds(everything)
    print_wall(arguments.trials * len(arguments.families), *np.mean(walls, axis=0))
    return 0


def add_rows_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `read_training_rows` asks for."""
    parser.add_argument("source", nargs="?", help="telemetry file; without one the synthetic farm")
    parser.add_argument("--rows", type=int, default=4_000, metavar="N", help="jobs of the synthetic farm (%(default)s)")
    parser.add_argument("--days", type=float, default=8.0, metavar="N", help="its length in days (%(default)s)")
    parser.add_argument("--thin", type=int, default=1, metavar="N", help="take every Nth training row (%(default)s)")


def read_training_rows(arguments: argparse.Namespace) -> TrainingSet:
    """What is known before the newest fifth of the time, thinned."""
    rows = read_source(arguments.source, arguments.rows, arguments.days)
    outcomes = read_outcomes(rows, LABEL_DELAY_US)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    submitted_us = rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    until_us = int(np.quantile(submitted_us, 1 - HOLDOUT_SHARE))
    data = build_training_set(rows, outcomes, point_in_time, until_us=until_us)
    columns = ("matrix", "peak_gib", "memreq_gib", "submitted_us", "known_us")
    return replace(data, **{name: getattr(data, name)[:: arguments.thin] for name in columns})


def print_core_seconds(measured: list[Measured]) -> None:
    """Print core-seconds of all searches and of all loops, and which best trials were lost."""
    seconds, plain = (sum(getattr(each, name) for each in measured) for name in ("seconds", "plain_seconds"))
    print(f"\ncore-seconds: {seconds:.0f}, the loops {plain:.0f}: {plain / seconds:.1f} times as many trials")
    lost = [each.found.score - each.plain_score for each in measured]
    worse = sum(each > 1e-6 for each in lost)
    print(
        f"best trials lost: {worse} of {len(lost)}, by {max(lost):.1f} points at most, {np.mean(lost):.2f} on average"
    )
    print(f"complete trials: scores differ from the loops' by {max(each.error for each in measured):.0e} at most")


def print_wall(trials: int, seconds: float, plain_seconds: float) -> None:
    """Print trials a minute of wall clock, and those of the loops; both as many at a time as there are cores."""
    rates = (
        f"{60 * trials / seconds:.0f} trials a minute, the loops, as many at a time, {60 * trials / plain_seconds:.0f}"
    )
    print(f"wall clock on {os.cpu_count()} cores: {rates}: {plain_seconds / seconds:.1f} times as many")


def measure(
    families: list[str], data: TrainingSet, trials: int, seed: int
) -> tuple[list[Measured], tuple[float, float]]:
    """Search families side by side; then fit the same trials in plain loops, each on a fresh matrix and to its end.

    Returns:
        Each family; wall clock of all searches, and of all loops.
    """
    began = time.perf_counter()
    found = _side_by_side([partial(search_family, family, data, trials, seed) for family in families])
    wall, began = time.perf_counter() - began, time.perf_counter()
    plain = _side_by_side([partial(loop, each, data, seed) for each, _ in found])
    measured = [_compare(*ours, *theirs) for ours, theirs in zip(found, plain, strict=True)]
    return measured, (wall, time.perf_counter() - began)


def _side_by_side(works: list[Callable[[], T]]) -> list[tuple[T, float]]:
    """What each returns, and its core-seconds: as many at a time as there are cores, each in one thread."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [each.result() for each in [pool.submit(_timed, work) for work in works]]


def _compare(found: SearchResult, seconds: float, scores: list[float], plain_seconds: float) -> Measured:
    pairs = [(trial.score, score) for trial, score in zip(found.trials, scores, strict=True) if not trial.is_pruned]
    error = max(abs(one - other) for one, other in pairs)
    return Measured(found, seconds, plain_seconds, min(scores), error)


def search_family(family: str, data: TrainingSet, trials: int, seed: int) -> SearchResult:
    """A search, its study in memory."""
    recipe = Recipe(family, default_parameters(family), AllocationRule(), LABEL_DELAY_US)
    storage = optuna.storages.InMemoryStorage()
    return search(recipe, data, storage, name=family, budget=Budget(trials, seed))


def loop(found: SearchResult, data: TrainingSet, seed: int) -> list[float]:
    """Scores of a search's trials, by fits that share nothing."""
    return [score_parameters(found.recipe, trial.parameters, data, seed) for trial in found.trials]


def _cells(measured: Measured) -> str:
    trials = measured.found.trials
    counts = f"{sum(each.is_pruned for each in trials)} | {sum(each.kind == 'variant' for each in trials)}"
    scores = f"{measured.found.score:.1f} | {measured.plain_score:.1f}"
    rates = [60 * len(trials) / seconds for seconds in (measured.seconds, measured.plain_seconds)]
    return f"{counts} | {scores} | {rates[0]:.0f} | {rates[1]:.0f} | {rates[0] / rates[1]:.1f}"


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work returns, and its core-seconds in this thread: fits have one thread, this one."""
    began = time.thread_time()
    return work(), time.thread_time() - began


if __name__ == "__main__":
    sys.exit(main())
