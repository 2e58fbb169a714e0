"""The command that measures the gate, from fits to its tables, on a farm of a few days."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = "--demo-rows 1500 --demo-days 8 --train-window 4 --past-days 2 --oldest-fit 1 --farms 2 --nights 20 --workers 1"


def _tables(cache: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "gate.py"), *SMALL.split(), "--cache", str(cache), *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)


@pytest.mark.slow
def test_fits_that_are_the_same_never_switch_and_are_taken_from_the_cache(tmp_path: Path) -> None:
    asked = ("--model-families", "logistic_regression_classification", "--seeds", "2", "--better", "0", "--rest", "3")
    first, second = _tables(tmp_path, *asked), _tables(tmp_path, *asked)
    switches = re.findall(r"^\| (24h|20%) \| 0 % \| (\S+) % ", first.stdout, re.MULTILINE)
    # A logistic regression does not depend on its seed.
    assert switches == [("24h", "0.0"), ("20%", "0.0")]
    assert first.stderr.count("fitting") == 4
    assert second.stderr.count("fitting") == 0
    assert second.stdout == first.stdout
