"""What people read at the end of a run: table, verdict, next steps."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from flows.console import SYNTHETIC, TABLE_COLUMNS, show_result
from resource_prediction.config import families_of
from resource_prediction.savings import Money
from resource_prediction.summary.aside import Aside, Price, Saved
from tests.flows.result_schema import Result
from tests.resource_prediction.summary.runs import SCORES, family, result

NOTHING = dict.fromkeys(SCORES)


def shown(values: dict[str, Any], aside: Aside | None = None, *, server: str | None = None) -> str:
    Result.model_validate(values)
    console = Console(file=io.StringIO(), width=TABLE_COLUMNS)
    show_result(values, aside or Aside(), console, server=server)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def line_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if name in line)


def test_the_table_holds_the_figures_of_each_family_and_marks_the_champion() -> None:
    line = line_of(shown(result()), "xgboost_regression *")
    for figure in ("71.2", "70.5", "2.2", "60.0", "12,346", "1.5"):
        assert figure in line


def test_no_name_of_a_family_is_cut() -> None:
    text = shown(result(families=[family(name) for name in families_of()]))
    assert all(name in text for name in families_of())


def test_the_best_family_comes_first_and_one_without_a_score_last() -> None:
    families = [
        family("lightgbm_regression", **NOTHING, gib_saved=None, fit_seconds=None, status="failed", error="no luck"),
        family("lightgbm_classification", score=80.0),
        family("xgboost_regression"),
    ]
    text = shown(result(families=families))
    order = [text.index(name) for name in ("xgboost_regression *", "lightgbm_classification", "lightgbm_regression fa")]
    assert order == sorted(order)


def test_a_baseline_that_does_not_exist_has_an_empty_line() -> None:
    text = shown(result())
    assert line_of(text, "memreq").count("162.0") == 2
    assert not any(character.isdigit() for character in line_of(text, "rolling_max_20").replace("max_20", ""))


def test_holdout_rows_and_audit_are_told_in_words() -> None:
    text = " ".join(shown(result()).split())
    assert "Hold-out: 300 jobs, 2025-04-28 10:11 to 2025-04-29 20:00 UTC" in text
    assert "1,503 rows read: 1,490 accepted, 3 updated, 2 known, 5 twins, 3 quarantined." in text
    assert "Leak audit: passed on 2,000 rows." in text
    assert "First: xgboost_regression scores 71.2" in text


@pytest.mark.parametrize("is_demo", [True, False])
def test_the_demo_farm_is_called_synthetic_and_nothing_else_is(is_demo: bool) -> None:
    assert (SYNTHETIC in shown(result(), Aside(is_demo=is_demo))) == is_demo


@pytest.mark.parametrize(
    ("verdict", "applied", "is_told"), [("first", True, False), ("refreshed", False, True), ("kept", False, False)]
)
def test_a_verdict_that_was_not_carried_out_is_told(verdict: str, applied: bool, is_told: bool) -> None:
    text = shown(result(verdict=verdict, applied=applied))
    assert ("Nothing was changed (--no-promote)." in text) == is_told


def test_the_next_steps_are_lines_to_paste() -> None:
    text = shown(result(store="a/store/whose/path/is/long/" * 4, champion={**result()["champion"], "path": "p" * 90}))
    assert f"M.load('{'p' * 90}').get_model_info())\"" in text
    assert f"python -m warehouse champion --store {'a/store/whose/path/is/long/' * 4}" in text
    assert "python -m warehouse quarantine --store" in text


def test_without_champion_or_quarantine_their_commands_are_not_named() -> None:
    text = shown(result(verdict="kept", applied=False, champion=None, ingest=dict.fromkeys(result()["ingest"], 0)))
    assert "M.load" not in text
    assert "warehouse champion" not in text
    assert "warehouse quarantine" not in text
    assert "warehouse history" in text


def test_a_run_without_a_row_to_score_has_no_span() -> None:
    nothing = {"memreq": None, "rolling_max_20": None}
    text = shown(result(verdict="evaluated", holdout={"rows": 0, "from": None, "until": None}, baselines=nothing))
    assert "Hold-out: 0 jobs, - to - UTC" in text


def test_a_server_that_keeps_running_is_named() -> None:
    assert "the run in the Prefect UI: http://host:4200/runs" in shown(result(), server="http://host:4200/api")
    assert "Prefect UI" not in shown(result())


def test_a_champion_with_other_settings_than_its_family_in_the_table_has_a_line_of_its_own() -> None:
    values = result()
    values["champion"] = {**values["champion"], "score": 12.5}
    text = shown(values)
    assert "xgboost_regression, as it serves *" in text
    assert "12.5" in line_of(text, "as it serves")
    assert "*" not in line_of(text, "xgboost_regression ").replace("as it serves *", "")


def test_money_is_told_with_the_hours_that_it_rests_on() -> None:
    saved = Saved(1_000.0, Money(500.0, 2.0, "job hours", 300))
    aside = Aside(price=Price(0.5, 0.004), family="xgboost_regression", saved=saved)
    text = " ".join(shown(result(), aside).split())
    assert "xgboost_regression takes 1,000 GiB less than people asked for" in text
    assert "500 GiB-hours saved, 2.00 USD at 0.004 USD a GiB-hour" in text
    assert "each of the 300 jobs counts with 0.5 hours (--job-hours)" in text


def test_where_nothing_is_known_of_savings_nothing_is_said() -> None:
    assert "GiB-hour" not in shown(result())
