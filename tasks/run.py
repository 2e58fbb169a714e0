"""A run's beginning and end in the registry. Not here: what happens in between."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from resource_prediction.errors import StoreError
from warehouse.layout import Layout
from warehouse.leftovers import sweep
from warehouse.metrics import write_metrics
from warehouse.registry import Registry
from warehouse.store import open_store


def begin_run(store: str, parameters: dict[str, Any]) -> str:
    """Record that a run begins, making the store where there is none; returns the run's id.

    From here to `end_run` the run holds the store, for one run at a time; it lets go also by dying. Runs that were
    killed before they could report their end are marked as stopped.

    Raises:
        StoreBusyError: Another living run holds the store.
        StoreError: The store cannot be used.
    """
    layout, now = Layout(Path(store)), datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    open_store(layout)
    with Registry.open(layout) as registry:
        registry.runs.start(run_id, parameters, at=now)
    sweep(layout, at=now)
    return run_id


def end_run(
    store: str, run_id: str, state: Literal["done", "failed", "stopped"], result: dict[str, Any] | None
) -> None:
    """Record how a run ended, and tell those who watch."""
    layout, now = Layout(Path(store)), datetime.now(UTC)
    with Registry.open(layout) as registry:
        registry.runs.finish(run_id, state, result, at=now)
    write_metrics(layout, at=now)


def run_state(store: str, run_id: str) -> str | None:
    """How an earlier run ended; None where the store does not know it."""
    with Registry.read(Layout(Path(store))) as registry:
        return next((run.state for run in registry.runs.history() if run.run_id == run_id), None)


def run_record(store: str, run_id: str) -> dict[str, Any]:
    """What the store keeps of a finished run: its result, and what is told beside it.

    Raises:
        StoreError: There is no such run, or it did not come that far.
    """
    with Registry.read(Layout(Path(store))) as registry:
        found = [run.result for run in registry.runs.history() if run.run_id == run_id and run.result is not None]
    if not found:
        raise StoreError(
            "run", got=repr(run_id), expected="the id of a finished run", next_step="Look at the run's state first."
        )
    return dict(found[0])
