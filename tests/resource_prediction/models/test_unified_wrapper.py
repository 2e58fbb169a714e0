"""DeployableModel as users call it: raw rows in, GiB out, history that moves on, errors that name the column."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resource_prediction.allocation import CAP_RISK, AllocationRule
from resource_prediction.errors import (
    AllocationError,
    ChangedArtifactError,
    FeatureVersionError,
    MissingColumnError,
    TelemetryError,
)
from resource_prediction.features.matrix import FEATURES
from resource_prediction.models import DeployableModel
from resource_prediction.models.artifact import write_manifest
from resource_prediction.risk_correction import RiskCorrection
from resource_prediction.telemetry import SUBMISSION_COLUMNS
from tests.resource_prediction.fits import fit_at, submitted_us

MakeRows = Callable[..., pd.DataFrame]
Raw = list[dict[str, Any]]
LOGGER = "resource_prediction.models.unified_wrapper"


def raw(rows: pd.DataFrame) -> Raw:
    """Rows as a scheduler would hand them over: dicts, times as text, None where there is nothing."""
    frame = rows.drop(columns="is_twin", errors="ignore").astype(object)
    frame["time"] = [stamp.isoformat() for stamp in rows["time"]]
    if "finished_at" in rows:
        frame["finished_at"] = [None if pd.isna(stamp) else stamp.isoformat() for stamp in rows["finished_at"]]
    return frame.where(frame.notna(), None).to_dict("records")


@pytest.fixture(scope="session")
def farm(make_rows_once: MakeRows) -> pd.DataFrame:
    """Rows of which the first 240 lie before the models' cut-off, each in a minute of its own there."""
    rows = make_rows_once(400, seed=11)
    rows["is_twin"] = False
    rows["time"] = pd.Timestamp("2026-03-02") + pd.to_timedelta(np.arange(400), unit="min")
    return rows.astype({"time": "datetime64[us]"})


CUT = 240


@pytest.fixture(scope="session")
def saved(farm: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's artifact, fitted on what was known before row 240 came in."""
    folder = tmp_path_factory.mktemp("artifact")
    fit_at(farm, int(submitted_us(farm)[CUT])).save(folder)
    return folder


@pytest.fixture
def model(saved: Path) -> DeployableModel:
    return DeployableModel.load(saved)


@pytest.fixture
def later(farm: pd.DataFrame) -> pd.DataFrame:
    """What is known of the rows after the cut-off when they are submitted."""
    return farm.loc[CUT:, [name for name in SUBMISSION_COLUMNS if name in farm]]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_frame_a_list_of_dicts_and_single_dicts_get_the_same_gib(model: DeployableModel, later: pd.DataFrame) -> None:
    gib = model.predict(later)
    assert gib.shape == (160,)
    assert gib.dtype == np.float64
    assert (gib > 0).all()
    np.testing.assert_array_equal(model.predict(raw(later)), gib)
    alone = np.concatenate([model.predict([row]) for row in raw(later)[:20]])
    np.testing.assert_allclose(alone, gib[:20], rtol=1e-12)


def test_order_of_columns_and_index_do_not_matter(model: DeployableModel, later: pd.DataFrame) -> None:
    turned = later[later.columns[::-1]].set_axis([f"row {place}" for place in range(len(later))], axis=0)
    np.testing.assert_array_equal(model.predict(turned), model.predict(later))


def test_columns_that_are_not_known_at_submission_are_not_looked_at(
    model: DeployableModel, later: pd.DataFrame
) -> None:
    told = later.assign(max_rss=1.0, max_cache="?", memory_fail_count=-1, ts_status="nonsense", finished_at="never")
    np.testing.assert_array_equal(model.predict(told), model.predict(later))


def test_no_rows_get_no_gib(model: DeployableModel, later: pd.DataFrame) -> None:
    assert model.predict([]).shape == (0,)
    assert model.predict(later.iloc[:0]).shape == (0,)
    assert model.predict_quantiles([], [0.5, 0.9]).shape == (0, 2)


def test_a_higher_penalty_never_lowers_an_allocation(model: DeployableModel, later: pd.DataFrame) -> None:
    steps = np.stack([model.predict(later, under_cost=cost) for cost in (1, 5, 20, 100)])
    assert (np.diff(steps, axis=0) >= 0).all()
    assert steps[-1].sum() > steps[0].sum()
    np.testing.assert_array_equal(model.predict(later), steps[1])
    with pytest.raises(AllocationError, match="under_cost: got 0; expected a finite number above 0"):
        model.predict(later, under_cost=0)


def test_quantiles_rise_with_their_level(model: DeployableModel, later: pd.DataFrame) -> None:
    quantiles = model.predict_quantiles(later, [0.1, 0.5, 0.9, 0.99])
    assert quantiles.shape == (160, 4)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles > 0).all()


def test_no_allocation_exceeds_what_requests_ever_allowed(model: DeployableModel, later: pd.DataFrame) -> None:
    small = later.assign(memreq=512.0)
    assert (model.predict(small, under_cost=100) <= 0.5 * model.facts.cap_ratio).all()


@pytest.mark.parametrize("column", [name for name in SUBMISSION_COLUMNS if name not in ("time", "buildProfile")])
def test_a_missing_optional_column_is_legal(model: DeployableModel, later: pd.DataFrame, column: str) -> None:
    assert np.isfinite(model.predict(later.drop(columns=column, errors="ignore"))).all()


@pytest.mark.parametrize(
    "column", ["location", "branch", "makeType", "targets", "component", "jobs", "localJobs", "memreq"]
)
def test_a_missing_optional_column_is_logged_once(
    model: DeployableModel, later: pd.DataFrame, caplog: pytest.LogCaptureFixture, column: str
) -> None:
    for rows in (later.drop(columns=column), raw(later.assign(**{column: None}))[:3], later.drop(columns=column)):
        model.predict(rows)
    assert len(said(caplog)) == 1
    assert column in said(caplog)[0]


def test_the_required_columns_alone_get_an_allocation(model: DeployableModel) -> None:
    gib = model.predict([{"time": "2026-03-03T10:00:00Z", "buildProfile": "x86-gcc-opt"}])
    assert gib.shape == (1,)
    assert gib[0] > 0


def test_an_unseen_value_is_legal_and_logged_once(
    model: DeployableModel, later: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    unseen = later.assign(component="brand new", branch="branch_99")
    assert np.isfinite(model.predict(unseen)).all()
    model.predict(unseen)
    assert [line for line in said(caplog) if "brand new" in line] == said(caplog)
    assert len(said(caplog)) == 1


def test_known_values_are_not_worth_a_line(
    model: DeployableModel, later: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    model.predict(later)
    assert not said(caplog)


@pytest.mark.parametrize("column", ["time", "buildProfile"])
def test_a_missing_required_column_is_an_error_that_names_it(
    model: DeployableModel, later: pd.DataFrame, column: str
) -> None:
    with pytest.raises(MissingColumnError, match=f"column '{column}': got columns .*expected a column named") as caught:
        model.predict(later.drop(columns=column))
    assert caught.value.column == column
    with pytest.raises(MissingColumnError, match=f"column '{column}'"):
        model.predict([{name: value for name, value in row.items() if name != column} for row in raw(later)[:2]])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time", "yesterday"),
        ("time", 1_700_000_000),
        ("time", None),
        ("buildProfile", 7),
        ("buildProfile", None),
        ("buildProfile", ""),
        ("component", 3.5),
        ("jobs", "many"),
        ("jobs", -1),
        ("memreq", float("inf")),
    ],
)
@pytest.mark.parametrize("count", [1, 100])
def test_a_wrong_type_is_an_error_that_names_the_column(
    model: DeployableModel, later: pd.DataFrame, column: str, value: object, count: int
) -> None:
    rows = raw(later)[:count]
    rows[0] = {**rows[0], column: value}
    with pytest.raises(TelemetryError, match=f"column '{column}': got .*expected .*Mend the value"):
        model.predict(rows)


def test_what_a_model_is_can_be_asked(model: DeployableModel, farm: pd.DataFrame, saved: Path) -> None:
    info = model.get_model_info()
    assert list(info) == [
        "model_type",
        "task_type",
        "family",
        "version",
        "trained_until",
        "rows",
        "score",
        "features",
    ]
    assert (info["task_type"], info["family"]) == ("classification", "logistic_regression_classification")
    assert info["trained_until"] == f"{farm['time'][CUT].isoformat()}+00:00"
    assert 100 < info["rows"] <= CUT - 60
    assert info["score"] is None
    assert info["features"] == list(FEATURES)
    assert len(info["version"]) == 8


def test_a_loaded_artifact_predicts_what_was_saved(farm: pd.DataFrame, later: pd.DataFrame, tmp_path: Path) -> None:
    fitted = fit_at(farm, int(submitted_us(farm)[CUT]))
    digest = fitted.save(tmp_path / "model")
    loaded = DeployableModel.load(str(tmp_path / "model"))
    assert loaded.digest == digest
    np.testing.assert_array_equal(loaded.predict(later), fitted.predict(later))
    np.testing.assert_array_equal(loaded.predict_quantiles(later, [0.9]), fitted.predict_quantiles(later, [0.9]))
    assert loaded.save(tmp_path / "again") == digest


def test_a_changed_byte_in_any_file_is_refused_by_name(saved: Path, tmp_path: Path) -> None:
    files = [path.relative_to(saved) for path in saved.rglob("*") if path.is_file() and path.name != "manifest.json"]
    assert {path.as_posix() for path in files} >= {"model.json", "encoder.json", "history.npz"}
    for number, name in enumerate(files):
        copy = tmp_path / str(number)
        for path in saved.rglob("*"):
            if path.is_file():
                (copy / path.relative_to(saved)).parent.mkdir(parents=True, exist_ok=True)
                (copy / path.relative_to(saved)).write_bytes(path.read_bytes())
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(bytes(content))
        with pytest.raises(ChangedArtifactError, match=f"{name.name}: changed"):
            DeployableModel.load(copy)


def test_an_artifact_of_another_feature_version_is_refused(
    model: DeployableModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.save(tmp_path / "old")
    monkeypatch.setattr("resource_prediction.models.unified_wrapper.FEATURE_VERSION", "next")
    with pytest.raises(FeatureVersionError, match="expected those of version next"):
        DeployableModel.load(tmp_path / "old")


def test_allocations_for_several_penalties_are_those_of_each_alone(saved: Path, farm: pd.DataFrame) -> None:
    model, rows = DeployableModel.load(saved), farm[CUT:]
    penalties = (2.0, "Balanced", "Tiny Under-allocation")
    allocation_gib, risk = model.predict_with_risk(rows, penalties)
    for column, penalty in enumerate((2.0, 5.0, 20.0)):
        np.testing.assert_array_equal(allocation_gib[:, column], model.predict(rows, under_cost=penalty))
        np.testing.assert_array_equal(allocation_gib[:, column], model.predict(rows, under_cost=penalties[column]))
    assert (np.diff(risk, axis=1) <= 1e-9).all()
    assert ((risk >= 0) & (risk <= 1)).all()


def test_a_correction_of_risks_is_saved_with_the_model_and_an_artifact_without_one_has_none(
    saved: Path, farm: pd.DataFrame, tmp_path: Path
) -> None:
    learned = RiskCorrection(offset=0.25, slope=0.9, segments={"component_1": -0.5}, jobs=80)
    model = replace(DeployableModel.load(saved), risk_correction=learned)
    model.save(tmp_path / "new")
    again = DeployableModel.load(tmp_path / "new")
    assert again.risk_correction == learned
    np.testing.assert_array_equal(again.predict(farm[CUT:]), DeployableModel.load(saved).predict(farm[CUT:]))
    (tmp_path / "new" / "risk.json").unlink()
    write_manifest(tmp_path / "new", libraries=model.predictor.library_versions())
    assert DeployableModel.load(tmp_path / "new").risk_correction == RiskCorrection()


def test_a_job_at_its_cap_is_promised_the_risk_of_the_cap_whatever_was_learned(saved: Path, farm: pd.DataFrame) -> None:
    pessimist = replace(DeployableModel.load(saved), risk_correction=RiskCorrection(offset=5.0, jobs=80))
    tight = farm[CUT:].assign(memreq=1)
    _, risk = pessimist.predict_with_risk(tight, [5.0])
    assert (risk <= CAP_RISK).all()
    _, risk = pessimist.predict_with_risk(tight.assign(memreq=np.nan), [5.0])
    assert (risk > CAP_RISK).all()


def test_a_preset_that_is_none_is_refused_by_name(saved: Path, farm: pd.DataFrame) -> None:
    with pytest.raises(AllocationError, match="preset: got 'Huge'; expected one of Balanced"):
        DeployableModel.load(saved).predict(farm[CUT:], under_cost="Huge")


def test_headroom_of_the_recipe_is_added_to_what_the_model_allocates(saved: Path, farm: pd.DataFrame) -> None:
    model, rows = DeployableModel.load(saved), farm[CUT:].assign(memreq=np.nan)
    generous = replace(model, recipe=replace(model.recipe, rule=AllocationRule(headroom_pct=10.0)))
    np.testing.assert_allclose(generous.predict(rows), 1.1 * model.predict(rows))
    assert generous.recipe.digest != model.recipe.digest
