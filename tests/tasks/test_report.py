"""The run's result: who serves, who challenges, and null where a number does not exist."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from resource_prediction.allocation import AllocationRule
from resource_prediction.gate import RecipeId, Verdict
from resource_prediction.improvement import Improvement
from resource_prediction.recipe import Recipe
from resource_prediction.savings import Money
from resource_prediction.summary.aside import Price, Saved
from tasks.fit import Fitted
from tasks.report import FamilyOutcome, RunReport
from warehouse.registry import Champion, Scores

METRICS = {"score": 70.0, "live_score": 69.0, "under_pct": 2.0, "over_pct": 60.0, "gib_saved": 5.0, "rows": 10}
XGBOOST, LIGHTGBM = "xgboost_regression", "lightgbm_regression"

GAIN = Improvement(mean=1.5, low=0.5, high=2.5, probability=0.75, blocks=20, days=5, rows=100)
OTHER_GAIN = replace(GAIN, mean=-9.0, low=-10.0, high=-8.0, probability=0.0)
TOLD = {"mean": 1.5, "low": 0.5, "high": 2.5, "probability": 0.75}
TURNED = {"mean": -1.5, "low": -2.5, "high": -0.5, "probability": 0.25}


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
    verdict = Verdict("promoted", "why", id_of(XGBOOST), id_of(LIGHTGBM), improvement=GAIN)
    said = result(report, verdict, applied=True, champion=champion(XGBOOST), before=champion(LIGHTGBM))
    assert said["challenger"]["version"] == f"0001-{LIGHTGBM}"
    assert said["challenger"]["score"] == 80.0
    assert said["improvement"] == TURNED


def test_after_a_refresh_the_challenger_is_the_older_fit_without_figures_of_this_run(report: RunReport) -> None:
    verdict = Verdict("refreshed", "why", id_of(XGBOOST), id_of(LIGHTGBM), improvement=OTHER_GAIN, refresh=GAIN)
    newer = replace(champion(XGBOOST), version="0002-newer")
    said = result(report, verdict, applied=True, champion=newer, before=champion(XGBOOST))
    assert (said["champion"]["version"], said["champion"]["score"]) == ("0002-newer", 70.0)
    assert (said["challenger"]["version"], said["challenger"]["score"]) == (f"0001-{XGBOOST}", None)
    assert said["improvement"] == TURNED


def test_a_refresh_without_evidence_has_no_improvement_even_where_a_switch_was_looked_at(report: RunReport) -> None:
    verdict = Verdict("refreshed", "why", id_of(XGBOOST), id_of(LIGHTGBM), improvement=GAIN)
    said = result(report, verdict, applied=True, champion=champion(XGBOOST), before=champion(XGBOOST))
    assert said["improvement"] is None


def test_where_the_champion_is_kept_the_improvement_is_the_challengers_over_it(report: RunReport) -> None:
    verdict = Verdict("kept", "why", id_of(XGBOOST), id_of(LIGHTGBM), improvement=GAIN, refresh=OTHER_GAIN)
    said = result(report, verdict, champion=champion(XGBOOST), before=champion(XGBOOST))
    assert said["challenger"]["family"] == LIGHTGBM
    assert said["improvement"] == TOLD
    assert result(report, Verdict("kept", "why"))["improvement"] is None


def test_the_gain_of_a_challenger_that_was_not_fitted_in_this_run_is_not_told_without_it(report: RunReport) -> None:
    verdict = Verdict("kept", "why", id_of(XGBOOST), id_of("quantile_ensemble_regression"), improvement=GAIN)
    said = result(report, verdict, champion=champion(XGBOOST))
    assert (said["challenger"], said["improvement"]) == (None, None)


def test_a_refused_refresh_without_a_contest_is_told_with_the_newer_fit_as_challenger(report: RunReport) -> None:
    verdict = Verdict("kept", "why", id_of(XGBOOST), id_of(LIGHTGBM), refresh=GAIN)
    said = result(report, verdict, champion=champion(XGBOOST), before=champion(XGBOOST))
    assert said["champion"]["version"] == f"0001-{XGBOOST}"
    assert said["challenger"]["version"] == f"{XGBOOST}-{XGBOOST[:8]}"
    assert said["improvement"] == TOLD


@pytest.mark.parametrize(
    ("verdict", "challenger"),
    [
        (Verdict("promoted", "why", id_of(LIGHTGBM), id_of(XGBOOST), improvement=GAIN), LIGHTGBM),
        (Verdict("refreshed", "why", id_of(XGBOOST), id_of(LIGHTGBM), refresh=GAIN), XGBOOST),
    ],
)
def test_a_change_that_is_not_applied_is_told_from_the_side_of_the_champion_that_stays(
    report: RunReport, verdict: Verdict, challenger: str
) -> None:
    said = result(report, verdict, champion=champion(XGBOOST), before=champion(XGBOOST))
    assert said["champion"]["version"] == f"0001-{XGBOOST}"
    assert said["challenger"]["version"] == f"{challenger}-{challenger[:8]}"
    assert said["improvement"] == TOLD


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


BY_END = {"timed_gib_hours": 0.0, "timed_rows": 0, "untimed_gib": 5.0, "untimed_rows": 10}


def with_savings(one: FamilyOutcome) -> FamilyOutcome:
    assert one.fitted is not None
    return replace(one, fitted=replace(one.fitted, metrics={**one.fitted.metrics, "saved_by_end": BY_END}))


def test_savings_are_told_of_the_champions_recipe_else_of_the_best_family(report: RunReport) -> None:
    report.families = [with_savings(outcome(XGBOOST)), with_savings(outcome(LIGHTGBM, 60.0))]
    assert report.aside(champion(XGBOOST)).family == XGBOOST
    assert report.aside(None).family == LIGHTGBM
    unknown = report.aside(champion("quantile_ensemble_regression"))
    assert (unknown.family, unknown.saved) == (None, None)


def test_money_follows_the_price_of_the_run_and_not_that_of_the_fit(report: RunReport) -> None:
    report.families = [with_savings(outcome(XGBOOST))]
    report.price = Price(job_hours=2.0, usd_per_gib_hour=0.5)
    assert report.aside(None).by_family[XGBOOST] == Saved(5.0, Money(10.0, 5.0, "job hours", 10))


def test_a_run_without_a_scored_family_tells_of_none() -> None:
    report = RunReport("run-1", "var/own", families=[FamilyOutcome(XGBOOST, error="no luck")])
    assert (report.told_of(None), report.aside(None).by_family) == (None, {})


def test_the_record_is_the_result_with_what_is_told_beside_it_and_what_was_not_shown(report: RunReport) -> None:
    report.families[0].not_shown, report.not_shown = ("fit-a: gone",), ["verdict: gone"]
    record = report.record({"verdict": "kept"}, report.aside(None))
    assert record.keys() == {"verdict", "aside", "judged", "not_shown"}
    assert record["not_shown"] == ["fit-a: gone", "verdict: gone"]
