"""Waste is what was asked for above the peak, by group, largest first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resource_prediction.outcomes import read_outcomes
from resource_prediction.waste import waste_by

GIB, MIB_OF_GIB = 1024**3, 1024


def jobs(*rows: tuple[str | None, str, float, float]) -> pd.DataFrame:
    """Rows of component, status, peak and request in GiB."""
    component, status, peak_gib, request_gib = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "time": pd.date_range("2025-04-01", periods=len(rows), freq="min"),
            "component": list(component),
            "buildProfile": "gcc",
            "ts_status": list(status),
            "max_rss": np.array(peak_gib) * GIB,
            "memreq": np.array(request_gib) * MIB_OF_GIB,
            "is_twin": False,
        }
    )


def waste(rows: pd.DataFrame) -> list[dict[str, object]]:
    """The table by component and by a column that is not there."""
    return waste_by(rows, read_outcomes(rows, 0), ["component", "team"]).to_dict("records")


def test_requests_above_peaks_are_summed_by_group_and_sorted() -> None:
    found = waste(jobs(("core", "ok", 40, 100), ("web", "ok", 10, 200), ("core", "ok", 99, 100)))
    assert [each["component"] for each in found] == ["web", "core"]
    assert found[0] == {
        "component": "web", "jobs": 1, "unused_gib": 190.0, "unused_pct": 95.0, "pressed_pct": 0.0, "killed": 0
    }  # fmt: skip
    assert found[1]["unused_gib"] == pytest.approx(61.0)
    assert found[1]["unused_pct"] == pytest.approx(30.5)
    assert found[1]["pressed_pct"] == 50.0


def test_a_killed_job_wastes_nothing_and_is_counted() -> None:
    (found,) = waste(jobs(("core", "oom", 100, 100), ("core", "ok", 50, 100)))
    assert (found["killed"], found["jobs"], found["unused_gib"]) == (1, 2, 50.0)


def test_jobs_without_a_request_or_a_final_peak_are_left_out() -> None:
    rows = jobs(("core", "running", 10, 100), ("core", "ok", 10, float("nan")), (None, "ok", 10, 20))
    assert [(each["component"], each["jobs"]) for each in waste(rows)] == [("(none)", 1)]


def test_nothing_to_count_is_an_empty_table_with_its_columns() -> None:
    rows = jobs(("core", "running", 10, 100))
    table = waste_by(rows, read_outcomes(rows, 0), ["component"])
    assert table.empty
    assert list(table.columns) == ["component", "jobs", "unused_gib", "unused_pct", "pressed_pct", "killed"]
