"""Promises of the page: plain words with the figures, honest about chance and hindsight, nothing from a network."""

from __future__ import annotations

import re
from typing import Any

import pytest

from resource_prediction.replay.explanation import explain_replay
from resource_prediction.replay.picture import render_policies, render_scores
from resource_prediction.replay.report import render_report
from resource_prediction.replay.sentences import first_steps, headline, warnings

NIGHTLY = {"score": 60.0, "live_score": 58.0, "under_pct": 2.0, "over_pct": 50.0, "rows": 100, "gib_saved": 900.0}
SAFER = {"score": 70.0, "under_pct": 0.5, "over_pct": 67.5, "rows": 100, "gib_saved": 800.0}
ROOMY = {"score": 71.0, "under_pct": 1.0, "over_pct": 66.0, "rows": 100, "gib_saved": 750.0}
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
        "presets": {
            "Balanced": {"under_cost": 5.0, "policies": {"nightly": NIGHTLY}},
            "Tiny Under-allocation": {"under_cost": 20.0, "policies": {"nightly": SAFER}},
        },
        "headroom": [
            {"pct": 0.0, "policies": {"nightly": NIGHTLY}},
            {"pct": 10.0, "policies": {"nightly": ROOMY}},
        ],
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
    assert headroom == (
        "Consider --headroom-pct 10 where a limit counts page cache, which the peaks do not contain: it costs 11.0 "
        "points of the score, and 750 GiB are saved instead of 900."
    )
    assert begin.startswith("Begin with component editor: 700 GiB, 77.8 % of what is saved, with no job of its 60")
    assert leave.startswith("Leave component kernel<b> at its requests for now: 2 jobs of its 40")


def test_where_much_is_at_risk_everywhere_one_begins_where_half_as_much_is() -> None:
    groups = [
        {"name": "editor", "rows": 100, "under_rows": 3, "gib_saved": 700.0, "share_pct": 77.8},
        {"name": "kernel", "rows": 100, "under_rows": 9, "gib_saved": 800.0, "share_pct": 22.2},
    ]
    policies = {"nightly": {**NIGHTLY, "under_pct": 6.0}, "memreq": MEMREQ}
    begin, leave, *_ = first_steps(result(policies=policies, savings_by={"component": groups}))
    assert begin.startswith("Begin with component editor")
    assert leave.startswith("Leave component kernel")


def test_what_is_safer_is_advised_with_its_price_and_not_where_it_was_taken() -> None:
    policies = {"nightly": {**NIGHTLY, "under_pct": 9.0}, "memreq": MEMREQ}
    advised = first_steps(result(policies=policies))
    assert any(
        step.startswith("Consider --under-cost 20 (Tiny Under-allocation)")
        and step.endswith("0.5 % of the jobs below their peak instead of 9.0 %, and saves 800 GiB instead of 900.")
        for step in advised
    )
    presets = {"Tiny Under-allocation": {"under_cost": 20.0, "policies": policies}}
    taken = " ".join(first_steps(result(policies=policies, under_cost=20.0, headroom_pct=10.0, presets=presets)))
    assert "--under-cost" not in taken
    assert "--headroom-pct" not in taken


def test_how_the_first_champion_came_about_is_said_where_another_family_was_better() -> None:
    nights = [{"at": "2025-04-28T00:00:00", "verdict": "first", "serving": "xgboost_regression", "reason": ""}]
    policies = {"nightly": {**NIGHTLY, "score": 75.0}, "memreq": MEMREQ, "lightgbm_regression": NIGHTLY}
    (said,) = warnings(result(nights=nights, policies=policies))
    assert said.startswith("Nightly is 15.0 points behind lightgbm_regression")
    assert "its first family, xgboost_regression, on the one period before 2025-04-28 00:00" in said


def test_the_artifact_has_sentences_steps_and_tables() -> None:
    text = explain_replay({**result(), "report": "var/own/replay/report.html"})
    assert text.startswith("# What would these days have cost?")
    assert "1. Begin with component editor" in text
    assert "| nightly | 60.0 | 2.0 | 50.0 | 900.0 | 58.0 |" in text
    assert "| headroom 10 % | 71.0 |" in text
    assert "| Tiny Under-allocation (under-cost 20) | 70.0 |" in text
    assert "var/own/replay/report.html" in text


def test_the_page_is_one_file_that_asks_no_network_and_escapes_what_telemetry_says() -> None:
    policies = render_policies(result()["policies"], 5.0).decode()
    page = render_report(result(), [JOB], policies, render_scores(result()["periods"], list(SCORES)).decode())
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 2
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)|src=", page)
    assert "kernel&lt;b&gt;" in page
    assert "<b>" not in page
    assert "a &lt; b" in page
    assert "nobody: the requests" in page


def test_every_policy_with_figures_is_a_bar_and_the_lowest_score_is_on_top() -> None:
    drawn = render_policies(result()["policies"], 5.0).decode()
    names = [name for name in re.findall(r">([a-z_]+)</text>", drawn) if name in result()["policies"]]
    assert sorted(names) == ["lightgbm_regression", "memreq", "nightly"]
    heights = {name: float(re.findall(rf'y="([0-9.]+)"[^>]*>{name}<', drawn)[0]) for name in names}
    assert heights["nightly"] < heights["memreq"]


def test_headroom_that_was_not_asked_for_is_no_guard_of_the_page() -> None:
    guards = {"headroom": {"nightly": {"with": NIGHTLY, "without": NIGHTLY}}}
    words = "headroom for page cache, as asked for: without"
    assert words not in render_report(result(guards=guards), [], "<svg>", "<svg>")
    assert words in render_report(result(guards=guards, headroom_pct=10.0), [], "<svg>", "<svg>")


def test_equal_figures_give_an_equal_picture() -> None:
    periods = result()["periods"]
    assert render_scores(periods, list(SCORES)) == render_scores(periods, list(SCORES))
    policies = result()["policies"]
    assert render_policies(policies, 5.0) == render_policies(policies, 5.0)
