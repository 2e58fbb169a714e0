"""The leaderboard: order, who serves, what is better than the champion."""

from __future__ import annotations

from resource_prediction.savings import Money
from resource_prediction.summary.aside import Aside, Saved
from resource_prediction.summary.leaderboard import Row, leaderboard
from tests.resource_prediction.summary.runs import failed, family, result, serving

XGBOOST, LIGHTGBM = "xgboost_regression", "lightgbm_regression"


def row(rows: list[Row], name: str) -> Row:
    return next(each for each in rows if each["family"] == name)


def test_the_best_family_comes_first_then_failed_ones_then_the_baselines() -> None:
    families = [failed("xgboost_classification", "no luck"), family(LIGHTGBM, score=80.0), family(XGBOOST)]
    names = [each["family"] for each in leaderboard(result(families=families), Aside())]
    assert names == [XGBOOST, LIGHTGBM, "xgboost_classification", "memreq", "rolling_max_20"]


def test_each_row_tells_its_points_against_the_champion() -> None:
    rows = leaderboard(result(families=[family(XGBOOST), family(LIGHTGBM, score=80.25)]), Aside())
    assert row(rows, LIGHTGBM)["against champion"] == "+9.0"
    assert row(rows, "memreq")["against champion"] == "+90.8"
    assert row(rows, "rolling_max_20")["against champion"] == ""


def test_without_a_champion_nothing_is_told_against_one_and_nobody_serves() -> None:
    rows = leaderboard(result(verdict="kept", champion=None), Aside())
    assert {each["against champion"] for each in rows} == {""}
    assert "serves" not in {each["note"] for each in rows}


def test_a_champion_with_other_settings_than_its_family_has_a_row_of_its_own() -> None:
    rows = leaderboard(result(champion=serving(XGBOOST, "0001-a", score=70.0)), Aside())
    assert row(rows, f"{XGBOOST}, as it serves")["note"] == "serves"
    assert row(rows, XGBOOST)["note"] == ""


def test_a_failed_family_is_not_taken_for_a_champion_without_scores_of_this_run() -> None:
    champion = serving(XGBOOST, "0001-a", score=None, live_score=None, under_pct=None, over_pct=None)
    rows = leaderboard(result(champion=champion, families=[failed(XGBOOST, "no luck\nTraceback")]), Aside())
    assert row(rows, XGBOOST)["note"] == "failed: no luck"


def test_a_fit_that_was_taken_over_says_so() -> None:
    rows = leaderboard(result(families=[family(XGBOOST, fit_seconds=0.0)]), Aside())
    assert row(rows, XGBOOST)["note"] == "serves, fit taken over"


def test_money_has_a_column_only_where_some_is_known() -> None:
    assert "USD saved" not in leaderboard(result(), Aside())[0]
    aside = Aside(by_family={XGBOOST: Saved(10.0, Money(5.0, 1_234.5, "end times", 300))})
    rows = leaderboard(result(), aside)
    assert row(rows, XGBOOST)["USD saved"] == "1,234"
    assert row(rows, "memreq")["USD saved"] == ""


def test_all_rows_have_the_same_columns_as_the_table_takes_them_from_the_first() -> None:
    aside = Aside(by_family={XGBOOST: Saved(10.0, Money(5.0, 1.0, "end times", 300))})
    families = [family(XGBOOST), failed(LIGHTGBM, "no luck")]
    assert len({tuple(each) for each in leaderboard(result(families=families), aside)}) == 1
