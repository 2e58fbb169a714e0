"""Tasks from published rows to features, training sets and their audit. Not here: making any of them (library)."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from prefect import task

from resource_prediction.arrays import BoolArray
from resource_prediction.errors import LeakError, TooFewRowsError
from resource_prediction.features.audit import audit_leaks
from resource_prediction.features.job_table import JobPart, JobTable
from resource_prediction.holdout import Holdout
from resource_prediction.outcomes import Outcomes
from resource_prediction.telemetry import LEARNING_COLUMNS
from resource_prediction.training import MIN_TRAINING_ROWS, cut_table
from warehouse import prepared
from warehouse.layout import Layout
from warehouse.published import Part, Pointer, Snapshot, newest_ingest, read_pointer, read_rows, read_snapshot

logger = logging.getLogger(__name__)

ROWS_AT_ONCE = 2_000_000
"""Of a larger table the training set and the hold-out are described one after the other: both take memory."""


@dataclass(frozen=True)
class Features:
    """What describes any row by what was known at its submission, in the store.

    Attributes:
        name: Their name in the store.
        pointer: The publish that they were made from; every later step reads the same rows.
        data_digest: Digest of those rows.
        label_delay_us: The label delay they were made under.
        seconds: Wall clock.
    """

    name: str
    pointer: Pointer
    data_digest: str
    label_delay_us: int
    seconds: float


@dataclass(frozen=True)
class Cut:
    """A training set in the store, and what it leaves out.

    Attributes:
        name: Its name in the store.
        until_us: Only what was known before this instant is inside.
        seconds: Wall clock.
    """

    name: str
    until_us: int
    seconds: float


@task(name="features", task_run_name="features of every row")
def build_features(
    store: str, label_delay_us: int, workers: int, *, reuse: bool, beside: tuple[Features, ...] = ()
) -> Features:
    """Index every published row by key and by when its peak was known, so that any row can be described; store that.

    Args:
        store: The store's folder.
        label_delay_us: When a peak counts as known.
        workers: Threads.
        reuse: Take the features that are there, and fail where there are none for these rows.
        beside: Those that the run has already and still needs.

    Raises:
        StoreError: Nothing is published, or ``reuse`` finds nothing to take.
    """
    layout, began = Layout(Path(store)), time.perf_counter()
    pointer = read_pointer(layout)
    snapshot = read_snapshot(layout, pointer)
    name = prepared.feature_key(snapshot.digest, label_delay_us)
    if reuse:
        prepared.load_features(layout, name)
    elif not prepared.has_features(layout, name):
        table = JobTable.build(_read_jobs(snapshot, label_delay_us, workers), workers)
        prepared.save_features(layout, name, table, spared=[features.name for features in beside])
    return Features(name, pointer, snapshot.digest, label_delay_us, time.perf_counter() - began)


@task(name="cut training set", task_run_name="cut the {role} training set")
def cut_training_set(
    store: str, features: Features, role: str, *, holdout: str | None, train_window_us: int | None, workers: int = 1
) -> Cut:
    """Cut what every family is fitted on.

    Args:
        store: The store's folder.
        features: Of `build_features`.
        role: ``judged`` or ``served``, for the task's name.
        holdout: What stays out; None cuts at the newest instant in the telemetry, at most when it came in.
        train_window_us: How far back training rows go; None is all.
        workers: Threads.

    Raises:
        TooFewRowsError: Too few rows are left.
    """
    layout, began = Layout(Path(store)), time.perf_counter()
    table = prepared.load_features(layout, features.name)
    came_in_us = newest_ingest(read_snapshot(layout, features.pointer)).value // 1_000
    until_us, held_out = _place_cut(table, holdout, came_in_us)
    name = prepared.training_key(features.name, until_us, train_window_us)

    def cut() -> None:
        if not prepared.has_training_set(layout, name):
            load_table = partial(prepared.load_features, layout, features.name, workers)
            data = cut_table(load_table, until_us=until_us, train_window_us=train_window_us)
            prepared.save_training_set(layout, name, data)

    def describe_holdout() -> None:
        # Every family is scored on these rows: described once, before they are fitted side by side.
        if held_out:
            prepared.load_described(layout, features.name, held_out.start, held_out.stop, workers)

    with ThreadPoolExecutor(workers if len(table) <= ROWS_AT_ONCE else 1) as pool:
        del table
        for step in [pool.submit(cut), pool.submit(describe_holdout)]:
            step.result()
    return Cut(name, until_us, time.perf_counter() - began)


def _read_jobs(snapshot: Snapshot, label_delay_us: int, workers: int) -> JobPart:
    """Read all rows month by month, so that no more than a few months are in memory as raw rows."""

    def read(part: Part) -> JobPart:
        return JobPart.read(read_rows(replace(snapshot, parts=(part,)), LEARNING_COLUMNS), label_delay_us)

    with ThreadPoolExecutor(workers) as pool:
        return JobPart.join(pool.map(read, snapshot.parts), snapshot.rows)


def _place_cut(table: JobTable, holdout: str | None, came_in_us: int) -> tuple[int, range]:
    """The instant of a cut, and the positions of the rows behind it; rows ahead of their ingest do not move it."""
    outcomes, submitted_us = table.jobs.outcomes, table.jobs.submissions.submitted_us
    if holdout is None:
        return min(table.until_us, came_in_us), range(0)
    counted = outcomes.is_final & (submitted_us <= came_in_us)
    if not counted.any():
        raise TooFewRowsError(0, MIN_TRAINING_ROWS)
    until_us = Holdout.parse(holdout).cut_us(submitted_us[counted])
    _tell_holdout(outcomes, table.jobs.is_twin, submitted_us >= until_us)
    return until_us, range(int(submitted_us.searchsorted(until_us)), len(table))


def _tell_holdout(outcomes: Outcomes, is_twin: BoolArray, is_held_out: BoolArray) -> None:
    """Say how many held-out jobs are scored, and how many are not, as their peak is not final; twins are neither."""
    scored = int((outcomes.is_scored & is_held_out).sum())
    others = int((is_held_out & ~is_twin).sum()) - scored
    logger.info("hold-out: %s jobs are scored; %s others without a final peak are not", f"{scored:,}", f"{others:,}")


@task(name="leak audit", task_run_name="leak audit of the features")
def audit_features(store: str, features: Features, seed: int) -> dict[str, Any]:
    """Describe rows a second time from what was known alone.

    Returns:
        Rows, twins and ties among them, and that it passed.

    Raises:
        LeakError: A feature came out differently.
    """
    layout = Layout(Path(store))
    snapshot = read_snapshot(layout, features.pointer)
    parts = [
        partial(read_rows, replace(snapshot, parts=(part,)), ["atom_id", *LEARNING_COLUMNS]) for part in snapshot.parts
    ]
    audit = audit_leaks(parts, features.label_delay_us, prepared.load_features(layout, features.name), seed)
    if audit.finding is not None:
        raise LeakError(audit.finding)
    return audit.values
