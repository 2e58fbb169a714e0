"""What a run leaves in Prefect, read back through its API; and that a night survives where Prefect fails."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
from prefect.client.orchestration import get_client

from flows.parameters import RetrainParameters
from flows.retrain import retrain
from resource_prediction.summary.aside import Aside
from tasks.run import run_record
from tests.flows.conftest import LOGISTIC, XGBOOST, Train
from warehouse.layout import Layout
from warehouse.store import open_store

pytestmark = pytest.mark.slow

EVENT_SECONDS = 30
OPTUNA_JOURNAL = "optuna.storages.journal._storage"


def ask(path: str, **asked: Any) -> Any:
    with get_client(sync_client=True) as client:
        return client.request("POST", path, json=asked).json()  # type: ignore[arg-type]


def newest_run() -> str:
    return str(ask("/flow_runs/filter", sort="START_TIME_DESC", limit=1)[0]["id"])


def artifacts(run: str) -> dict[str, dict[str, Any]]:
    found = ask("/artifacts/filter", flow_runs={"id": {"any_": [run]}})
    return {each["key"]: each for each in found}


def events(store: Path, at_least: int) -> list[dict[str, Any]]:
    """Events about a store, oldest first; the server writes them in batches, some seconds later."""
    resource = {"id": [f"resource-prediction.store.{open_store(Layout(store)).id}"]}
    until = time.monotonic() + EVENT_SECONDS
    while True:
        found: list[dict[str, Any]] = ask("/events/filter", filter={"resource": resource, "order": "ASC"})["events"]
        if len(found) >= at_least or time.monotonic() > until:
            return found
        time.sleep(0.5)


def test_a_run_leaves_table_verdict_picture_bars_and_events(train: Train, tmp_path: Path) -> None:
    money = ("--job-hours", "0.5", "--usd-per-gib-hour", "0.01")
    first = train("--run-search", "--trials", "2", *money)
    assert first.status == 0, first.err
    shown = artifacts(newest_run())
    bars = {f"{step}-{family}".replace("_", "-") for step in ("search", "fit") for family in (XGBOOST, LOGISTIC)}
    studies = {bar.replace("search-", "study-") for bar in bars if bar.startswith("search-")}
    assert set(shown) == {"leaderboard", "verdict", "allocations", "categories", "curve", *bars, *studies}
    rows = json.loads(shown["leaderboard"]["data"])
    assert {row["family"] for row in rows} == {XGBOOST, LOGISTIC, "memreq", "rolling_max_20"}
    assert [row["note"] for row in rows[:2]] == ["serves", ""]
    verdict = shown["verdict"]["data"]
    assert verdict.startswith(f"# First: {first.json['champion']['version']} serves")
    assert "USD at 0.01 USD a GiB-hour" in verdict
    assert "data:image/png;base64," in shown["allocations"]["data"]
    classes = json.loads(shown["categories"]["data"])
    assert classes[-1]["allocation"] == "all"
    assert int(classes[-1]["rows"]) == first.json["holdout"]["rows"]
    assert "| Balanced |" in shown["curve"]["data"]
    for study in studies:
        assert "2 trials, 2 of them in this run" in shown[study]["data"]
        assert "data:image/png;base64," in shown[study]["data"]
    assert {shown[bar]["data"] for bar in bars} == {100}
    assert "USD at 0.01 USD a GiB-hour" in " ".join(first.err.split())

    again = train(*money)
    assert again.json["verdict"] == "kept"
    record = run_record(str(tmp_path / "store"), again.json["run_id"])
    assert record["not_shown"] == []
    assert {name: record[name] for name in again.json} == again.json
    saved = Aside.of(record["aside"]).saved
    assert saved is not None
    assert saved.money.usd is not None
    assert saved.money.usd == pytest.approx(0.01 * 0.5 * (saved.gib or 0.0))

    found = events(tmp_path / "store", 3)
    assert [event["event"] for event in found] == ["telemetry.quarantined", "champion.first", "champion.kept"]
    assert found[1]["payload"]["version"] == first.json["champion"]["version"]
    assert found[0]["payload"]["rows"] == first.json["ingest"]["quarantined"]
    assert any(related["prefect.resource.id"].startswith("prefect.flow-run.") for related in found[1]["related"])


def fail(*_: Any, **__: Any) -> NoReturn:
    raise httpx.ConnectError("nobody listens")


def break_down(*_: Any, **__: Any) -> NoReturn:
    raise KeyError("a defect in the words")


def test_a_night_ends_completed_where_nothing_of_it_can_be_shown(
    train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for call in ("tasks.progress.create_progress_artifact", "tasks.ui.create_table_artifact"):
        monkeypatch.setattr(call, fail)
    monkeypatch.setattr("tasks.ui.create_markdown_artifact", fail)
    monkeypatch.setattr("tasks.events.emit_event", lambda *_, **__: None)
    run = train(families=(LOGISTIC,))
    assert (run.status, run.json["verdict"], run.json["applied"]) == (0, "first", True)
    noted = run_record(str(tmp_path / "store"), run.json["run_id"])["not_shown"]
    assert [note.split(":")[0] for note in noted] == [
        "fit-logistic-regression-classification",
        "telemetry.quarantined",
        "champion.first",
        "leaderboard",
        "verdict",
        "allocations",
        "categories",
        "curve",
    ]
    assert all("nobody listens" in note or "did not take it" in note for note in noted)


def test_a_defect_in_showing_fails_its_task_and_not_the_night(
    train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tasks.ui.explain", break_down)
    monkeypatch.setattr("tasks.picture.read_outcomes", break_down)
    run = train(families=(LOGISTIC,))
    assert (run.status, run.json["verdict"]) == (0, "first")
    noted = run_record(str(tmp_path / "store"), run.json["run_id"])["not_shown"]
    assert [note.split(":")[0] for note in noted] == ["picture", "run"]
    assert all("a defect in the words" in note for note in noted)


@pytest.mark.usefixtures("prefect_server", "train")
def test_a_run_that_a_worker_starts_has_the_lines_of_optuna_and_of_our_layers(tmp_path: Path) -> None:
    for name in ("optuna", "tasks", "warehouse", "resource_prediction"):
        logging.getLogger(name).setLevel(logging.INFO if name == "optuna" else logging.NOTSET)
    asked = RetrainParameters(
        demo_rows=1_500,
        demo_days=10,
        mode="search",
        trials=2,
        model_families=(LOGISTIC,),
        store=str(tmp_path / "store"),
    )
    assert retrain(asked, return_state=True).name == "First"
    run = newest_run()
    until = time.monotonic() + EVENT_SECONDS
    names: set[str] = set()
    while time.monotonic() < until and not names >= {OPTUNA_JOURNAL, "tasks.search"}:
        time.sleep(0.5)
        lines = ask("/logs/filter", logs={"flow_run_id": {"any_": [run]}}, limit=200)
        names = {line["name"] for line in lines if line["task_run_id"]}
    assert {OPTUNA_JOURNAL, "tasks.search", "warehouse.ingest"} <= names
    assert logging.getLogger("tasks").level == logging.NOTSET
