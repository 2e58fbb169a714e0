"""The benchmark of searches measures what it says: the same trials, pruned or to their end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.search import main


@pytest.mark.slow
def test_the_table_has_a_row_a_family_and_seed_and_the_wall_clock(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    families = ["logistic_regression_classification", "random_forest_classification"]
    line = ["search.py", "--rows", "600", "--days", "6", "--trials", "4", "--seeds", "1", "--families", *families]
    monkeypatch.setattr(sys, "argv", [*line, "--out", str(tmp_path / "study.png")])
    assert main() == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| ") and "_classification" in line]
    assert [row[0].strip("| ") for row in rows] == families
    assert all(float(row[4]) >= float(row[5]) for row in rows), "nothing pruned can be missed by the loop"
    assert lines[-1].startswith("wall clock on")
    assert (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")
