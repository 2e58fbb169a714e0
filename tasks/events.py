"""Events that a run sends to Prefect, for automations of its users. Not here: when they are sent (flows)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from prefect.events import emit_event
from prefect.events.schemas.events import Event
from prefect.exceptions import PrefectException

from resource_prediction.errors import ResourcePredictionError
from warehouse.layout import Layout
from warehouse.store import open_store

logger = logging.getLogger(__name__)

QUARANTINED = "telemetry.quarantined"
CHAMPION_EVENTS = {kind: f"champion.{kind}" for kind in ("first", "promoted", "refreshed", "kept")}


def store_resource(store: str) -> dict[str, str]:
    """The resource that every event of a store is about; its id stays as long as the store."""
    return {
        "prefect.resource.id": f"resource-prediction.store.{open_store(Layout(Path(store))).id}",
        "prefect.resource.name": store,
        "prefect.resource.role": "store",
    }


def announce_quarantine(store: str, run_id: str, counts: dict[str, int]) -> list[str]:
    """Say that rows were quarantined in this run; returns what could not be said."""
    if not counts["quarantined"]:
        return []
    payload = {"run_id": run_id, "rows": counts["quarantined"], "rows_read": counts["read"], "store": store}
    return _send(QUARANTINED, store, payload)


def announce_verdict(result: dict[str, Any]) -> list[str]:
    """Say what became of the champion, after it happened; returns what could not be said.

    An evaluation, and a verdict that was only to be looked at, change nothing and are no event.
    """
    kind, champion = result["verdict"], result["champion"] or {}
    if kind not in CHAMPION_EVENTS or (kind != "kept" and not result["applied"]):
        return []
    payload = {
        "run_id": result["run_id"],
        "reason": result["reason"],
        "store": result["store"],
        **{name: champion.get(name) for name in ("version", "family", "score", "live_score", "under_pct", "over_pct")},
        "rows": result["holdout"]["rows"],
        "new_rows": result["ingest"]["accepted"] + result["ingest"]["updated"],
    }
    return _send(CHAMPION_EVENTS[kind], result["store"], payload)


def _send(event: str, store: str, payload: dict[str, Any]) -> list[str]:
    try:
        sent: Event | None = emit_event(event, resource=store_resource(store), payload=payload)
    except (PrefectException, ResourcePredictionError) as error:
        problem = f"{type(error).__name__}: {error}"
    else:
        # Prefect logs why, and returns None.
        problem = "" if sent is not None else "Prefect did not take it"
    if not problem:
        return []
    logger.warning("the event %s was not sent: %s", event, problem)
    return [f"{event}: {problem}"]
