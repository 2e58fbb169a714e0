"""Which family a page may call the best: of the newest run that scored one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from warehouse.best_family import RankedFamily, best_family
from warehouse.overview import Overview
from warehouse.registry.runs import Run

NIGHT = datetime(2026, 1, 5, tzinfo=UTC)


def family(name: str, score: float | None) -> dict[str, Any]:
    return {"family": name, "task_type": name.rsplit("_", 1)[1], "score": score}


def run(run_id: str, *families: dict[str, Any], state: str = "done") -> Run:
    judged = {one["family"]: f"{one['family']} of {run_id}" for one in families}
    result = {"families": list(families), "judged": judged} if state == "done" else None
    return Run(run_id, NIGHT, None if state == "running" else NIGHT, state, {}, result)


def overview(*runs: Run) -> Overview:
    return Overview(None, (), (), runs, is_synthetic=False)


FIRST = run("run-1", family("logistic_regression_classification", 70.0), family("xgboost_regression", 60.0))


def test_the_lowest_score_of_the_task_counts() -> None:
    second = run("run-2", family("xgboost_classification", 80.0), family("lightgbm_classification", 75.0))
    expected = RankedFamily("lightgbm_classification", 75.0, "run-2", "lightgbm_classification of run-2")
    assert best_family(overview(FIRST, second), "classification") == expected


def test_runs_that_scored_none_of_the_task_are_passed_over() -> None:
    failed = run("run-2", family("xgboost_classification", None), family("xgboost_regression", 50.0))
    later = overview(FIRST, failed, run("run-3", state="failed"), run("run-4", state="running"))
    found = best_family(later, "classification")
    assert found is not None
    assert (found.family, found.run_id) == ("logistic_regression_classification", "run-1")


def test_a_run_whose_record_names_no_artifacts_still_ranks() -> None:
    assert FIRST.result is not None
    without = {name: value for name, value in FIRST.result.items() if name != "judged"}
    expected = RankedFamily("logistic_regression_classification", 70.0, "run-1", None)
    assert best_family(overview(replace(FIRST, result=without)), "classification") == expected


def test_a_store_without_a_run_has_none() -> None:
    assert best_family(overview(), "classification") is None
