"""One stage of `scale.py`, in a process of its own, as one line of JSON. Not here: which stages, tables."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.latency import later_rows, seconds_of_one, submitted_apart
from benchmarks.scale import Facts, peak_gib
from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.demo_farm import DEMO_SEED, render_eras
from resource_prediction.durations import parse_duration_us
from resource_prediction.evaluation import evaluate
from resource_prediction.features.matrix import FEATURE_VERSION
from resource_prediction.models import DeployableModel
from resource_prediction.recipe import Recipe
from resource_prediction.training import fit_recipe
from tasks.features import Features, build_features, cut_training_set
from tasks.score import load_scored_jobs, predict_timed
from warehouse import prepared
from warehouse.durable import write_pieces_durably
from warehouse.engine import open_engine
from warehouse.ingest import ingest
from warehouse.layout import Layout
from warehouse.publish import publish
from warehouse.published import read_rows, read_snapshot
from warehouse.sources.opening import open_source

HOLDOUT, UNDER_COST, SEED = "20%", 5.0, 42


def main() -> int:
    """Run the stage that the arguments name, and print what it took."""
    name, rows, days, folder, workers, label_delay = sys.argv[1:]
    farm = Farm(int(rows), float(days), Path(folder), int(workers), parse_duration_us(label_delay))
    kind, *rest = name.split(":")
    stages = {"generate": generate, "limits": limits, "ingest": take_in, "features": describe}
    if kind in stages:
        found = stages[kind](farm)
    elif kind == "fit":
        found = {name: fit(farm, rest[0], None)}
    else:
        found = {name: fit(farm, rest[1], None if rest[0] == "all" else parse_duration_us(rest[0]))}
    print(json.dumps({stage: {**facts, "peak_gib": peak_gib()} for stage, facts in found.items()}))
    return 0


@dataclass(frozen=True)
class Farm:
    """A synthetic farm and its store."""

    rows: int
    days: float
    folder: Path
    workers: int
    label_delay_us: int

    @property
    def export(self) -> Path:
        """Its telemetry."""
        return self.folder / f"{self.rows}.csv"

    @property
    def layout(self) -> Layout:
        """Its store."""
        return Layout(self.folder / f"{self.rows}")


@contextmanager
def timed(facts: Facts) -> Iterator[None]:
    """Enter wall clock and core-seconds of the block."""
    began, cores = time.perf_counter(), time.process_time()
    yield
    facts |= {"seconds": time.perf_counter() - began, "core_seconds": time.process_time() - cores}


def generate(farm: Farm) -> dict[str, Facts]:
    """Write the export; in no table but this one."""
    facts: Facts = {}
    with timed(facts):
        write_pieces_durably(farm.export, render_eras(farm.rows, farm.days, DEMO_SEED))
    return {"generate": {**facts, "bytes": farm.export.stat().st_size}}


def limits(farm: Farm) -> dict[str, Facts]:
    """What no ingest can be faster than on this machine, for the bytes of the export."""
    size, facts = farm.export.stat().st_size, Facts()
    with timed(facts), duckdb.connect(config={"threads": str(farm.workers)}) as engine:
        options = "delim = ';', quote = '', header = true, all_varchar = true, null_padding = true"
        rows = f"read_csv('{farm.export}', {options})"
        counting, parsing = Facts(), Facts()
        with timed(counting):
            names = [row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]  # noqa: S608
            engine.execute(f"SELECT count(*) FROM {rows}").fetchall()  # noqa: S608
        with timed(parsing):
            engine.execute(f"SELECT {', '.join(f'max({name})' for name in names)} FROM {rows}").fetchall()  # noqa: S608
    block = np.ones(1 << 26, dtype=np.uint8)
    target = np.empty_like(block)
    target[:] = block
    copying, writing = Facts(), Facts()
    with timed(copying):
        target[:] = block
    with timed(writing), (farm.folder / "written").open("wb") as file:
        for _ in range(max(size // block.size, 1)):
            file.write(block.data)
        os.fsync(file.fileno())
    (farm.folder / "written").unlink()
    facts |= {"count_seconds": counting["seconds"], "parse_seconds": parsing["seconds"]}
    scale = size / block.size
    return {"limits": {**facts, "copy_seconds": copying["seconds"] * scale, "write_seconds": writing["seconds"]}}


def take_in(farm: Farm) -> dict[str, Facts]:
    """Ingest and publish the export into a new store."""
    shutil.rmtree(farm.layout.store, ignore_errors=True)
    now = datetime.now(UTC)
    ingesting, publishing = Facts(), Facts()
    with open_engine(farm.layout) as engine:
        with timed(ingesting):
            report = ingest(engine, farm.layout, open_source([str(farm.export)], now), now=now)
        with timed(publishing):
            publish(engine, farm.layout)
    return {"ingest": {**ingesting, "accepted": report.counts.accepted}, "publish": publishing}


def describe(farm: Farm) -> dict[str, Facts]:
    """Index the rows, cut the judged training set, describe the hold-out: what a run counts as features."""
    shutil.rmtree(farm.layout.features, ignore_errors=True)
    shutil.rmtree(farm.layout.training, ignore_errors=True)
    facts: Facts = {}
    with timed(facts):
        features = build_features.fn(str(farm.layout.store), farm.label_delay_us, farm.workers, reuse=False)
        cut_training_set.fn(
            str(farm.layout.store), features, "judged", holdout=HOLDOUT, train_window_us=None, workers=farm.workers
        )
    return {"features": facts}


def fit(farm: Farm, family: str, train_window_us: int | None) -> Facts:
    """Fit a family with its defaults, score it on the hold-out, and predict from raw rows as users do."""
    store, facts, cutting = str(farm.layout.store), Facts(), Facts()
    # Takes over what the features stage left, unless the code has changed since.
    features = build_features.fn(store, farm.label_delay_us, farm.workers, reuse=False)
    with timed(cutting):
        cut = cut_training_set.fn(
            store, features, "judged", holdout=HOLDOUT, train_window_us=train_window_us, workers=farm.workers
        )
    recipe = Recipe(
        family, default_parameters(family), AllocationRule(), farm.label_delay_us, train_window_us, FEATURE_VERSION
    )
    data = prepared.load_training_set(farm.layout, cut.name)
    with timed(facts):
        fitted = fit_recipe(recipe, data, SEED)
    folder = farm.folder / f"{farm.rows}-{family}"
    shutil.rmtree(folder, ignore_errors=True)
    fitted.save(folder)
    facts |= {"fitted": len(data.peak_gib), "cut_seconds": cutting["seconds"]}
    del fitted, data
    facts |= _score(farm, DeployableModel.load(folder), features, cut.until_us)
    shutil.rmtree(folder)
    return facts


def _score(farm: Farm, model: DeployableModel, features: Features, until_us: int) -> dict[str, Any]:
    scoring: Facts = {}
    with timed(scoring):
        jobs = load_scored_jobs(str(farm.layout.store), features, since_us=until_us)
        allocation_gib, _ = predict_timed(model, jobs)
        values = evaluate(model, jobs, allocation_gib, UNDER_COST).values
    later = later_rows(model, read_rows(read_snapshot(farm.layout), since=jobs.rows["time"].min()))
    single, batch = later.head(200).to_dict("records"), submitted_apart(later)
    times = seconds_of_one(lambda place: model.predict([single[place % len(single)]]))
    model.predict(batch)
    batching: Facts = {}
    with timed(batching):
        model.predict(batch)
    return {
        "score_seconds": scoring["seconds"],
        "scored": len(jobs.rows),
        "score": values["score"],
        "live_score": values["live_score"],
        "one_ms": statistics.median(times) * 1e3,
        "one_ms_99": float(np.quantile(times, 0.99)) * 1e3,
        "batch_seconds": batching["seconds"],
    }


if __name__ == "__main__":
    sys.exit(main())
