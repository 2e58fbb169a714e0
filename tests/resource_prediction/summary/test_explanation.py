"""The verdict in Markdown: what happened, why, what it saves, what went wrong, what to do."""

from __future__ import annotations

import pytest

from resource_prediction.demo_farm import SYNTHETIC_NOTE
from resource_prediction.savings import Money
from resource_prediction.summary.aside import Aside, Price, Saved
from resource_prediction.summary.explanation import explain
from tests.resource_prediction.summary.runs import failed, family, result, serving

XGBOOST, LIGHTGBM = "xgboost_regression", "lightgbm_regression"
GAIN = {"mean": -1.5, "low": -2.5, "high": -0.5, "probability": 0.05}


@pytest.mark.parametrize("verdict", ["first", "refreshed", "promoted", "kept", "evaluated"])
def test_the_title_says_what_happened_and_who_serves(verdict: str) -> None:
    assert explain(result(verdict=verdict), Aside()).startswith(f"# {verdict.capitalize()}: 0001-a serves\n")


def test_where_nobody_serves_the_title_says_so() -> None:
    assert explain(result(verdict="kept", champion=None), Aside()).startswith("# Kept: nobody serves\n")


def test_the_reason_is_told_as_the_gate_gave_it() -> None:
    assert "\n\nxgboost_regression scores 71.2 on the 300 newest jobs.\n\n" in explain(result(), Aside())


def test_a_verdict_that_was_only_to_be_looked_at_says_that_nothing_was_changed() -> None:
    assert "Nothing was changed" in explain(result(applied=False), Aside())
    assert "Nothing was changed" not in explain(result(verdict="kept", applied=False), Aside())


def test_savings_are_told_in_gib_and_money() -> None:
    aside = Aside(price=Price(None, 0.01), family=XGBOOST, saved=Saved(100.0, Money(50.0, 0.5, "end times", 90)))
    text = explain(result(), aside)
    assert f"On the hold-out {XGBOOST} takes 100 GiB less than people asked for" in text
    assert "50 GiB-hours saved, 0.50 USD at 0.01 USD a GiB-hour" in text


def test_the_scores_of_both_sides_and_the_baselines_stand_in_one_table() -> None:
    challenger = serving(LIGHTGBM, "0000-b", score=72.75)
    text = explain(result(verdict="promoted", challenger=challenger, improvement=GAIN), Aside())
    assert "Scored on 300 jobs, 2025-04-28 10:11 to 2025-04-29 20:00 UTC" in text
    assert f"| champion: {XGBOOST} | 71.2 | 2.2 | 60.0 |\n| challenger: {LIGHTGBM} | 72.8 | 2.2 | 60.0 |" in text
    assert "| memreq | 162.0 | 0.0 | 162.0 |\n| rolling_max_20 |  |  |  |" in text
    assert f"{LIGHTGBM} 0000-b is 1.5 points worse (90 % interval of its gain: -2.5 to -0.5" in text


def test_failed_families_are_named_with_the_first_line_of_their_error() -> None:
    text = explain(result(families=[family(XGBOOST), failed(LIGHTGBM, "no luck\nTraceback")]), Aside())
    assert f"## Failed families\n\n- **{LIGHTGBM}**: no luck\n" in text
    assert "Traceback" not in text
    assert "Failed families" not in explain(result(), Aside())


def test_quarantined_rows_and_files_that_were_not_read_are_named() -> None:
    text = explain(result(), Aside(files_not_read=("a.csv: still being written",)))
    assert "1,503 rows read: 1,490 accepted, 3 updated, 2 known, 5 twins, 3 quarantined. Leak audit passed on" in text
    assert "Files that were not read:\n\n- a.csv: still being written\n" in text
    assert "python -m warehouse quarantine --store var/own" in text
    clean = result(ingest={**result()["ingest"], "quarantined": 0})
    assert "warehouse quarantine" not in explain(clean, Aside())
    assert "not read" not in explain(clean, Aside())


def test_the_next_commands_stand_in_a_block_of_their_own() -> None:
    lines = explain(result(store="my store"), Aside()).splitlines()
    block = lines[lines.index("```") + 1 : -1]
    assert "python -m warehouse champion --store 'my store'" in block
    assert all(line.startswith("python -") for line in block)


def test_the_demo_farm_is_called_synthetic_and_nothing_else_is() -> None:
    assert SYNTHETIC_NOTE in explain(result(), Aside(is_demo=True))
    assert SYNTHETIC_NOTE not in explain(result(), Aside())


def test_a_run_without_a_job_to_score_says_so() -> None:
    nothing = {"rows": 0, "from": None, "until": None}
    assert "No job could be scored" in explain(result(verdict="evaluated", holdout=nothing), Aside())
