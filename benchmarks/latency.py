"""How fast stored models predict: one raw row, and 22,000 of them: `python benchmarks/latency.py --store DIR`."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from treelite import gtil

from resource_prediction.allocation import allocate, request_cap
from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.features.keys import level_keys
from resource_prediction.features.matrix import as_frame, assemble
from resource_prediction.features.raw_rows import RawRows, read_submissions
from resource_prediction.models import DeployableModel, trees
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.implementations.boosting import BoostedTrees
from resource_prediction.models.implementations.extra_trees import ExtraTreesModel
from resource_prediction.models.implementations.quantile_ensemble import QuantileEnsemble
from resource_prediction.models.implementations.sklearn_models import LogisticRegressionModel, RandomForestModel
from resource_prediction.models.parts import cut_parts
from resource_prediction.telemetry import MIB_PER_GIB, SUBMISSION_COLUMNS
from warehouse.layout import Layout
from warehouse.published import read_rows, read_snapshot
from warehouse.settings import Settings

BATCH_ROWS = 22_000
WARM_UP, COUNTED = 50, 500
STAGES = ("reading", "history", "matrix", "learner and distribution", "rule")
COLUMNS = (*STAGES, "all", "library alone")


def main() -> int:
    """Print a table: a row for each family that has a fit in the store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="default: as for `python -m warehouse`")
    parser.add_argument("--stages", action="store_true", help="core-milliseconds of each stage instead, in one thread")
    arguments = parser.parse_args()
    layout = Layout(arguments.store or Settings().store_to_read())
    rows = read_rows(read_snapshot(layout), columns=list(SUBMISSION_COLUMNS))
    print_one = _print_stages if arguments.stages else _print_latency
    if arguments.stages:
        print(
            f"| family | rows | {' | '.join(STAGES)} | all | library alone |\n|---|---:|" + "---:|" * (len(STAGES) + 2)
        )
    else:
        print("| family | one row, ms (median, 99 %) | 22,000 rows, s |\n|---|---:|---:|")
    for link in sorted(layout.models.iterdir()):
        model = DeployableModel.load(link)
        print_one(link.name, model, later_rows(model, rows))
    return 0


def _print_latency(family: str, model: DeployableModel, later: pd.DataFrame) -> None:
    single, batch = later.head(200).to_dict("records"), submitted_apart(later)
    times = seconds_of_one(lambda place: model.predict([single[place % len(single)]]))
    began = time.perf_counter()
    model.predict(batch)
    model.predict(batch)
    batch_seconds = (time.perf_counter() - began) / 2
    median, high = statistics.median(times) * 1e3, float(np.quantile(times, 0.99)) * 1e3
    print(f"| {family} | {median:.2f}, {high:.2f} | {batch_seconds:.2f} |", flush=True)


def _print_stages(family: str, model: DeployableModel, later: pd.DataFrame) -> None:
    """Core-milliseconds of one row, the median of COUNTED; and of a batch, in parts as `predict` cuts it.

    Beside them what the learner's library takes for the same matrix, so that a reader sees what it bounds.
    """
    batch = submitted_apart(later)
    walk_stages(model, batch)
    matrix = model.features(batch).to_numpy()
    ask_library(model.predictor, matrix[:1])
    one = [walk_stages(model, later.iloc[[place % len(later)]].to_dict("records")) for place in range(COUNTED)]
    alone = [milliseconds(model.predictor, matrix[place : place + 1]) for place in range(COUNTED)]
    for rows, stages, library in (
        (1, np.median(one, axis=0), float(np.median(alone))),
        (BATCH_ROWS, walk_stages(model, batch), milliseconds(model.predictor, matrix)),
    ):
        digits = 2 if rows == 1 else 0
        cells = " | ".join(f"{each:.{digits}f}" for each in [*stages, stages.sum(), library])
        print(f"| {family} | {rows:,} | {cells} |", flush=True)


def milliseconds(predictor: BasePredictor, matrix: Matrix) -> float:
    """Core-milliseconds of `ask_library`."""
    began = time.process_time()
    ask_library(predictor, matrix)
    return (time.process_time() - began) * 1e3


def ask_library(predictor: BasePredictor, matrix: Matrix) -> object:
    """The plainest call that has a library ask its learner, in one thread; no distribution is made of the answer.

    Forests have treelite find the leaves, as artifacts hold nothing of scikit-learn; the logistic regression is one
    matrix product.
    """
    match predictor:
        case BoostedTrees():
            return predictor.score_by_library(matrix)
        case QuantileEnsemble():
            predictor.booster.inplace_predict(matrix)
            return [trees.predict(member, matrix) for member in predictor.histograms]
        case ExtraTreesModel() | RandomForestModel():
            return gtil.predict_leaf(predictor.forest, matrix.astype(np.float64), nthread=1)
        case LogisticRegressionModel():
            return matrix @ predictor.coefficients
    return predictor.predict(as_frame(matrix))


def walk_stages(model: DeployableModel, rows: RawRows) -> FloatArray:
    """Do what `predict` does, one stage after the other; core-milliseconds of each of STAGES."""
    spent = [time.process_time()]
    submissions = read_submissions(rows)
    parts = [submissions.part(part) for part in cut_parts(submissions)]
    spent.append(time.process_time())
    history = [model.state.describe(level_keys(part), part.submitted_us)[0] for part in parts]
    spent.append(time.process_time())
    features = [as_frame(assemble(model.encoder, *each)) for each in zip(parts, history, strict=True)]
    spent.append(time.process_time())
    found = [model.predictor.predict_distribution(each) for each in features]
    spent.append(time.process_time())
    for part, distribution in zip(parts, found, strict=True):
        cap_gib = request_cap(part.numbers["memreq"] / MIB_PER_GIB, model.facts.cap_ratio)
        allocate(distribution, model.recipe.rule, model.facts.mean_peak_gib, cap_gib)
    spent.append(time.process_time())
    return np.diff(spent) * 1e3


def submitted_apart(later: pd.DataFrame) -> pd.DataFrame:
    """As many rows as asked for, no two of them alike: each repetition is submitted an hour later."""
    place = np.arange(BATCH_ROWS)
    batch = later.iloc[place % len(later)]
    return batch.assign(time=batch["time"] + pd.to_timedelta(place // len(later), unit="h"))


def later_rows(model: DeployableModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that were submitted after a fit; where there are none, the newest ones submitted again."""
    later = rows[rows["time"] >= pd.Timestamp(model.facts.trained_until_us, unit="us")]
    return later if len(later) else _moved_on(rows, model)


def _moved_on(rows: pd.DataFrame, model: DeployableModel) -> pd.DataFrame:
    """The newest rows, submitted again after the fit: a served model has seen all that there are."""
    newest = rows.tail(2_000)
    shift = pd.Timestamp(model.facts.trained_until_us, unit="us") - newest["time"].min()
    return newest.assign(time=newest["time"] + shift + pd.Timedelta(minutes=1))


def seconds_of_one(predict: Callable[[int], object]) -> list[float]:
    """Seconds of COUNTED calls, each with its number, after some that are not counted."""
    for place in range(WARM_UP):
        predict(place)
    times = []
    for place in range(COUNTED):
        began = time.perf_counter()
        predict(place)
        times.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    sys.exit(main())
