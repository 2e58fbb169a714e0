"""Promises of the page: plain words with the figures, honest about chance and hindsight, nothing from a network."""

from __future__ import annotations

import re
from typing import Any

import pytest

from resource_prediction.replay.picture import render_scores
from resource_prediction.replay.report import render_report
from resource_prediction.replay.sentences import first_steps, headline, warnings

NIGHTLY = {"score": 60.0, "live_score": 58.0, "under_pct": 2.0, "over_pct": 50.0, "rows": 100, "gib_saved": 900.0}
MEMREQ = {"score": 160.0, "live_score": 160.0, "under_pct": 0.0, "over_pct": 160.0, "rows": 100, "gib_saved": 0.0}
GROUPS = [
    {"name": "editor", "rows": 60, "under_rows": 0, "gib_saved": 700.0, "share_pct": 77.8},
    {"name": "kernel<b>", "rows": 40, "under_rows": 2, "gib_saved": 200.0, "share_pct": 22.2},
]
SCORES = {"nightly": 60.0, "memreq": 160.0, "rolling_max_20": None, "lightgbm_regression": 61.0}


def result(**changes: Any) -> dict[str, Any]:
    period = {"from": "2025-04-28T00:00:00", "until": "2025-04-29T00:00:00", "rows": 100, "scores": SCORES}
    return {
        "from": "2025-04-28T00:00:00",
        "until": "2025-05-03T00:00:00",
        "every": "24h",
        "synthetic": False,
        "under_cost": 5.0,
        "headroom_pct": 0.0,
        "requests_gib": 3000.0,
        "policies": {"nightly": NIGHTLY, "memreq": MEMREQ, "rolling_max_20": None, "lightgbm_regression": NIGHTLY},
        "guards": {"request_cap": {"nightly": {"with": NIGHTLY, "without": None}}},
        "in_hindsight": [],
        "failed": {},
        "nights": [{"at": "2025-04-28T00:00:00", "verdict": "first", "serving": None, "reason": "a < b"}],
        "periods": [period] * 5,
        "jobs_at_risk": {"rows": 2, "file": "var/own/replay/jobs_at_risk.csv"},
        "savings_by": {"component": GROUPS},
        "money": {
            "job_hours": 0.5,
            "usd_per_gib_hour": 0.004,
            "gib_hours": 450.0,
            "usd": 1.8,
            "hours_from": "job hours",
            "hours_rows": 100,
        },
        **changes,
    }


JOB = {
    "time": "2025-04-28 09:00:00",
    "component": "kernel<b>",
    "buildProfile": None,
    "peak_gib": 9.0,
    "allocation_gib": 7.0,
    "request_gib": None,
    "missing_gib": 2.0,
}


def test_the_headline_tells_gib_share_risk_and_money_with_whose_hours_they_are() -> None:
    savings, risk, money, score = headline(result())
    assert "900 GiB (30.0 %) less than people asked for" in savings
    assert risk == "At risk: 2 jobs, 2.0 % of all, would have got less than their peak."
    assert money == (
        "That is 450 GiB-hours, 1.80 USD at 0.004 USD a GiB-hour; the hours are assumed: 0.5 a job (--job-hours)."
    )
    assert score == "Its business score is 60.0 (lower is better); the requests as they are score 160.0."


def test_no_money_is_told_where_no_hours_are_known() -> None:
    assert len(headline(result(money=None))) == 3


def test_more_memory_than_asked_for_is_called_more() -> None:
    policies = {"nightly": {**NIGHTLY, "gib_saved": -30.0}, "memreq": MEMREQ}
    assert "30 GiB (-1.0 %) more than people asked for" in headline(result(policies=policies))[0]
    assert first_steps(result(policies=policies)) == [
        "Keep the requests: on these days the allocations would have saved nothing."
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"in_hindsight": ["lightgbm_regression"]},
            "In hindsight: a search or verdict that had seen jobs",
        ),
        ({"synthetic": True}, "Synthetic"),
        ({"periods": [{}] * 2}, "Only 2 periods"),
        ({"failed": {"xgboost_regression": "no memory"}}, "xgboost_regression failed and has no figures: no memory"),
    ],
)
def test_what_a_reader_must_know_is_said(changes: dict[str, Any], words: str) -> None:
    assert warnings(result()) == []
    (said,) = warnings(result(**changes))
    assert words in said


def test_one_begins_where_most_is_saved_without_risk_and_leaves_what_is_risky() -> None:
    begin, leave, headroom = first_steps(result())
    assert begin.startswith("Begin with component editor: 700 GiB, 77.8 % of what is saved, with no job of its 60")
    assert leave.startswith("Leave component kernel<b> at its requests for now: 2 jobs of its 40")
    assert "--headroom-pct 10" in headroom


def test_a_step_that_was_taken_is_not_advised_again() -> None:
    policies = {"nightly": {**NIGHTLY, "under_pct": 9.0}, "memreq": MEMREQ}
    advised = " ".join(first_steps(result(policies=policies)))
    assert "--under-cost 20" in advised
    assert "--headroom-pct" in advised
    taken = " ".join(first_steps(result(policies=policies, under_cost=20.0, headroom_pct=10.0)))
    assert "--under-cost" not in taken
    assert "--headroom-pct" not in taken


def test_the_page_is_one_file_that_asks_no_network_and_escapes_what_telemetry_says() -> None:
    picture = render_scores(result()["periods"], list(SCORES)).decode()
    page = render_report(result(), [JOB], picture)
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)|src=", page)
    assert "kernel&lt;b&gt;" in page
    assert "<b>" not in page
    assert "a &lt; b" in page
    assert "nobody: the requests" in page


def test_equal_figures_give_an_equal_picture() -> None:
    periods = result()["periods"]
    assert render_scores(periods, list(SCORES)) == render_scores(periods, list(SCORES))
