"""Runs of the main job in this process, under one temporary Prefect server for all tests of the session."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from flows.logs import PREFECT_LOGGERS
from flows.train import main
from resource_prediction.config import CLASSIFICATION_HYPERPARAMETERS, HYPERPARAMETER_CONFIGS, Hyperparameter
from tasks.run_logs import MODEL_LOGGER, OPTUNA, OUR_LOGGERS
from tests.flows.result_schema import Result

XGBOOST, LOGISTIC = "xgboost_regression", "logistic_regression_classification"


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        status: Exit status.
        out: Standard output.
        err: Standard error.
        log: Progress lines of the flow.
        json: The result, where there is one.
    """

    status: int
    out: str
    err: str
    log: list[str]
    json: dict[str, Any]

    @property
    def families(self) -> dict[str, dict[str, Any]]:
        """The families of the result by name."""
        return {family["family"]: family for family in self.json["families"]}


Train = Callable[..., Outcome]


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """One server for the session; what it writes goes away with it."""
    from prefect.logging.configuration import setup_logging  # noqa: PLC0415 - fast tests do not need Prefect
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415

    with prefect_test_harness(server_startup_timeout=120):
        setup_logging()
        for name in ("prefect", "prefect.flow_runs", "prefect.task_runs"):
            for handler in logging.getLogger(name).handlers:
                if hasattr(handler, "console"):
                    # Prefect's writes to the standard error of the first test, which is closed in the others.
                    handler.console = Console(stderr=True, soft_wrap=True)
        yield


@pytest.fixture(scope="session")
def kept_environment() -> Iterator[None]:
    """What a run sets for its process must not reach other tests."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def loggers() -> Iterator[None]:
    """The loggers of a run, as they were before."""
    names = ("prefect", *PREFECT_LOGGERS, *OUR_LOGGERS, MODEL_LOGGER, OPTUNA)
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).filters[:]) for name in names}
    yield
    for name, (level, filters) in before.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).filters[:] = filters


class Lines(logging.Handler):
    """Keeps messages."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def train(
    prefect_server: None,
    kept_environment: None,
    loggers: None,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Train]:
    """Runs the command line with small, quick families; the demo farm unless a source is given."""
    monkeypatch.setattr("flows.server.set_process_environment", lambda: None)
    quick: Hyperparameter = {"min": 10, "max": 20, "type": "int", "default": 20}
    monkeypatch.setitem(HYPERPARAMETER_CONFIGS[XGBOOST], "n_estimators", quick)
    monkeypatch.setitem(HYPERPARAMETER_CONFIGS[LOGISTIC], "max_iter", quick)
    monkeypatch.setitem(CLASSIFICATION_HYPERPARAMETERS, "n_bins", {"min": 12, "max": 14, "type": "int", "default": 12})
    handler, flow_log = Lines(), logging.getLogger("prefect.flow_runs")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    flow_log.addHandler(handler)

    def run(*argv: str, families: tuple[str, ...] = (XGBOOST, LOGISTIC), store: Path | None = None) -> Outcome:
        asked = ["--json", "--model-families", *families, "--store", str(store or tmp_path / "store")]
        if "--source" not in argv:
            asked += ["--demo-rows", "1500", "--demo-days", "10"]
        handler.lines.clear()
        capfd.readouterr()
        status = main([*asked, *argv])
        said = capfd.readouterr()
        lines = said.out.splitlines()
        result = json.loads(lines[-1], parse_constant=_refuse) if lines else {}
        if status == 0:
            Result.model_validate_json(lines[-1])
        return Outcome(status, said.out, said.err, handler.lines.copy(), result)

    yield run
    flow_log.removeHandler(handler)
    for number, before in handlers.items():
        signal.signal(number, before)


def _refuse(constant: str) -> float:
    raise AssertionError(f"a number that does not exist is null, never {constant}")
