"""What became of a job: the rules of finality, cut-off peaks and knowledge, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from resource_prediction.outcomes import Outcomes, read_outcomes

GIB, MIB_PER_GIB = 1024**3, 1024
HOUR_US = 3_600_000_000
NOON = pd.Timestamp("2026-01-01 12:00")
NOON_US = NOON.value // 1000


def outcome(label_delay_us: int = HOUR_US, **row: Any) -> Outcomes:
    """Outcomes of one job that peaked at 4 GiB."""
    return read_outcomes(
        pd.DataFrame([{"time": NOON, "max_rss": 4.0 * GIB, "is_twin": False, **row}]).astype(
            {"time": "datetime64[us]"}
        ),
        label_delay_us,
    )


@pytest.mark.parametrize("status", ["ok", "unstable", None, "", float("nan")])
def test_a_finished_job_and_one_without_a_status_have_a_final_peak(status: object) -> None:
    found = outcome(ts_status=status)
    assert found.is_final.all()
    assert not found.is_censored.any()


@pytest.mark.parametrize("status", ["error", "canceled", "running"])
def test_a_job_that_stopped_early_or_runs_has_none(status: str) -> None:
    found = outcome(ts_status=status, memreq=8 * MIB_PER_GIB)
    assert not found.is_final.any()
    assert not found.is_censored.any()
    assert not found.is_scored.any()


def test_telemetry_without_statuses_is_final_throughout() -> None:
    assert outcome().is_final.all()


@pytest.mark.parametrize(
    ("status", "allocation_gib", "memreq_gib", "is_censored"),
    [
        ("oom", 40.0, 40.0, True),
        ("oom", None, None, True),
        ("error", 4.0, 40.0, True),
        ("error", 4.0 / 0.98, 40.0, True),
        ("error", 4.2, 40.0, False),
        ("error", None, 4.0, True),
        ("error", 40.0, 4.0, False),
        ("error", None, None, False),
        ("canceled", 4.0, 4.0, False),
        ("running", 4.0, 4.0, False),
        ("ok", 4.0, 4.0, False),
    ],
)
def test_a_job_that_its_limit_killed_has_a_cut_off_peak(
    status: str, allocation_gib: float | None, memreq_gib: float | None, is_censored: bool
) -> None:
    limits = {"allocation": allocation_gib, "memreq": memreq_gib}
    found = outcome(
        ts_status=status, **{name: None if gib is None else gib * MIB_PER_GIB for name, gib in limits.items()}
    )
    assert found.is_censored.tolist() == [is_censored]
    assert found.is_scored.tolist() == [is_censored or status == "ok"]
    assert not (found.is_censored & found.is_final).any()


def test_a_cut_off_job_trains_as_its_request_and_never_below_its_peak() -> None:
    assert outcome(ts_status="oom", memreq=16 * MIB_PER_GIB).training_gib.tolist() == [16.0]
    assert outcome(ts_status="oom", memreq=2 * MIB_PER_GIB).training_gib.tolist() == [4.0]
    assert outcome(ts_status="oom").training_gib.tolist() == [4.0]
    assert outcome(ts_status="ok", memreq=16 * MIB_PER_GIB).training_gib.tolist() == [4.0]


@pytest.mark.parametrize("status", ["ok", "oom"])
def test_a_twin_is_neither_trained_on_nor_scored(status: str) -> None:
    assert not outcome(ts_status=status, is_twin=True).is_scored.any()


@pytest.mark.parametrize("max_rss", [0.0, float("nan"), None])
def test_a_job_without_a_peak_is_neither_final_nor_scored(max_rss: float | None) -> None:
    assert not outcome(ts_status="ok", max_rss=max_rss).is_scored.any()


def test_a_peak_is_known_at_the_end_of_its_job_else_after_the_label_delay() -> None:
    assert outcome(finished_at=NOON + pd.Timedelta("5min")).known_us.tolist() == [NOON_US + 300_000_000]
    assert outcome(finished_at=pd.NaT).known_us.tolist() == [NOON_US + HOUR_US]
    assert outcome().known_us.tolist() == [NOON_US + HOUR_US]
    assert outcome(label_delay_us=0).known_us.tolist() == [NOON_US]


def test_units_are_gib() -> None:
    found = outcome(memreq=1.5 * MIB_PER_GIB)
    assert found.peak_gib.tolist() == [4.0]
    assert found.memreq_gib.tolist() == [1.5]
    assert np.isnan(outcome().memreq_gib).all()


def test_a_job_ran_from_its_submission_to_its_end_and_without_an_end_nobody_knows() -> None:
    assert outcome(finished_at=NOON + pd.Timedelta("30min")).run_hours.tolist() == [0.5]
    assert np.isnan([*outcome(finished_at=pd.NaT).run_hours, *outcome().run_hours]).all()


def test_an_end_before_the_submission_is_no_end_so_that_no_job_knows_its_own_peak() -> None:
    found = outcome(finished_at=NOON - pd.Timedelta("5min"))
    assert found.known_us.tolist() == [NOON_US + HOUR_US]
    assert np.isnan(found.run_hours).all()
