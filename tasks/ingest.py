"""The task that brings telemetry into the store and publishes it. Not here: reading files, judging rows (warehouse)."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun

from resource_prediction.date_range import EVERYTHING, DateRange
from resource_prediction.errors import StoreLockedError, UnreachableSourceError
from warehouse.engine import open_engine
from warehouse.ingest import ingest, stored_rows
from warehouse.layout import Layout
from warehouse.publish import publish
from warehouse.sources.demo import write_demo_export
from warehouse.sources.opening import open_source
from warehouse.store import claim, release

logger = logging.getLogger(__name__)

OUTSIDE = (StoreLockedError, UnreachableSourceError)
"""What may be gone in a moment: another writer, a network folder or a server that does not answer."""


@dataclass(frozen=True)
class Ingested:
    """What came in.

    Attributes:
        counts: read, accepted, updated, known, twins, quarantined.
        data_digest: Digest of the accepted rows, these and earlier ones.
        rows: Accepted rows in the store.
        notes: Files that were refused or left for the next run, with the reason.
        seconds: Wall clock of ingest and publishing.
    """

    counts: dict[str, int]
    data_digest: str
    rows: int
    notes: tuple[str, ...]
    seconds: float


@task(name="generate demo farm", task_run_name="generate the demo farm, {rows} jobs")
def generate_demo(store: str, rows: int, days: float) -> str:
    """Write the synthetic farm's export into the store, unless it is there; returns its path."""
    return str(write_demo_export(Layout(Path(store)), rows, days))


def is_outside(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether to try again; Prefect asks after each attempt but the last one."""
    error = state.data
    if not isinstance(error, OUTSIDE):
        return False
    logger.warning("ingest will be tried again: %s", error)
    return True


def with_retries(retries: int, first_delay_seconds: float) -> Task[..., Ingested]:
    """The ingest task with other retries.

    Args:
        retries: Attempts after the first one.
        first_delay_seconds: About how long to wait before the first of them; each wait is twice the one before.
    """
    return ingest_telemetry.with_options(
        retries=retries, retry_delay_seconds=[first_delay_seconds * 2**attempt for attempt in range(retries)]
    )


@task(
    name="ingest",
    task_run_name="ingest {telemetry[kind]} telemetry",
    retry_jitter_factor=0.5,
    retry_condition_fn=is_outside,
)
def ingest_telemetry(
    store: str,
    places: list[str],
    telemetry: dict[str, str | int | float | None],
    dates: DateRange = EVERYTHING,
) -> Ingested:
    """Read what is new, and publish it.

    Args:
        store: The store's folder.
        places: Files, folders, globs, and ``SCHEME://...`` for other sources.
        telemetry: What the store is claimed for at its first ingest; one that brings no row leaves it unclaimed.
        dates: Rows of other days are not read.

    Raises:
        SourceError: There is nothing to read, and never was.
        StoreError: The store holds another telemetry, or another process writes to it.
    """
    layout, now, began = Layout(Path(store)), datetime.now(UTC), time.perf_counter()
    with open_engine(layout) as engine:
        with _claimed(engine, layout, telemetry):
            report = ingest(engine, layout, open_source(places, now), now=now, dates=dates)
        report.require_rows()
        snapshot = publish(engine, layout)
    notes = tuple(f"{file.name}: {file.note}" for file in report.files if file.state in ("refused", "left"))
    return Ingested(asdict(report.counts), snapshot.digest, snapshot.rows, notes, time.perf_counter() - began)


@contextmanager
def _claimed(
    engine: duckdb.DuckDBPyConnection, layout: Layout, telemetry: dict[str, str | int | float | None]
) -> Iterator[None]:
    """Hold the store for one telemetry, and let go of it again where no row came in.

    The claim comes before the rows, so that a crash between two files cannot leave rows that nobody claimed; a claim
    without rows, which such a crash may leave, is void.
    """
    if not stored_rows(engine):
        release(layout)
    claim(layout, telemetry)
    try:
        yield
    finally:
        if not stored_rows(engine):
            release(layout)
