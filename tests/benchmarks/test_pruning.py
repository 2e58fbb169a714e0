"""The benchmark of pruning replays trials as a search would take them."""

from __future__ import annotations

import sys

import pytest

from benchmarks.pruning import Stage, main, replayed
from resource_prediction.search import FoldScore


def trial(*scores: float) -> list[Stage]:
    """A second a fold."""
    folds = [FoldScore(fold, score, (score,) * 4 * (fold + 1)) for fold, score in enumerate(scores)]
    return [Stage(each, 1.0) for each in folds]


def test_cost_is_of_the_folds_that_are_left_and_lost_is_behind_the_best() -> None:
    defaults, bad, late = trial(50.0, 50.0, 50.0), trial(60.0, 60.0, 60.0), trial(60.0, 40.0, 30.0)
    assert replayed([defaults, bad], 0.25, 0.0) == (pytest.approx(4 / 6), 0.0)
    assert replayed([defaults, late], 0.25, 0.0) == (pytest.approx(4 / 6), 20.0)
    assert replayed([defaults, late], 0.0, 0.0) == (1.0, 0.0)


@pytest.mark.slow
def test_the_table_has_a_row_a_family(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    families = ["logistic_regression_classification", "lightgbm_regression"]
    line = ["pruning.py", "--rows", "400", "--days", "6", "--trials", "3", "--families", *families]
    monkeypatch.setattr(sys, "argv", line)
    assert main() == 0
    rows = [row.split(" | ") for row in capsys.readouterr().out.splitlines()[-2:]]
    assert [row[0].strip("| ") for row in rows] == families
    assert all(0 < float(row[1].rstrip(" %")) <= 100 for row in rows)
