"""A run's result as the summaries read it, with values that a reader can check by head."""

from __future__ import annotations

from typing import Any

SCORES = {"score": 71.25, "live_score": 70.5, "under_pct": 2.25, "over_pct": 60.0}


def family(name: str, **changes: Any) -> dict[str, Any]:
    values = {
        "family": name,
        "task_type": name.rsplit("_", 1)[1],
        **SCORES,
        "gib_saved": 12_345.6,
        "fit_seconds": 1.5,
        "predict_ms_per_1000": 9.0,
        "trials": None,
        "status": "ok",
        "error": None,
    }
    return values | changes


def failed(name: str, error: str) -> dict[str, Any]:
    nothing = dict.fromkeys((*SCORES, "gib_saved", "fit_seconds", "predict_ms_per_1000"))
    return family(name, **nothing, status="failed", error=error)


def serving(name: str, version: str, **changes: Any) -> dict[str, Any]:
    return {"version": version, "family": name, "path": "var/own/champion", **SCORES} | changes


def result(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "verdict": "first",
        "applied": True,
        "reason": "xgboost_regression scores 71.2 on the 300 newest jobs.",
        "run_id": "run-1",
        "store": "var/own",
        "champion": serving("xgboost_regression", "0001-a"),
        "challenger": None,
        "improvement": None,
        "baselines": {"memreq": {"score": 162.0, "under_pct": 0.0, "over_pct": 162.0}, "rolling_max_20": None},
        "families": [family("xgboost_regression")],
        "holdout": {"rows": 300, "from": "2025-04-28T10:11:12", "until": "2025-04-29T20:00:00.5"},
        "ingest": {"read": 1503, "accepted": 1490, "updated": 3, "known": 2, "twins": 5, "quarantined": 3},
        "leak_audit": {"rows": 2000, "passed": True},
        "seconds": dict.fromkeys(("ingest", "features", "fit", "serve", "total"), 1.0),
    }
    return values | changes
