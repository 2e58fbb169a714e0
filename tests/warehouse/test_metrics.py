"""What monitoring is told: nothing that does not exist, and in a form that every reader of it takes."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as older_format

from tests.warehouse.exports import NOW, build, export
from warehouse.ingest import IngestReport
from warehouse.layout import Layout
from warehouse.metrics import metrics_text, write_metrics
from warehouse.openmetrics import METRICS, PREFIX, Sample, openmetrics_text
from warehouse.registry import Champion, Registry, VersionContent
from warehouse.store import claim

Values = dict[str, dict[tuple[str, ...], float]]

END = datetime(2026, 1, 5, 2, 30, tzinfo=UTC)
SCORED = {"score": 81.0, "low": None, "high": None, "under_pct": 3.0, "over_pct": 66.0}
SERVED = {"version": "v1", "rows": 400, "promised_pct": 4.0, **SCORED}
RESULT: dict[str, Any] = {
    "champion": {"version": "", "score": 80.0, "live_score": None, "under_pct": 3.0, "over_pct": 65.0},
    "baselines": {"memreq": {"score": 170.0, "under_pct": 0.0, "over_pct": 170.0}, "rolling_max_20": None},
    "families": [{"status": "ok"}, {"status": "ok"}, {"status": "failed"}],
    "holdout": {"rows": 818},
    "ingest": {"read": 1000, "accepted": 90, "updated": 3, "known": 900, "twins": 2, "quarantined": 5},
    "seconds": {"ingest": 1.5, "features": 2.0, "fit": 40.0, "serve": 8.0, "total": 60.0},
}


def values(layout: Layout, at: datetime = END) -> Values:
    """The samples that a parser reads out of the text, without what all of them carry."""
    return parsed(metrics_text(layout, at=at))


def parsed(text: bytes, parse: Callable[[str], Any] = text_string_to_metric_families) -> Values:
    found: Values = {}
    for family in parse(text.decode()):
        for sample in family.samples:
            labels = tuple(value for name, value in sorted(sample.labels.items()) if name not in ("store", "synthetic"))
            found.setdefault(sample.name.removeprefix(PREFIX), {})[labels] = sample.value
    return found


def run(registry: Registry, run_id: str, state: Any, result: dict[str, Any] | None, ended: datetime = END) -> None:
    registry.runs.start(run_id, {}, at=ended - timedelta(minutes=10))
    registry.runs.finish(run_id, state, result, at=ended)


@pytest.fixture
def champion(
    registry: Registry,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    conclude: Callable[..., Champion | None],
) -> Champion:
    """The champion of a store with a first night and one that kept it."""
    first = promote(registry, content())
    conclude(registry, expected_revision=1, numbers={"served": SERVED})
    return first


@pytest.fixture
def reported(champion: Champion) -> dict[str, Any]:
    """The result of a run after which that champion serves."""
    return {**RESULT, "champion": {**RESULT["champion"], "version": champion.version}}


def test_a_champion_is_told_with_instants_and_its_age_at_the_end_of_the_run(
    registry: Registry, layout: Layout, champion: Champion, at: datetime
) -> None:
    told = values(layout)
    assert told["champion_info"] == {("lightgbm_classification", champion.version): 1}
    assert told["champion_promotion_timestamp_seconds"] == {(): at.timestamp()}
    assert told["champion_trained_until_timestamp_seconds"] == {(): champion.trained_until.timestamp()}
    assert told["champion_age_seconds"] == {(): 1800}


def test_the_newest_verdict_is_told_with_what_the_champion_scored_as_it_served(
    registry: Registry, layout: Layout, champion: Champion
) -> None:
    told = values(layout)
    assert {verdict: value for (verdict,), value in told["last_verdict"].items() if value} == {"kept": 1}
    assert len(told["last_verdict"]) == 5
    assert told["last_verdict_applied"] == {(): 0}
    names = ("jobs", "score", "under_ratio", "promised_ratio", "over_ratio")
    assert [told[f"served_{name}"][()] for name in names] == [400, 81.0, 0.03, 0.04, 0.66]
    assert "served_score_low" not in told


def test_a_failed_run_is_told_beside_the_last_one_that_was_done(
    registry: Registry, layout: Layout, reported: dict[str, Any]
) -> None:
    run(registry, "done", "done", reported)
    run(registry, "failed", "failed", None, ended=END + timedelta(days=1))
    told = values(layout)
    assert told["last_run_state"] == {("done",): 0, ("failed",): 1, ("stopped",): 0}
    assert told["last_run_end_timestamp_seconds"][()] - told["last_success_timestamp_seconds"][()] == 86400
    assert told["last_run_end_timestamp_seconds"][()] - told["last_run_start_timestamp_seconds"][()] == 600
    assert told["run_stage_duration_seconds"] == {("ingest",): 1.5, ("features",): 2, ("fit",): 40, ("serve",): 8}
    assert told["run_duration_seconds"] == {(): 60}
    assert told["run_families"] == {("ok",): 2, ("failed",): 1}


def test_a_run_that_still_goes_on_is_not_the_last_run(registry: Registry, layout: Layout) -> None:
    run(registry, "done", "done", RESULT)
    registry.runs.start("going on", {}, at=END + timedelta(hours=1))
    assert values(layout)["last_run_end_timestamp_seconds"] == {(): END.timestamp()}


def test_the_hold_out_is_told_for_who_serves_and_for_the_requests(
    registry: Registry, layout: Layout, reported: dict[str, Any]
) -> None:
    run(registry, "done", "done", reported)
    told = values(layout)
    assert told["holdout_jobs"] == {(): 818}
    assert told["holdout_score"] == {("champion",): 80, ("memreq",): 170}
    assert told["holdout_under_ratio"] == {("champion",): 0.03, ("memreq",): 0}
    assert told["holdout_over_ratio"] == {("champion",): 0.65, ("memreq",): 1.7}
    assert "holdout_live_score" not in told


def test_after_a_rollback_the_score_of_the_other_version_is_not_told_as_the_champions(
    registry: Registry, layout: Layout, reported: dict[str, Any]
) -> None:
    run(registry, "done", "done", {**reported, "champion": {**reported["champion"], "version": "another"}})
    assert values(layout)["holdout_score"] == {("memreq",): 170}


def test_the_quarantined_share_is_of_rows_that_are_new(registry: Registry, layout: Layout) -> None:
    run(registry, "done", "done", RESULT)
    told = values(layout)
    assert told["ingest_rows"][("known",)] == 900
    assert told["ingest_quarantined_ratio"] == {(): 0.05}  # 5 of the 100 that were not known


def test_a_night_without_a_new_row_has_no_quarantined_share(registry: Registry, layout: Layout) -> None:
    nothing = dict.fromkeys(RESULT["ingest"], 0)
    run(registry, "done", "done", {**RESULT, "ingest": {**nothing, "read": 900, "known": 900}})
    assert "ingest_quarantined_ratio" not in values(layout)


def test_rows_and_rejected_rows_of_the_store_are_told(
    layout: Layout, night: Callable[..., IngestReport], write: Callable[[str, bytes], Path]
) -> None:
    night(write("april.csv", export(build(1), build(2), build(3, max_rss=-5))), now=NOW)
    told = values(layout)
    assert (told["store_rows"], told["store_quarantined_rows"]) == ({(): 2}, {(): 1})


def test_an_empty_store_tells_nothing_and_is_a_whole_file(layout: Layout) -> None:
    assert metrics_text(layout, at=END) == b"# EOF\n"


def test_every_sample_names_its_store_and_says_whether_it_is_synthetic(layout: Layout, champion: Champion) -> None:
    def labels() -> set[tuple[str, str]]:
        families = text_string_to_metric_families(metrics_text(layout, at=END).decode())
        return {(one.labels["store"], one.labels["synthetic"]) for family in families for one in family.samples}

    assert labels() == {(str(layout.store.resolve()), "false")}
    claim(layout, {"kind": "demo", "rows": 12000, "days": 28})
    assert labels() == {(str(layout.store.resolve()), "true")}


def test_every_metric_can_be_read_as_openmetrics_and_as_the_older_text_format() -> None:
    text = openmetrics_text([Sample(name, 1, {"path": 'a "quoted" \\ path\n'}) for name in METRICS], {})
    assert list(parsed(text)) == list(METRICS)
    assert parsed(text, older_format) == parsed(text)
    assert text.endswith(b"\n# EOF\n")
    types = {line.split()[-1] for line in text.decode().splitlines() if line.startswith("# TYPE")}
    assert types == {"gauge"}, "the node exporter's textfile collector refuses OpenMetrics' own types"
    assert not [tells for tells in METRICS.values() if '"' in tells or "\\" in tells]


def test_a_number_that_does_not_exist_is_left_out() -> None:
    assert openmetrics_text([Sample("served_score", None)], {}) == b"# EOF\n"


def test_every_metric_of_the_table_is_told(
    registry: Registry,
    layout: Layout,
    reported: dict[str, Any],
    conclude: Callable[..., Champion | None],
    night: Callable[..., IngestReport],
    write: Callable[[str, bytes], Path],
) -> None:
    night(write("april.csv", export(build(1))), now=NOW)
    run(registry, "done", "done", {**reported, "champion": {**reported["champion"], "live_score": 79.0}})
    conclude(registry, expected_revision=1, numbers={"served": {**SERVED, "low": 78.0, "high": 84.0}})
    told = values(layout)
    assert list(told) == list(METRICS)
    assert all(math.isfinite(value) for samples in told.values() for value in samples.values())


def test_the_file_is_replaced_as_a_whole(registry: Registry, layout: Layout) -> None:
    write_metrics(layout, at=END)
    run(registry, "done", "done", RESULT)
    write_metrics(layout, at=END)
    assert layout.metrics_file.read_bytes() == metrics_text(layout, at=END)
    assert [path.name for path in layout.store.glob("*metrics.prom*")] == ["metrics.prom"]


def test_where_the_file_cannot_be_written_that_is_a_warning(
    registry: Registry, layout: Layout, caplog: pytest.LogCaptureFixture
) -> None:
    layout.metrics_file.mkdir()
    with caplog.at_level(logging.WARNING):
        write_metrics(layout, at=END)
    assert "metrics.prom is not written, monitoring sees what was there" in caplog.text


def test_where_what_is_published_is_damaged_that_is_a_warning(
    registry: Registry, layout: Layout, caplog: pytest.LogCaptureFixture
) -> None:
    layout.current.write_text("{", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        write_metrics(layout, at=END)
    assert "CURRENT.json" in caplog.text
