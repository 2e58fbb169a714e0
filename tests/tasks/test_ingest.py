"""Ingest as a task: every row accounted for, the second time nothing new, one telemetry a store."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.states import Failed

from resource_prediction.errors import (
    EmptySourceError,
    NoUsableRowError,
    SourceError,
    StoreKindError,
    StoreLockedError,
    UnreachableSourceError,
)
from tasks.ingest import generate_demo, ingest_telemetry, with_retries
from tests.tasks.conftest import TELEMETRY, Prepared
from warehouse.layout import Layout
from warehouse.store import claim, open_store


def test_every_row_of_the_demo_farm_is_accounted_for(prepared: Prepared) -> None:
    counts = prepared.ingested.counts
    assert counts["read"] == 901
    assert counts["read"] == sum(count for name, count in counts.items() if name != "read")
    assert counts["quarantined"] == 1
    assert prepared.ingested.rows == 900


def test_the_same_export_brings_nothing_new(prepared: Prepared) -> None:
    path = generate_demo.fn(prepared.store, 900, 6.0)
    again = ingest_telemetry.fn(prepared.store, [path], TELEMETRY)
    assert again.counts == {**dict.fromkeys(again.counts, 0), "read": 901, "known": 901}
    assert again.data_digest == prepared.ingested.data_digest


def test_the_demo_farm_is_generated_once(prepared: Prepared) -> None:
    path = Path(generate_demo.fn(prepared.store, 900, 6.0))
    path.write_text("mine", encoding="utf-8")
    assert generate_demo.fn(prepared.store, 900, 6.0) == str(path)
    assert path.read_text(encoding="utf-8") == "mine"
    assert generate_demo.fn(prepared.store, 600, 6.0) != str(path)


def test_other_telemetry_is_refused_before_a_row_is_read(prepared: Prepared, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("time;buildProfile;max_rss\n2025-04-01;p;5\n", encoding="utf-8")
    with pytest.raises(StoreKindError, match=r"which holds demo telemetry .*Choose another folder with --store"):
        ingest_telemetry.fn(prepared.store, [str(tmp_path / "own.csv")], {"kind": "own", "mapping": None})


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    store, own = str(tmp_path / "store"), {"kind": "own", "mapping": None}
    with pytest.raises(SourceError, match="got a path that does not exist"):
        ingest_telemetry.fn(store, [str(tmp_path / "none.csv")], own)
    (tmp_path / "bad.csv").write_text("time;buildProfile;max_rss\n2025-04-01;p;-5\n", encoding="utf-8")
    with pytest.raises(NoUsableRowError, match="got 1 rows read, 1 of them quarantined"):
        ingest_telemetry.fn(store, [str(tmp_path / "bad.csv")], own)


def test_a_first_ingest_that_brings_no_row_leaves_the_store_free_for_other_telemetry(tmp_path: Path) -> None:
    store, layout = str(tmp_path / "store"), Layout(tmp_path / "store")
    own = {"kind": "own", "mapping": None}
    (tmp_path / "bad.csv").write_text("time;buildProfile;max_rss\n2025-04-01;p;-5\n", encoding="utf-8")
    for name in ("none.csv", "bad.csv"):
        with pytest.raises((SourceError, NoUsableRowError), match="got "):
            ingest_telemetry.fn(store, [str(tmp_path / name)], own)
        assert open_store(layout).telemetry is None
    path = generate_demo.fn(store, 900, 6.0)
    assert ingest_telemetry.fn(store, [path], TELEMETRY).rows == 900
    assert open_store(layout).telemetry == TELEMETRY


def test_a_claim_that_a_crash_left_without_rows_is_void(tmp_path: Path) -> None:
    store, layout = str(tmp_path / "store"), Layout(tmp_path / "store")
    claim(layout, TELEMETRY)
    (tmp_path / "own.csv").write_text("time;buildProfile;max_rss\n2025-04-01;p;5\n", encoding="utf-8")
    own = {"kind": "own", "mapping": None}
    ingest_telemetry.fn(store, [str(tmp_path / "own.csv")], own)
    assert open_store(layout).telemetry == own


def test_a_later_file_that_is_refused_leaves_the_claim_as_it_is(prepared: Prepared, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="got a path that does not exist"):
        ingest_telemetry.fn(prepared.store, [str(tmp_path / "none.csv")], TELEMETRY)
    assert open_store(Layout(Path(prepared.store))).telemetry == TELEMETRY


def test_a_store_with_rows_bears_a_night_on_which_nothing_is_there(prepared: Prepared, tmp_path: Path) -> None:
    for place in (tmp_path / "empty", tmp_path / "*.csv"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        nothing = ingest_telemetry.fn(prepared.store, [str(place)], TELEMETRY)
        assert nothing.counts == dict.fromkeys(nothing.counts, 0)
        assert nothing.data_digest == prepared.ingested.data_digest
        with pytest.raises(EmptySourceError, match="expected a file, folder or glob"):
            ingest_telemetry.fn(str(tmp_path / "new"), [str(place)], {"kind": "own", "mapping": None})


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (StoreLockedError("var/own", "process 7"), True),
        (UnreachableSourceError("/net/exports", "Host is down"), True),
        (SourceError("source a.csv", got="nothing", expected="something", next_step="Look."), False),
        (StoreKindError("var/own", "demo", "own"), False),
        (ValueError("a defect"), False),
    ],
)
def test_only_what_is_outside_is_tried_again(error: Exception, again: bool) -> None:
    attempt = with_retries(3, 2.0)
    assert attempt.retry_condition_fn is not None
    assert attempt.retry_condition_fn(attempt, None, Failed(data=error)) == again


def test_the_waits_between_attempts_double_and_have_jitter() -> None:
    attempt = with_retries(3, 2.0)
    assert (attempt.retries, attempt.retry_delay_seconds, attempt.retry_jitter_factor) == (3, [2.0, 4.0, 8.0], 0.5)
    assert with_retries(0, 2.0).retries == 0
