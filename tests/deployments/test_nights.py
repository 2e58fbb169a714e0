"""Nights of the real deployment: server, worker and flow are processes, and what happened is read through the API."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deployments.watches import FAILED_NIGHT
from tests.deployments.conftest import ROOT, Farm, Finished, wait_for
from warehouse.layout import Layout
from warehouse.registry import Registry

pytestmark = pytest.mark.slow

LOGISTIC, ENSEMBLE = "logistic_regression_classification", "quantile_ensemble_regression"


def quick_night(store: Path, **asked: Any) -> dict[str, Any]:
    """One family on few jobs."""
    return {"demo_rows": 1500, "demo_days": 10, "model_families": [LOGISTIC], "store": str(store), **asked}


def long_night(store: Path) -> dict[str, Any]:
    """A family that is soon done, and one that keeps the run busy meanwhile."""
    return {"demo_rows": 12000, "demo_days": 20, "model_families": [LOGISTIC, ENSEMBLE], "store": str(store)}


def fits(store: Path) -> int:
    """How many fits a store holds."""
    with Registry.read(Layout(store)) as registry:
        return len(registry.fits.families())


def name_in_key(family: str) -> str:
    """A family's name as keys of artifacts take it."""
    return family.replace("_", "-")


def events_of(farm: Farm, night: Finished, event: str) -> list[dict[str, Any]]:
    """Events of a night by their name."""
    sent = farm.ask("events", filter={"event": {"name": [event]}})
    return [each for each in sent if night.run["state"]["message"] == each["payload"]["reason"]]


def fired(farm: Farm) -> set[str]:
    """Automations that have fired."""
    sent = farm.ask("events", filter={"event": {"name": ["prefect.automation.triggered"]}})
    return {each["resource"]["prefect.resource.name"] for each in sent}


def is_whole(store: Path) -> bool:
    """Whether every artifact and published part is what its digest says."""
    command = [sys.executable, "-m", "warehouse", "verify", "--store", str(store)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_the_first_night_finds_a_champion_on_a_cluster_and_the_second_keeps_it(farm: Farm, tmp_path: Path) -> None:
    first = farm.watch(**quick_night(tmp_path / "store", runner="dask", workers=1))
    assert first.state == ("COMPLETED", "First")
    assert first.status == 0
    assert "becomes the first champion" in first.run["state"]["message"]
    second = farm.watch(**quick_night(tmp_path / "store"))
    assert second.state == ("COMPLETED", "Kept")
    assert second.status == 0
    assert second.run["name"].startswith("retrain-")
    assert is_whole(tmp_path / "store")
    for night, event in ((first, "champion.first"), (second, "champion.kept")):
        shown = farm.ask("artifacts", artifacts={"flow_run_id": {"any_": [night.run["id"]]}})
        assert {each["key"] for each in shown} >= {"leaderboard", "verdict", f"fit-{name_in_key(LOGISTIC)}"}
        assert night.run["state"]["message"] in next(each["data"] for each in shown if each["key"] == "verdict")
        assert wait_for(lambda night=night, event=event: events_of(farm, night, event), event)
    assert "resource_prediction_" in (tmp_path / "store" / "metrics.prom").read_text()


def test_a_night_whose_cluster_is_away_ends_with_one_line_and_touches_no_store(farm: Farm, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        away = f"dask:tcp://127.0.0.1:{nobody.getsockname()[1]}"
        night = farm.watch(**quick_night(tmp_path / "store", runner=away))
    assert night.status == 1
    assert night.state == ("FAILED", "Bad input")
    assert night.run["state"]["message"].startswith(f"runner {away}: got ")
    assert "\n" not in night.run["state"]["message"]
    assert not (tmp_path / "store").exists()


def test_the_schedule_gives_runs_to_come(farm: Farm) -> None:
    scheduled = wait_for(
        lambda: farm.ask("flow_runs", flow_runs={"state": {"name": {"any_": ["Scheduled"]}}}), "scheduled runs"
    )
    assert all("T02:00:00" in run["expected_start_time"] for run in scheduled)


def test_a_second_night_is_cancelled_while_one_runs(farm: Farm, tmp_path: Path) -> None:
    running = farm.begin(**long_night(tmp_path / "store"))
    farm.wait_for_state(running, "RUNNING")
    first_process = farm.flow_process()
    os.kill(first_process, signal.SIGSTOP)  # so that it cannot be done before the second one is taken
    second = farm.watch(**quick_night(tmp_path / "other"))
    os.kill(first_process, signal.SIGCONT)
    assert second.state == ("CANCELLED", "Cancelled")
    assert "concurrency limit" in second.run["state"]["message"]
    assert farm.wait_for_state(running, "COMPLETED")["state"]["name"] == "First"


def test_a_killed_flow_is_crashed_and_the_next_night_takes_its_fits(farm: Farm, tmp_path: Path) -> None:
    store = tmp_path / "store"
    killed = farm.begin(**long_night(store))
    wait_for(lambda: (store / "registry.sqlite").exists() and fits(store) == 1, "the first family's fit")
    os.kill(farm.flow_process(), signal.SIGKILL)
    assert farm.wait_for_state(killed, "CRASHED")
    assert wait_for(lambda: FAILED_NIGHT in fired(farm), "the automation of a failed night")
    assert not (store / "champion").exists()
    assert is_whole(store)
    next_night = farm.watch(**long_night(store))
    assert next_night.state == ("COMPLETED", "First")
    logs = farm.ask("logs", logs={"flow_run_id": {"any_": [next_night.run["id"]]}})
    assert any("taken from the stopped run" in line["message"] for line in logs)


def test_a_run_whose_worker_died_with_it_is_found_and_the_next_night_runs(farm: Farm, tmp_path: Path) -> None:
    store = tmp_path / "store"
    silent = farm.begin(**long_night(store))
    wait_for(lambda: (store / "registry.sqlite").exists() and fits(store) == 1, "the first family's fit")
    flow, worker = farm.flow_process(), farm.worker
    assert worker is not None
    worker.kill()
    worker.wait()
    os.kill(flow, signal.SIGKILL)
    assert farm.run(silent)["state"]["type"] == "RUNNING"  # nobody is left to say otherwise
    crashed = farm.wait_for_state(silent, "CRASHED")
    assert "No sign of life" in crashed["state"]["message"]
    farm.start_worker()
    assert farm.watch(**quick_night(tmp_path / "other")).state == ("COMPLETED", "First")
