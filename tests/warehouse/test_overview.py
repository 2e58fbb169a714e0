"""A store's past as tables: nothing is made up where nothing happened, and every night that was told is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resource_prediction.savings import Money
from resource_prediction.summary.aside import Aside, Saved
from warehouse.layout import Layout
from warehouse.overview import (
    holdout_scores,
    promotion_times,
    read_overview,
    rollback_command,
    served_scores,
    verdict_table,
)
from warehouse.registry import Champion, Registry, VersionContent

NIGHT = datetime(2026, 1, 5, 2, tzinfo=UTC)
RESULT = {
    "champion": {"score": 78.0, "under_pct": 2.0, "over_pct": 68.0},
    "baselines": {"memreq": {"score": 160.0, "under_pct": 0.0, "over_pct": 160.0}, "rolling_max_20": None},
}


def served(version: str, hours: float, gib: float = 500.0) -> dict[str, Any]:
    """What a verdict keeps of how a version served for some hours."""
    since = datetime(2026, 1, 4)  # noqa: DTZ001 - telemetry's times have no zone
    span = {"from": since.isoformat(), "until": (since + timedelta(hours=hours)).isoformat()}
    scores = {"score": 80.0, "low": 75.0, "high": 85.0, "under_pct": 2.0, "over_pct": 70.0}
    return {"served": {"version": version, "rows": 400, "gib_saved": gib, **scores, **span}}


def test_a_folder_without_a_store_has_no_past(layout: Layout) -> None:
    overview = read_overview(layout)
    assert (overview.champion, overview.runs, overview.verdicts, overview.is_synthetic) == (None, (), (), False)
    assert (overview.last_result, overview.running, overview.last_broken, overview.served) == (None,) * 4
    assert overview.champion_saved is None
    for table in (served_scores, holdout_scores, promotion_times, verdict_table):
        assert table(overview).empty
    assert not layout.store.exists()


def test_each_night_that_saw_the_champion_serve_is_a_row(
    layout: Layout,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    conclude: Callable[..., Champion | None],
) -> None:
    with Registry.open(layout) as registry:
        first = promote(registry, content("a"), at=NIGHT)
        conclude(registry, expected_revision=1, numbers=served(first.version, 12.0), at=NIGHT + timedelta(days=1))
        promote(registry, content("b"), 1, numbers=served(first.version, 0.5), at=NIGHT + timedelta(days=2))
    overview = read_overview(layout)
    scores = served_scores(overview)
    assert scores["given_at"].tolist() == [NIGHT + timedelta(days=day) for day in (1, 2)]
    assert scores["gib_saved_a_day"].iloc[0] == pytest.approx(1_000.0)
    assert scores["gib_saved_a_day"].isna().tolist() == [False, True]
    assert overview.served is not None
    assert overview.served["version"] == first.version
    assert promotion_times(overview)["kind"].tolist() == ["first", "refreshed"]
    assert verdict_table(overview)["verdict"].tolist() == ["refreshed", "kept", "first"]


def test_runs_tell_what_works_what_broke_and_what_was_reported(layout: Layout) -> None:
    with Registry.open(layout) as registry:
        for number, state in enumerate(["done", "failed"]):
            at = NIGHT + timedelta(days=number)
            registry.runs.start(f"run-{number}", {}, at=at)
            registry.runs.finish(f"run-{number}", state, RESULT if state == "done" else None, at=at)
    overview = read_overview(layout)
    assert overview.last_result == RESULT
    assert overview.last_broken is not None
    assert overview.last_broken.run_id == "run-1"
    scores = holdout_scores(overview)
    assert scores["policy"].tolist() == ["champion", "memreq"]
    assert scores["score"].tolist() == [78.0, 160.0]
    with Registry.open(layout) as registry:
        registry.runs.start("run-2", {}, at=NIGHT + timedelta(days=2))
        running = read_overview(layout)
        registry.runs.finish("run-2", "done", RESULT, at=NIGHT + timedelta(days=2, hours=1))
    assert running.running is not None
    assert running.running.run_id == "run-2"
    # A run that works does not hide that the last one that ended broke.
    assert running.last_broken is not None
    assert read_overview(layout).last_broken is None


def test_the_champions_savings_are_of_its_own_fit_and_not_of_another_recipe_of_its_family(
    layout: Layout, content: Callable[..., VersionContent], promote: Callable[..., Champion]
) -> None:
    own, candidates = (Saved(gib, Money(gib, gib / 2, "job hours", 10)) for gib in (5.0, 8.0))
    with Registry.open(layout) as registry:
        champion = promote(registry, content("a"), at=NIGHT)
        aside = Aside(family=champion.family, saved=own, by_family={champion.family: candidates})
        result = {**RESULT, "champion": {"version": champion.version}, "aside": aside.values}
        registry.runs.start("run-1", {}, at=NIGHT)
        registry.runs.finish("run-1", "done", result, at=NIGHT)
        assert read_overview(layout).champion_saved == own
        promote(registry, content("b"), 1, at=NIGHT + timedelta(days=1))
    assert read_overview(layout).champion_saved is None


def test_the_line_to_roll_back_names_version_and_store(layout: Layout) -> None:
    line = rollback_command(layout, "0003-lightgbm_regression-1a2b3c4d")
    assert line == f'python -m warehouse rollback 0003-lightgbm_regression-1a2b3c4d --why "..." --store {layout.store}'
