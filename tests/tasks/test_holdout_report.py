"""The report of a night: of the jobs and the score of its fit, as rows and as files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tasks.fit import Fitted, fit_judged
from tasks.holdout_report import report_holdout
from tests.tasks.conftest import Prepared


def test_classes_and_curve_are_those_of_the_fit_on_its_hold_out_and_lie_as_csv_in_the_runs_folder(
    prepared: Prepared,
) -> None:
    fitted = fit_judged.fn(prepared.order(max_iter=5))
    assert isinstance(fitted, Fitted)
    report = report_holdout.fn(prepared.store, "run-1", prepared.features, fitted)
    rows = fitted.metrics["rows"]
    assert report.about == f"logistic_regression_classification on the {rows} jobs of the hold-out"
    assert report.curve.png.startswith(b"\x89PNG")
    assert report.categories[-1]["rows"] == str(rows)
    assert [Path(name).name for name in report.files] == ["categories.csv", "curve.csv", "calibration.csv"]
    assert {Path(name).parent.name for name in report.files} == {"run-1"}
    categories, curve, calibration = (
        list(csv.DictReader(Path(name).read_text().splitlines())) for name in report.files
    )
    assert float(categories[-1]["gib_saved"]) == pytest.approx(fitted.metrics["gib_saved"], rel=1e-5)
    balanced = next(point for point in curve if point["preset"] == "Balanced")
    assert float(balanced["score"]) == pytest.approx(fitted.metrics["score"], rel=1e-5)
    kinds = {promise["promise"]: int(promise["rows"]) for promise in calibration if promise["segment"] == "all"}
    assert list(kinds) == ["as predicted", "newer half", "newer half, corrected by the older"]
    assert rows / 2 - 1 <= kinds["newer half"] == kinds["newer half, corrected by the older"] <= rows / 2 + 1
    assert float(calibration[0]["seen_pct"]) == pytest.approx(fitted.metrics["under_pct"], rel=1e-5)
