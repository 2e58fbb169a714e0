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

from resource_prediction.models import DeployableModel
from resource_prediction.telemetry import SUBMISSION_COLUMNS
from warehouse.layout import Layout
from warehouse.published import read_rows, read_snapshot
from warehouse.settings import Settings

BATCH_ROWS = 22_000
WARM_UP, COUNTED = 50, 500


def main() -> int:
    """Print a table: a row for each family that has a fit in the store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="default: as for `python -m warehouse`")
    arguments = parser.parse_args()
    layout = Layout(arguments.store or Settings().store_to_read())
    rows = read_rows(read_snapshot(layout), columns=list(SUBMISSION_COLUMNS))
    print("| family | one row, ms (median, 99 %) | 22,000 rows, s |\n|---|---:|---:|")
    for link in sorted(layout.models.iterdir()):
        model = DeployableModel.load(link)
        later = rows[rows["time"] >= pd.Timestamp(model.facts.trained_until_us, unit="us")]
        later = later if len(later) else _moved_on(rows, model)
        single = later.head(200).to_dict("records")
        batch = later.iloc[np.resize(np.arange(len(later)), BATCH_ROWS)]
        times = _seconds(lambda place, model=model, single=single: model.predict([single[place % len(single)]]))
        began = time.perf_counter()
        model.predict(batch)
        model.predict(batch)
        batch_seconds = (time.perf_counter() - began) / 2
        median, high = statistics.median(times) * 1e3, float(np.quantile(times, 0.99)) * 1e3
        print(f"| {link.name} | {median:.2f}, {high:.2f} | {batch_seconds:.2f} |", flush=True)
    return 0


def _moved_on(rows: pd.DataFrame, model: DeployableModel) -> pd.DataFrame:
    """The newest rows, submitted again after the fit: a served model has seen all that there are."""
    newest = rows.tail(2_000)
    shift = pd.Timestamp(model.facts.trained_until_us, unit="us") - newest["time"].min()
    return newest.assign(time=newest["time"] + shift + pd.Timedelta(minutes=1))


def _seconds(predict: Callable[[int], object]) -> list[float]:
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
