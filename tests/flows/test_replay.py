"""Replays of a small demo farm: figures for every policy, nothing that serves is touched, a killed one goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.replay import main
from resource_prediction.config import HYPERPARAMETER_CONFIGS
from tests.flows.conftest import LOGISTIC, XGBOOST, Train
from tests.flows.test_killed import read_until
from tests.flows.test_showing import artifacts, newest_run
from warehouse.layout import Layout
from warehouse.registry import Registry

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DEMO = ["--demo-rows", "1500", "--demo-days", "10"]
POLICIES = {XGBOOST, LOGISTIC, "memreq", "rolling_max_20", "nightly"}
FIGURES = {"score", "live_score", "under_pct", "over_pct", "rows", "gib_saved"}


def replay(
    store: Path, capfd: pytest.CaptureFixture[str], *argv: str, families: tuple[str, ...] = (XGBOOST, LOGISTIC)
) -> dict[str, Any]:
    capfd.readouterr()
    status = main([*DEMO, "--model-families", *families, "--store", str(store), "--json", *argv])
    said = capfd.readouterr()
    assert status == 0, said.err
    assert len(said.out.splitlines()) == 1
    assert "Synthetic" in said.err
    return dict(json.loads(said.out))


def what_serves(store: Path) -> tuple[Any, ...]:
    """All that a replay must not change."""
    layout = Layout(store)
    links = {path.name: path.readlink() for path in [layout.champion, *layout.models.iterdir()]}
    with Registry.read(layout) as registry:
        history, verdicts = registry.history(), registry.verdicts.history()
        memory = registry.nominations.current(), registry.seen.until()
        return links, registry.champion(), history, verdicts, memory, registry.runs.history()


def test_a_replay_compares_every_policy_and_leaves_all_that_serves_as_it_was(
    train: Train, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    assert train().status == 0
    before = what_serves(store)
    with Registry.read(Layout(store)) as registry:
        evidence = len(registry.evidence.read())
    result = replay(store, capfd, "--job-hours", "0.5", "--usd-per-gib-hour", "0.01")
    assert what_serves(store) == before
    shown = artifacts(newest_run())
    assert set(shown) == {"replay"}
    assert "What would these days have cost?" in shown["replay"]["data"]
    assert set(result["policies"]) == POLICIES
    assert all(set(figures) == FIGURES for figures in result["policies"].values())
    assert {figures["rows"] for figures in result["policies"].values()} == {sum(p["rows"] for p in result["periods"])}
    assert result["policies"]["memreq"]["gib_saved"] == pytest.approx(0, abs=1e-6)
    assert result["money"]["usd"] == pytest.approx(result["policies"]["nightly"]["gib_saved"] * 0.5 * 0.01)
    assert set(result["guards"]) == {"request_cap", "risk_limit", "headroom"}
    assert result["nights"][0]["verdict"] == "first"
    assert len(result["nights"]) == len(result["periods"]) == 7
    risky = (store / "replay" / "jobs_at_risk.csv").read_text(encoding="utf-8").splitlines()
    assert len(risky) - 1 == result["jobs_at_risk"]["rows"]
    assert "Synthetic" in Path(result["report"]).read_text(encoding="utf-8")
    with Registry.read(Layout(store)) as registry:
        assert len(registry.evidence.read()) == evidence + result["evidence"]["entered"]
    assert result["evidence"]["entered"] > 0

    again = replay(store, capfd, "--job-hours", "0.5", "--usd-per-gib-hour", "0.01")
    assert again["evidence"] == {"entered": 0}
    changing = ("evidence", "seconds")
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in result.items() if k not in changing
    }

    # The defaults move on; what the champion was chosen with, with these days in sight, is hindsight.
    family = before[1].family
    name = "n_estimators" if family == XGBOOST else "max_iter"
    changed: Any = {"min": 5, "max": 30, "type": "int", "default": 10}
    monkeypatch.setitem(HYPERPARAMETER_CONFIGS[family], name, changed)
    assert replay(store, capfd, families=(family,))["in_hindsight"] == [family]


def test_a_source_without_enough_rows_is_bad_input_with_one_line(
    train: Train, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    del train  # for its server and loggers
    argv = ["--store", str(tmp_path / "store"), *DEMO, "--model-families", LOGISTIC, "--from", "2031-01-01"]
    assert main(argv) == 2
    said = capfd.readouterr()
    assert "days to replay: got no job with a final peak" in said.err
    assert "Traceback" not in said.err


def test_killed_and_interrupted_a_replay_goes_on_where_it_was(tmp_path: Path) -> None:
    store = tmp_path / "store"
    argv = [*DEMO, "--model-families", LOGISTIC, "--store", str(store), "--json", "--workers", "1"]
    argv += ["--from", "2025-06-28"]
    command = [sys.executable, str(ROOT / "flows" / "replay.py"), *argv]
    ended = []
    for number in (signal.SIGKILL, signal.SIGINT, None):
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            said = read_until(process, "1 of 3 periods done")
            if number is not None:
                process.send_signal(number)
            out, err = process.communicate(timeout=120)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        ended.append((process.returncode, said + err, out))
    killed, interrupted, done = ended
    assert killed[0] == -signal.SIGKILL
    assert "1 made and 0 taken over" in killed[1]
    assert interrupted[0] == 130
    assert "Kept: what was ingested, and every fit that had finished" in interrupted[1]
    assert done[0] == 0, done[1]
    first_line = next(line for line in done[1].splitlines() if "1 of 3 periods done" in line)
    assert "0 made and 1 taken over" in first_line
    assert set(json.loads(done[2])["policies"]) == {LOGISTIC, "memreq", "rolling_max_20", "nightly"}
    assert not (store / "champion").exists()
