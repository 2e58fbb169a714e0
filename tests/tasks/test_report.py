"""The run's result: who serves, who challenges, and null where a number does not exist."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from resource_prediction.allocation import AllocationRule
from resource_prediction.gate import RecipeId, Verdict
from resource_prediction.improvement import Improvement
from resource_prediction.recipe import Recipe
from tasks.fit import Fitted
from tasks.report import FamilyOutcome, RunReport
from warehouse.registry import Champion, Scores

METRICS = {"score": 70.0, "live_score": 69.0, "under_pct": 2.0, "over_pct": 60.0, "gib_saved": 5.0, "rows": 10}
XGBOOST, LIGHTGBM = "xgboost_regression", "lightgbm_regression"


def recipe(family: str) -> Recipe:
    return Recipe(family, {}, AllocationRule(), 0)


def outcome(family: str, score: float = 70.0) -> FamilyOutcome:
    fitted = Fitted(recipe(family).values, f"{family:_<64}", {**METRICS, "score": score}, 1.5, None)
    return FamilyOutcome(family, fitted)


def champion(family: str) -> Champion:
    return Champion(
        version=f"0001-{family}",
        revision=1,
        promoted_at=datetime(2026, 1, 1, tzinfo=UTC),
        family=family,
        task_type="regression",
        recipe=recipe(family).digest,
        recipe_values=recipe(family).values,
        judged_digest="j" * 64,
        served_digest="s" * 64,
        trained_until=datetime(2026, 1, 1, tzinfo=UTC),
        rows=10,
        scores=Scores(1.0, 1.0, 1.0, 1.0),
        run_id="run-0",
    )


def id_of(family: str) -> RecipeId:
    return RecipeId(recipe(family).digest, family)


@pytest.fixture
def report() -> RunReport:
    return RunReport(
        "run-1",
        "var/own",
        families=[outcome(XGBOOST), outcome(LIGHTGBM, 80.0), FamilyOutcome("xgboost_classification", error="no luck")],
        audit={"rows": 9, "passed": True, "finding": None},
        baselines={"memreq": {**METRICS, "rows": 10}, "rolling_max_20": None},
    )


def result(report: RunReport, verdict: Verdict, **who: Any) -> dict[str, Any]:
    return report.result(verdict, **{"applied": False, "champion": None, "before": None, **who})


def test_the_champion_carries_its_recipes_score_of_this_run_not_of_its_promotion(report: RunReport) -> None:
    said = result(report, Verdict("kept", "why", id_of(XGBOOST), id_of(LIGHTGBM)), champion=champion(XGBOOST))
    assert said["champion"]["version"] == f"0001-{XGBOOST}"
    assert said["champion"]["score"] == 70.0
    assert said["champion"]["path"] == "var/own/champion"
    assert said["challenger"]["family"] == LIGHTGBM
    assert said["challenger"]["score"] == 80.0


def test_a_champion_whose_recipe_was_not_fitted_in_this_run_has_no_score(report: RunReport) -> None:
    said = result(report, Verdict("kept", "why"), champion=champion("quantile_ensemble_regression"))
    assert said["champion"]["score"] is None


def test_a_champion_fitted_beside_the_chosen_families_has_its_score_and_no_line_of_its_own(report: RunReport) -> None:
    report.beside = outcome("quantile_ensemble_regression", 60.0)
    said = result(report, Verdict("kept", "why"), champion=champion("quantile_ensemble_regression"))
    assert said["champion"]["score"] == 60.0
    assert len(said["families"]) == 3


def test_after_a_first_verdict_there_is_no_challenger(report: RunReport) -> None:
    said = result(report, Verdict("first", "why", id_of(XGBOOST)), applied=True, champion=champion(XGBOOST))
    assert said["challenger"] is None


def test_after_a_switch_the_challenger_is_the_version_that_served_before(report: RunReport) -> None:
    verdict = Verdict("promoted", "why", id_of(XGBOOST), id_of(LIGHTGBM))
    said = result(report, verdict, applied=True, champion=champion(XGBOOST), before=champion(LIGHTGBM))
    assert said["challenger"]["version"] == f"0001-{LIGHTGBM}"
    assert said["challenger"]["score"] == 80.0


def test_a_family_that_failed_has_null_figures_and_its_error(report: RunReport) -> None:
    failed = result(report, Verdict("kept", "why"))["families"][2]
    assert (failed["status"], failed["error"], failed["task_type"]) == ("failed", "no luck", "classification")
    figures = ("score", "live_score", "under_pct", "over_pct", "gib_saved", "fit_seconds", "predict_ms_per_1000")
    assert all(failed[name] is None for name in figures)


def test_baselines_and_audit_are_told_by_their_documented_keys(report: RunReport) -> None:
    said = result(report, Verdict("kept", "why"))
    assert said["baselines"] == {
        "memreq": {"score": 70.0, "under_pct": 2.0, "over_pct": 60.0},
        "rolling_max_20": None,
    }
    assert said["leak_audit"] == {"rows": 9, "passed": True}


def test_an_improvement_is_told_where_there_is_one(report: RunReport) -> None:
    gain = Improvement(mean=1.5, low=0.5, high=2.5, probability=0.99, blocks=20, days=5, rows=100)
    said = result(report, Verdict("promoted", "why", improvement=gain))
    assert said["improvement"] == {"mean": 1.5, "low": 0.5, "high": 2.5, "probability": 0.99}
    assert result(report, Verdict("refreshed", "why", refresh=gain))["improvement"] == said["improvement"]
    assert result(report, Verdict("kept", "why"))["improvement"] is None
