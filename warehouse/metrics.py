"""What the store knows of its runs and its champion, for monitoring. Not here: names and format (openmetrics.py)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from resource_prediction.errors import ResourcePredictionError
from resource_prediction.gate.verdict import VerdictKind
from warehouse.durable import write_durably
from warehouse.layout import Layout
from warehouse.openmetrics import Sample, openmetrics_text
from warehouse.published import read_snapshot
from warehouse.registry import Champion, RecordedVerdict, Registry, Run
from warehouse.registry.runs import EndState
from warehouse.store import is_synthetic

logger = logging.getLogger(__name__)

STAGES = ("ingest", "features", "fit", "serve")
OUTCOMES = ("accepted", "updated", "known", "twins", "quarantined")
"""What becomes of a row that is read."""


def write_metrics(layout: Layout, *, at: datetime) -> None:
    """Replace the store's ``metrics.prom``, atomically; where it cannot be written that is a warning and no more.

    Args:
        layout: The store.
        at: Now, which ages are counted up to.
    """
    try:
        write_durably(layout.metrics_file, metrics_text(layout, at=at))
    except (OSError, sqlite3.Error, ResourcePredictionError) as error:
        logger.warning("%s is not written, monitoring sees what was there: %s", layout.metrics_file, error)


def metrics_text(layout: Layout, *, at: datetime) -> bytes:
    """All that the store can tell, as OpenMetrics text; a number that does not exist is left out.

    Raises:
        StoreError: The store, its registry or what is published cannot be read.
    """
    with Registry.read(layout) as registry:
        champion, runs, verdicts = registry.champion(), registry.runs.history(), registry.verdicts.history()
    samples = [*_of_rows(layout), *_of_runs(runs), *_of_champion(champion, at), *_of_verdict(verdicts)]
    done = [run for run in _ended(runs) if run.state == "done"]
    if done:
        samples += _of_result(done[-1].result or {}, champion)
    # The path: a machine may have several stores, and their files are collected in one folder.
    labels = {"store": str(layout.store.resolve()), "synthetic": str(is_synthetic(layout)).lower()}
    return openmetrics_text(samples, labels)


def _of_rows(layout: Layout) -> Iterator[Sample]:
    if layout.current.exists():
        snapshot = read_snapshot(layout)
        yield Sample("store_rows", snapshot.rows)
        yield Sample("store_quarantined_rows", snapshot.quarantine.rows)


def _ended(runs: Sequence[Run]) -> list[Run]:
    """Runs that have ended, in the order of their ends."""
    return [run for _, run in sorted(((run.finished_at, run) for run in runs if run.finished_at), key=lambda p: p[0])]


def _of_runs(runs: Sequence[Run]) -> Iterator[Sample]:
    ended = _ended(runs)
    if not ended:
        return
    last = ended[-1]
    for state in get_args(EndState):
        yield Sample("last_run_state", state == last.state, {"state": state})
    yield Sample("last_run_start_timestamp_seconds", last.started_at.timestamp())
    yield Sample("last_run_end_timestamp_seconds", _timestamp(last.finished_at))
    done = [run.finished_at for run in ended if run.state == "done"]
    yield Sample("last_success_timestamp_seconds", _timestamp(done[-1] if done else None))


def _of_champion(champion: Champion | None, at: datetime) -> Iterator[Sample]:
    if champion is None:
        return
    yield Sample("champion_info", 1, {"version": champion.version, "family": champion.family})
    yield Sample("champion_promotion_timestamp_seconds", champion.promoted_at.timestamp())
    yield Sample("champion_trained_until_timestamp_seconds", champion.trained_until.timestamp())
    yield Sample("champion_age_seconds", (at - champion.promoted_at).total_seconds())


def _of_verdict(verdicts: Sequence[RecordedVerdict]) -> Iterator[Sample]:
    if not verdicts:
        return
    last = verdicts[-1]
    for kind in get_args(VerdictKind):
        yield Sample("last_verdict", kind == last.kind, {"verdict": kind})
    yield Sample("last_verdict_applied", last.applied)
    yield Sample("last_verdict_timestamp_seconds", last.given_at.timestamp())
    yield Sample("served_jobs", last.served.get("rows"))
    yield Sample("served_score", last.served.get("score"))
    yield Sample("served_score_low", last.served.get("low"))
    yield Sample("served_score_high", last.served.get("high"))
    yield Sample("served_under_ratio", _ratio(last.served.get("under_pct")))
    yield Sample("served_promised_ratio", _ratio(last.served.get("promised_pct")))
    yield Sample("served_over_ratio", _ratio(last.served.get("over_pct")))


def _of_result(result: Mapping[str, Any], champion: Champion | None) -> Iterator[Sample]:
    """What a run reported of itself; `tasks.report` says what its result holds."""
    seconds, ingest = result.get("seconds", {}), result.get("ingest", {})
    yield Sample("run_duration_seconds", seconds.get("total"))
    for stage in STAGES:
        yield Sample("run_stage_duration_seconds", seconds.get(stage), {"stage": stage})
    for status in ("ok", "failed"):
        of_status = [family for family in result.get("families", []) if family["status"] == status]
        yield Sample("run_families", len(of_status), {"status": status})
    for outcome in OUTCOMES:
        yield Sample("ingest_rows", ingest.get(outcome), {"outcome": outcome})
    yield Sample("ingest_quarantined_ratio", _quarantined_ratio(ingest))
    yield Sample("holdout_jobs", result.get("holdout", {}).get("rows"))
    for policy, scores in _policies(result, champion).items():
        labels = {"policy": policy}
        yield Sample("holdout_score", scores.get("score"), labels)
        yield Sample("holdout_live_score", scores.get("live_score"), labels)
        yield Sample("holdout_under_ratio", _ratio(scores.get("under_pct")), labels)
        yield Sample("holdout_over_ratio", _ratio(scores.get("over_pct")), labels)


def _policies(result: Mapping[str, Any], champion: Champion | None) -> dict[str, Mapping[str, Any]]:
    """Scores on one hold-out of who serves, the requests and the rolling maximum."""
    policies = {name: score for name, score in result.get("baselines", {}).items() if score}
    reported = result.get("champion") or {}
    # After a rollback somebody else serves than that run has scored.
    if champion is not None and reported.get("version") == champion.version:
        policies["champion"] = reported
    return policies


def _quarantined_ratio(ingest: Mapping[str, int]) -> float | None:
    """Rows that were known before are left out: a whole folder that is given every night would hide a bad day."""
    new = ingest.get("read", 0) - ingest.get("known", 0)
    return ingest["quarantined"] / new if new > 0 else None


def _ratio(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _timestamp(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
