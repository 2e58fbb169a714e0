"""A disk that fills up in the middle of a run: one line, nobody promoted, and the next run goes through."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from resource_prediction.models.implementations.sklearn_models import LogisticRegressionModel
from tests.flows.conftest import LOGISTIC, XGBOOST, Train
from tests.warehouse.test_faults import largest_file
from warehouse.layout import Layout
from warehouse.registry import Registry

pytestmark = pytest.mark.slow


def state_of_last_run(store: Path) -> str:
    with Registry.read(Layout(store)) as registry:
        return registry.runs.history()[-1].state


def test_a_disk_that_is_full_when_a_family_is_stored_ends_the_run_in_one_line(
    train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store, save = tmp_path / "store", LogisticRegressionModel.save

    def save_on_a_full_disk(self: LogisticRegressionModel, folder: Path) -> None:
        with largest_file(1_000):
            save(self, folder)

    with monkeypatch.context() as full:
        full.setattr(LogisticRegressionModel, "save", save_on_a_full_disk)
        stopped = train("--workers", "1", families=(XGBOOST, LOGISTIC))
    assert stopped.status == 1
    assert not stopped.out
    assert f"store {store}: got file too large; expected room to write. Make room, or raise the quota" in stopped.err
    assert "every family" not in stopped.err
    assert "Traceback" not in stopped.err
    assert "Crash detected" not in stopped.err
    assert state_of_last_run(store) == "failed"
    assert not Layout(store).champion.exists()
    assert list(Layout(store).staging.iterdir()) == []

    again = train("--workers", "1", families=(XGBOOST, LOGISTIC))
    assert (again.status, again.json["verdict"]) == (0, "first")
    assert again.families[XGBOOST]["fit_seconds"] == 0.0
    assert again.families[LOGISTIC]["fit_seconds"] > 0


def test_where_the_end_cannot_be_recorded_either_the_first_error_counts_and_the_run_says_so(
    train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
        raise error

    store = tmp_path / "store"
    with monkeypatch.context() as full:
        full.setattr("warehouse.registry.fits.Fits.record", refuse)
        full.setattr("warehouse.registry.runs.Runs._update", refuse)
        stopped = train(families=(LOGISTIC,))
    assert stopped.status == 1
    assert f"store {store}: got database or disk is full (SQLITE_FULL); expected room to write." in stopped.err
    assert "The run could not be recorded as failed (got database or disk is full (SQLITE_FULL))" in stopped.err
    assert "Traceback" not in stopped.err
    assert state_of_last_run(store) == "running"
    assert train(families=(LOGISTIC,)).status == 0
    with Registry.read(Layout(store)) as registry:
        assert [run.state for run in registry.runs.history()] == ["stopped", "done"]
