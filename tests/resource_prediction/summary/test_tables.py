"""Rows of curve, classes and promises: names, empty cells, rounding."""

from __future__ import annotations

import numpy as np

from resource_prediction.memory_classes import by_memory_class
from resource_prediction.pareto import CurvePoint
from resource_prediction.promised_risk import PromisedRisk
from resource_prediction.summary.tables import class_rows, csv_text, curve_rows, markdown, promise_rows

POINT = CurvePoint(5.0, "Balanced", 2.75, 60.0, 73.75, 12_345.6)


def test_a_curve_as_csv_has_a_named_column_for_each_figure() -> None:
    assert csv_text(curve_rows([POINT])) == (
        "under_cost,preset,under_pct,over_pct,score,gib_saved\n5,Balanced,2.75,60,73.75,12345.6\n"
    )


def test_a_class_without_requests_has_empty_cells_before() -> None:
    rows = class_rows(by_memory_class(np.array([1.0]), np.array([2.0]), np.array([np.nan])))
    head, row, _ = csv_text(rows).splitlines()
    assert head.startswith(
        "allocation,rows,left_out_rows,under_pct_before,over_pct_before,wasted_gib_before,under_pct_after,"
    )
    assert row == "1.5 to 2 GiB,1,0,,,,0,100,1,"


def test_a_promise_says_whether_it_holds() -> None:
    (row,) = promise_rows({"as predicted": [PromisedRisk("all", 100, 5.0, 1.0, 0.2, 3.5, 90.0)]})
    assert (row["promise"], row["promised_pct"], row["seen_pct"], row["holds"]) == ("as predicted", 5.0, 1.0, "no")


def test_people_read_rounded_figures_with_units_in_the_heads() -> None:
    assert markdown(curve_rows([POINT])) == (
        "| under cost | preset | under pct | over pct | score | gib saved |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| 5.0 | Balanced | 2.8 | 60.0 | 73.8 | 12,346 |\n"
    )
    assert markdown([]) == ""
