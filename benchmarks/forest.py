"""Seconds, memory and artifact of a fit of the forest, by the rows that it may see: `python benchmarks/forest.py`."""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from telemetry_rows import read_source

from resource_prediction.config import create_predictor, default_parameters
from resource_prediction.features.matrix import as_frame
from resource_prediction.features.table import describe_table
from resource_prediction.models.out_of_time import thin
from resource_prediction.outcomes import read_outcomes
from resource_prediction.training import build_training_set, knowledge_end_us

FAMILY = "extra_trees_regression"
HOUR_US = 3_600_000_000
BOUNDS = (10_000, 20_000, 40_000, 0)


def main() -> int:
    """Print a table: a row for each bound; 0 is all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", help="telemetry file; without one, the synthetic farm")
    parser.add_argument("--demo-rows", type=int, default=220_000, help="jobs of the synthetic farm (%(default)s)")
    parser.add_argument("--demo-days", type=float, default=120, help="its length in days (%(default)s)")
    parser.add_argument("--max-rows", nargs="+", type=int, default=list(BOUNDS), metavar="N", help="0 is all")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        total = _apart(write_training_rows, Path(folder), arguments)
        default = default_parameters(FAMILY)["max_rows"]
        print(f"{total:,} training rows, 1 thread a fit; the default bound is {default:,}\n")
        print("| rows fitted | seconds | core-seconds | peak memory, MiB | the rows in it, MiB | artifact, MiB |")
        print("|---:|---:|---:|---:|---:|---:|")
        for most in arguments.max_rows:
            rows, cells = _apart(measure_fit, Path(folder), most)
            print(f"| {rows:,} | " + " | ".join(f"{each:.1f}" for each in cells) + " |", flush=True)
    return 0


def write_training_rows(folder: Path, arguments: argparse.Namespace) -> int:
    """Write matrix and peaks as files; returns how many rows they have."""
    rows = read_source(arguments.source, arguments.demo_rows, arguments.demo_days)
    outcomes = read_outcomes(rows, HOUR_US)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    data = build_training_set(rows, outcomes, point_in_time, until_us=knowledge_end_us(rows))
    np.save(folder / "matrix.npy", data.matrix)
    np.save(folder / "peak_gib.npy", data.peak_gib)
    return len(data.peak_gib)


def measure_fit(folder: Path, most: int) -> tuple[int, list[float]]:
    """Rows fitted; seconds, core-seconds, MiB of the whole process and of the rows, MiB on disk."""
    peak_gib = np.load(folder / "peak_gib.npy")
    rows = thin(len(peak_gib), most or None)
    X = as_frame(np.load(folder / "matrix.npy", mmap_mode="r")[rows])
    model = create_predictor(FAMILY, default_parameters(FAMILY) | {"max_rows": len(X)}, random_state=42)
    wall, core = time.perf_counter(), time.process_time()
    model.fit_distribution(X, peak_gib[rows])
    wall, core = time.perf_counter() - wall, time.process_time() - core
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    artifact = folder / f"artifact_{most}"
    model.save(artifact)
    size_mib = sum(file.stat().st_size for file in artifact.iterdir()) / 1024**2
    return len(X), [wall, core, peak_mib, X.to_numpy().nbytes / 1024**2, size_mib]


def _apart(function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
    """Run in a process of its own: peak memory is that of a process, never falls, and is handed on to children."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


if __name__ == "__main__":
    sys.exit(main())
