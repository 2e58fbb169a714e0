"""A finished fit is taken over only while its artifact is whole."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from resource_prediction.errors import ArtifactError
from resource_prediction.models.artifact import write_manifest
from warehouse.artifacts import artifact_path, store_artifact
from warehouse.layout import Layout
from warehouse.registry import Fit, Registry, Role


@pytest.fixture
def fit(store_model: Callable[[str], str], at: datetime) -> Callable[..., Fit]:
    """Builds a fit of a stored artifact, finished some minutes into the night."""

    def build(key: str = "k", *, role: Role = "judged", family: str = "xgboost_regression", minute: int = 0) -> Fit:
        return Fit(
            key=key,
            digest=store_model(f"{key} {role}"),
            family=family,
            task_type="regression",
            role=role,
            recipe="recipe",
            recipe_values={"parameters": {"max_depth": 4}},
            metrics={"score": 80.7, "live_score": None},
            fit_seconds=1.5,
            run_id="run-1",
            finished_at=at + timedelta(minutes=minute),
        )

    return build


def test_a_finished_fit_is_found_by_its_key_as_it_was_recorded(registry: Registry, fit: Callable[..., Fit]) -> None:
    recorded = fit("k")
    registry.fits.record(recorded)
    assert registry.fits.find("k") == recorded
    assert registry.fits.find("another") is None


def test_a_fit_with_a_changed_artifact_is_not_taken_over_and_the_log_says_why(
    registry: Registry, layout: Layout, fit: Callable[..., Fit], caplog: pytest.LogCaptureFixture
) -> None:
    recorded = fit("k")
    registry.fits.record(recorded)
    (artifact_path(layout, recorded.digest) / "model.txt").write_text("K judged", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert registry.fits.find("k") is None
    assert "model.txt: changed" in caplog.text


def test_a_fit_by_another_library_version_is_not_taken_over(
    registry: Registry, layout: Layout, fit: Callable[..., Fit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(folder: Path) -> None:
        (folder / "model.txt").write_text("old", encoding="utf-8")
        write_manifest(folder, libraries={"xgboost": "3.2.0"})

    installed = {"xgboost": "3.2.1"}
    monkeypatch.setattr("resource_prediction.models.artifact.version", lambda library: installed[library])
    recorded = Fit(**{**vars(fit("k")), "digest": store_artifact(layout, save)})
    registry.fits.record(recorded)
    assert registry.fits.find("k") == recorded
    installed["xgboost"] = "3.3.0"
    assert registry.fits.find("k") is None


def test_a_fit_without_an_artifact_is_not_recorded(registry: Registry, fit: Callable[..., Fit]) -> None:
    with pytest.raises(ArtifactError, match=r"got no manifest\.json"):
        registry.fits.record(Fit(**{**vars(fit("k")), "digest": "0" * 64}))
    assert registry.fits.families() == []


def test_fitting_a_key_again_replaces_its_fit(registry: Registry, fit: Callable[..., Fit]) -> None:
    registry.fits.record(fit("k"))
    again = fit("k", minute=5)
    registry.fits.record(again)
    assert registry.fits.find("k") == again


def test_a_familys_link_names_its_newest_fit(registry: Registry, layout: Layout, fit: Callable[..., Fit]) -> None:
    judged, served = fit("a"), fit("b", role="served", minute=1)
    other = fit("c", family="lightgbm_regression", minute=2)
    for recorded in (served, other, judged):
        registry.fits.record(recorded)
    link = layout.family_link("xgboost_regression")
    assert link.resolve() == artifact_path(layout, served.digest).resolve()
    assert layout.family_link("lightgbm_regression").resolve().name == other.digest


def test_the_newest_fit_can_be_asked_for_by_role(registry: Registry, fit: Callable[..., Fit]) -> None:
    old, new, served = fit("a"), fit("b", minute=1), fit("c", role="served", minute=1)
    for recorded in (old, served, new):
        registry.fits.record(recorded)
    assert registry.fits.newest("xgboost_regression") == served
    assert registry.fits.newest("xgboost_regression", "judged") == new
    assert registry.fits.newest("lightgbm_regression") is None


def test_a_recipe_id_leads_to_its_values(registry: Registry, fit: Callable[..., Fit]) -> None:
    registry.fits.record(fit("a"))
    found = registry.fits.of_recipe("recipe")
    assert found is not None
    assert found.recipe_values == {"parameters": {"max_depth": 4}}
    assert registry.fits.of_recipe("unknown") is None
