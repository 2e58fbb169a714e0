"""What `observe` lets into a model's history, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resource_prediction.errors import MissingColumnError, TelemetryError
from resource_prediction.features.matrix import FEATURES
from resource_prediction.models import DeployableModel
from tests.resource_prediction.fits import fit_at, submitted_us

GIB = 1024**3
JOB: dict[str, Any] = {
    "atom_id": "a",
    "time": "2026-03-02T05:00:00",
    "buildProfile": "new-profile",
    "component": "core",
    "max_rss": 3 * GIB,
    "memreq": 20_000,
    "ts_status": "ok",
}
NEXT = {**JOB, "atom_id": "next", "time": "2026-03-02T08:00:00"}


@pytest.fixture(scope="session")
def fitted(make_rows_once: Callable[..., pd.DataFrame]) -> Callable[[], DeployableModel]:
    """Makes models with an untouched history that ends at 4 o'clock on 2 March 2026."""
    rows = make_rows_once(240, seed=11)
    rows["time"] = (pd.Timestamp("2026-03-02") + pd.to_timedelta(np.arange(240), unit="min")).astype("datetime64[us]")
    model = fit_at(rows.assign(is_twin=False), int(submitted_us(rows)[-1]) + 60_000_000)

    def fresh() -> DeployableModel:
        state = type(model.state).from_arrays(model.state.to_arrays())
        return DeployableModel(model.predictor, model.encoder, state, model.recipe, model.facts)

    return fresh


@pytest.fixture
def model(fitted: Callable[[], DeployableModel]) -> DeployableModel:
    return fitted()


def last_gib(model: DeployableModel, row: dict[str, Any] = NEXT) -> float:
    """The last peak that the model knows of the row's profile, GiB."""
    return float(model.features([row])["profile_last_gib"].iloc[0])


def jobs_known(model: DeployableModel, row: dict[str, Any] = NEXT) -> int:
    """How many finished jobs the model knows of the row's profile."""
    return round(float(np.expm1(np.nan_to_num(model.features([row])["profile_log_count"].iloc[0]))))


def test_a_finished_job_is_history_for_the_next_one(model: DeployableModel) -> None:
    assert np.isnan(last_gib(model))
    assert model.observe([JOB]) == 1
    assert last_gib(model) == 3.0
    assert (
        model.observe(pd.DataFrame([{**JOB, "atom_id": "b", "time": "2026-03-02T06:00:00", "max_rss": 5 * GIB}])) == 1
    )
    assert last_gib(model) == 5.0
    assert jobs_known(model) == 2


def test_jobs_may_come_in_any_order_at_once(fitted: Callable[[], DeployableModel]) -> None:
    jobs = [
        {**JOB, "atom_id": f"j{n}", "time": f"2026-03-02T05:{n:02d}:00", "max_rss": (n + 1) * GIB} for n in range(9)
    ]
    features = []
    for order in (jobs, jobs[::-1]):
        model = fitted()
        assert model.observe(order) == 9
        features.append(model.features([NEXT]).to_numpy().tobytes())
    assert features[0] == features[1]


def test_a_job_is_not_seen_before_its_peak_was_known(model: DeployableModel) -> None:
    model.observe([{**JOB, "finished_at": "2026-03-02T07:00:00"}])
    assert np.isnan(last_gib(model, {**NEXT, "time": "2026-03-02T07:00:00"}))
    assert last_gib(model, {**NEXT, "time": "2026-03-02T07:00:00.000001"}) == 3.0


def test_without_an_end_a_peak_is_known_after_the_label_delay(model: DeployableModel) -> None:
    model.observe([JOB])
    assert np.isnan(last_gib(model, {**NEXT, "time": "2026-03-02T06:00:00"}))
    assert last_gib(model, {**NEXT, "time": "2026-03-02T06:00:01"}) == 3.0


@pytest.mark.parametrize("status", ["running", "error", "canceled", "oom"])
def test_a_job_without_a_final_peak_is_left_out(model: DeployableModel, status: str) -> None:
    assert model.observe([{**JOB, "ts_status": status}]) == 0
    assert jobs_known(model) == 0


def test_a_job_without_a_peak_is_left_out(model: DeployableModel) -> None:
    assert model.observe([{**JOB, "max_rss": None}, {**JOB, "atom_id": "b", "max_rss": 0}]) == 0


def test_a_job_counts_once_however_often_it_is_observed(model: DeployableModel) -> None:
    assert model.observe([JOB, JOB]) == 1
    assert model.observe([JOB]) == 0
    assert jobs_known(model) == 1


def test_a_twin_under_another_id_and_branch_is_left_out(model: DeployableModel) -> None:
    twin = {**JOB, "atom_id": "twin", "branch": "branch_2"}
    assert model.observe([JOB, twin]) == 1
    assert model.observe([{**twin, "atom_id": "another"}]) == 0
    assert jobs_known(model) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"time": pd.Timestamp("2026-03-02T05:00:00")},
        {"time": "2026-03-02 05:00:00+00:00"},
        {"max_rss": 3.0 * GIB},
        {"memreq": "20000"},
        {"location": None},
        {"location": float("nan")},
        {"location": ""},
    ],
)
def test_a_twin_is_known_in_whatever_form_its_values_come(model: DeployableModel, form: dict[str, Any]) -> None:
    assert model.observe([JOB]) == 1
    assert model.observe([{**JOB, "atom_id": "twin", **form}]) == 0


def test_a_job_that_was_running_counts_when_it_has_ended(model: DeployableModel) -> None:
    assert model.observe([{**JOB, "ts_status": "running", "max_rss": GIB}]) == 0
    assert model.observe([JOB]) == 1
    assert model.observe([JOB]) == 0
    assert last_gib(model) == 3.0


def test_a_job_that_ended_with_the_peak_it_had_while_running_is_no_twin_of_itself(model: DeployableModel) -> None:
    assert model.observe([{**JOB, "ts_status": "running"}]) == 0
    assert model.observe([JOB]) == 1


@pytest.mark.parametrize("nothing", [None, float("nan"), ""])
def test_jobs_without_an_id_of_their_own_are_told_apart_by_what_they_are(
    model: DeployableModel, nothing: object
) -> None:
    jobs = pd.DataFrame([{**JOB, "atom_id": nothing}, {**JOB, "atom_id": nothing, "max_rss": 4 * GIB}])
    assert model.observe(jobs) == 2
    assert model.observe(jobs.drop(columns="atom_id")) == 0
    assert model.observe(jobs.assign(branch="a twin")) == 0


def test_a_job_known_before_the_model_was_fitted_is_left_out(model: DeployableModel) -> None:
    assert model.observe([{**JOB, "time": "2026-03-02T02:59:00"}]) == 0
    assert model.observe([{**JOB, "atom_id": "b", "time": "2026-03-02T03:01:00"}]) == 1


def test_nothing_is_observed_in_no_rows(model: DeployableModel) -> None:
    assert model.observe([]) == 0
    assert model.observe(pd.DataFrame()) == 0


def test_rows_without_a_peak_column_are_an_error(model: DeployableModel) -> None:
    with pytest.raises(MissingColumnError, match="column 'max_rss'"):
        model.observe([{name: value for name, value in JOB.items() if name != "max_rss"}])


@pytest.mark.parametrize(
    ("column", "value"), [("max_rss", "big"), ("max_rss", -1), ("time", "late"), ("finished_at", "tomorrow")]
)
def test_a_wrong_type_is_an_error_that_names_the_column_and_changes_nothing(
    model: DeployableModel, column: str, value: object
) -> None:
    with pytest.raises(TelemetryError, match=f"column '{column}'"):
        model.observe([{**JOB, column: value}])
    assert model.observe([JOB]) == 1


def test_rows_older_than_the_state_get_no_history_and_one_line_with_their_number(
    model: DeployableModel, caplog: pytest.LogCaptureFixture
) -> None:
    known = {"time": "2026-03-02T03:00:00", "buildProfile": "arm", "component": "core"}
    later = {**known, "time": "2026-03-02T08:00:00"}
    optional = {"location": "north", "branch": "main", "makeType": "opt", "targets": "all"}
    numbers = {"jobs": 500, "localJobs": 36, "memreq": 200_000}
    old = model.features([{**row, **optional, **numbers} for row in (known, known, later)])
    history = [name for name in FEATURES if name.startswith("profile_")]
    assert old[history].iloc[:2].isna().all(axis=None)
    assert old["profile_last_gib"].notna().iloc[2]
    lines = [record.getMessage() for record in caplog.records if "older than a history state" in record.getMessage()]
    assert lines == ["2 of 3 rows are older than a history state of this model and get no history from it"]


def test_observing_moves_nothing_on_disk_and_changes_no_other_model(fitted: Callable[[], DeployableModel]) -> None:
    one, other = fitted(), fitted()
    one.observe([JOB])
    assert jobs_known(one) == 1
    assert jobs_known(other) == 0
