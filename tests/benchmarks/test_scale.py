"""The command that measures every stage by size, on a farm that is small enough for a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAMILY = "logistic_regression_classification"


def _measure(out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "scale.py"), "--rows", "900", "--days", "6"]
    command += ["--out", str(out), "--model-families", FAMILY, "--train-windows", "3d"]
    command += ["--picture", str(out / "scale.svg")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)


@pytest.mark.slow
def test_every_stage_is_measured_once_and_taken_over_by_the_next_run(tmp_path: Path) -> None:
    first, second = _measure(tmp_path), _measure(tmp_path)
    facts = json.loads((tmp_path / "900.json").read_text(encoding="utf-8"))
    stages = {"generate", "limits", "ingest", "publish", "features", f"fit:{FAMILY}", f"window:3d:{FAMILY}"}
    assert set(facts) == stages
    assert facts["ingest"]["accepted"] == 788
    assert all(entry["peak_gib"] > 0 for entry in facts.values())
    assert facts[f"window:3d:{FAMILY}"]["fitted"] < facts[f"fit:{FAMILY}"]["fitted"]
    assert "900 rows: features" in first.stderr
    assert "900 rows:" not in second.stderr
    assert first.stdout == second.stdout
    assert f"| fit {FAMILY} |" in first.stdout
    assert (tmp_path / "scale.svg").read_text(encoding="utf-8").startswith("<?xml")
