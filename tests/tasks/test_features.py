"""Features, training sets and the audit as tasks: made once, taken over, refused where they leak."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from resource_prediction.errors import LeakError, MissingFeaturesError, StoreError, TooFewRowsError
from tasks.features import audit_features, build_features, cut_training_set
from tasks.ingest import ingest_telemetry
from tasks.score import from_us, load_scored_jobs
from tests.tasks.conftest import HOUR_US, TELEMETRY, Prepared
from tests.warehouse.exports import HEADER, build, export
from warehouse import prepared as stored
from warehouse.layout import Layout
from warehouse.published import read_rows, read_snapshot


def test_features_are_described_once_for_the_same_rows(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.features.JobTable", None)
    for reuse in (False, True):
        again = build_features.fn(prepared.store, HOUR_US, 1, reuse=reuse)
        assert replace(again, seconds=0.0) == replace(prepared.features, seconds=0.0)


def test_another_label_delay_makes_other_features(prepared: Prepared) -> None:
    with pytest.raises(MissingFeaturesError, match="got features of other rows"):
        build_features.fn(prepared.store, 0, 1, reuse=True)
    assert build_features.fn(prepared.store, 0, 1, reuse=False).name != prepared.features.name


def test_features_of_three_label_delays_of_one_run_stay(prepared: Prepared) -> None:
    described = (prepared.features,)
    for label_delay_us in (0, 2 * HOUR_US):
        features = build_features.fn(prepared.store, label_delay_us, 1, reuse=False, beside=described)
        described = (*described, features)
    for features in described:
        again = build_features.fn(prepared.store, features.label_delay_us, 1, reuse=True)
        assert again.name == features.name


def test_without_published_rows_there_are_no_features(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="got no published telemetry"):
        build_features.fn(str(tmp_path), HOUR_US, 1, reuse=False)


@pytest.mark.parametrize("hours", [-1, 19], ids=["only its end", "its submission too"])
def test_a_row_hours_ahead_of_its_ingest_moves_no_cut(prepared: Prepared, tmp_path: Path, hours: int) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    line = build(1, atom_id="ahead", time=now + timedelta(hours=hours))
    path = tmp_path / "ahead.csv"
    path.write_bytes(export(f"{line};{now + timedelta(hours=20)}", header=f"{HEADER};finished_at"))
    assert ingest_telemetry.fn(prepared.store, [str(path)], TELEMETRY).counts["accepted"] == 1
    features = build_features.fn(prepared.store, HOUR_US, 1, reuse=False)
    served = cut_training_set.fn(prepared.store, features, "served", holdout=None, train_window_us=None)
    held = cut_training_set.fn(prepared.store, features, "judged", holdout="1", train_window_us=None)
    came_in = datetime.now(UTC).replace(tzinfo=None)
    assert max(from_us(served.until_us), from_us(held.until_us)) <= came_in


def test_a_judged_set_ends_before_the_holdout_and_a_served_one_holds_all(prepared: Prepared) -> None:
    layout = Layout(Path(prepared.store))
    served = cut_training_set.fn(prepared.store, prepared.features, "served", holdout=None, train_window_us=None)
    times = read_rows(read_snapshot(layout), columns=["time"])["time"]
    assert served.until_us == times.max().value // 1000 + 1
    assert prepared.cut.until_us < served.until_us
    judged_set, served_set = (stored.load_training_set(layout, cut.name) for cut in (prepared.cut, served))
    assert (judged_set.known_us < prepared.cut.until_us).all()
    assert len(judged_set.peak_gib) < len(served_set.peak_gib)


def test_held_out_jobs_that_no_score_counts_are_told_beside_the_scored_ones(
    prepared: Prepared, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="tasks.features")
    cut_training_set.fn(prepared.store, prepared.features, "judged", holdout="20%", train_window_us=None)
    rows = read_rows(read_snapshot(Layout(Path(prepared.store))))
    held = rows[(rows["time"].to_numpy("datetime64[us]").astype(np.int64) >= prepared.cut.until_us) & ~rows["is_twin"]]
    is_final = held["ts_status"].isin(["ok", "unstable"])
    is_cut_off = (held["ts_status"] == "error") & (held["max_rss"] >= 0.98 * held["memreq"] * 1024**2)
    scored = int((is_final | is_cut_off | (held["ts_status"] == "oom")).sum())
    assert 0 < scored < len(held)
    told = f"hold-out: {scored} jobs are scored; {len(held) - scored} others without a final peak are not"
    assert told in caplog.messages


def test_too_few_rows_are_refused(prepared: Prepared) -> None:
    with pytest.raises(TooFewRowsError, match="expected at least 50"):
        cut_training_set.fn(prepared.store, prepared.features, "judged", holdout="99%", train_window_us=None)


def test_honest_features_pass_the_audit(prepared: Prepared) -> None:
    audit = audit_features.fn(prepared.store, prepared.features, 1)
    assert audit["passed"]
    assert audit["rows"] == 900
    assert audit["twins"] > 0


def test_a_leak_stops_the_run_and_names_the_row(prepared: Prepared) -> None:
    layout = Layout(Path(prepared.store))
    table = stored.load_features(layout, prepared.features.name)
    too_soon = replace(table.history, instants_us=table.history.instants_us - HOUR_US)
    stored.save_features(layout, prepared.features.name, replace(table, history=too_soon))
    with pytest.raises(LeakError, match=r"feature .* in the table.*Nothing was promoted"):
        audit_features.fn(prepared.store, prepared.features, 1)


def test_rows_that_another_run_publishes_meanwhile_change_no_later_step(prepared: Prepared, tmp_path: Path) -> None:
    since_us = prepared.cut.until_us
    before = load_scored_jobs(prepared.store, prepared.features, since_us=since_us)
    newest = str(before.rows["time"].max())
    lines = [f"late-{place};{newest};p;{2**30};2048" for place in range(30)]
    path = tmp_path / "more.csv"
    path.write_text("\n".join(["atom_id;time;buildProfile;max_rss;memreq", *lines]) + "\n", encoding="utf-8")
    ingest_telemetry.fn(prepared.store, [str(path)], TELEMETRY)
    after = load_scored_jobs(prepared.store, prepared.features, since_us=since_us)
    assert after.rows.equals(before.rows)
    assert after.point_in_time.tobytes() == before.point_in_time.tobytes()
    again = cut_training_set.fn(prepared.store, prepared.features, "judged", holdout="20%", train_window_us=None)
    assert again.name == prepared.cut.name


def test_a_store_without_a_final_peak_is_refused_in_words(tmp_path: Path) -> None:
    lines = [f"job-{place};2026-01-05 10:00:{place:02d};p;1000000;2048;running" for place in range(50)]
    path = tmp_path / "running.csv"
    path.write_text("\n".join(["atom_id;time;buildProfile;max_rss;memreq;ts_status", *lines]) + "\n", encoding="utf-8")
    store = str(tmp_path / "store")
    ingest_telemetry.fn(store, [str(path)], {"kind": "own", "mapping": None})
    features = build_features.fn(store, HOUR_US, 1, reuse=False)
    with pytest.raises(TooFewRowsError, match="got 0; expected at least 50"):
        cut_training_set.fn(store, features, "judged", holdout="20%", train_window_us=None)
