"""The fit behind the champion is scored on tonight's hold-out only where it has seen none of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from resource_prediction.recipe import Recipe
from tasks.features import cut_training_set
from tasks.fit import Fitted, fit_judged
from tasks.older_fit import score_older_fit
from tests.tasks.conftest import FAMILY, Prepared
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.registry import Champion, Scores

HOLDOUTS = ("10%", "20%", "30%")


@pytest.fixture(scope="module")
def nights(filled: Prepared, tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, dict[str, Fitted]]:
    """One recipe, fitted before three hold-outs."""
    store = str(shutil.copytree(filled.store, tmp_path_factory.mktemp("older") / "store"))
    prepared = replace(filled, store=store)
    fits = {}
    for holdout in HOLDOUTS:
        cut = cut_training_set.fn(store, prepared.features, "judged", holdout=holdout, train_window_us=None)
        fits[holdout] = fit_judged.fn(replace(prepared.order(max_iter=5, n_bins=12), cut=cut))
    return prepared, fits


def _champion(fitted: Fitted) -> Champion:
    recipe = Recipe.of(fitted.recipe)
    return Champion(
        family=FAMILY,
        task_type="classification",
        recipe=recipe.digest,
        recipe_values=recipe.values,
        judged_digest=fitted.digest,
        served_digest=fitted.digest,
        trained_until=datetime(2025, 1, 1),  # noqa: DTZ001 - as the registry has it
        rows=1,
        scores=Scores(1.0, 1.0, 1.0, 1.0),
        run_id="run-1",
        revision=1,
        version="v1",
        promoted_at=datetime(2025, 1, 1),  # noqa: DTZ001
    )


def test_both_fits_are_scored_on_the_jobs_of_tonight(nights: tuple[Prepared, dict[str, Fitted]]) -> None:
    prepared, fits = nights
    score = score_older_fit(prepared.store, prepared.features, _champion(fits["30%"]), (fits["20%"],), 5.0)
    assert score is not None
    assert score.rows == fits["20%"].metrics["rows"]
    assert score.score not in (fits["20%"].metrics["score"], fits["30%"].metrics["score"])


def test_an_older_fit_on_its_own_hold_out_has_the_score_that_it_had_then(
    nights: tuple[Prepared, dict[str, Fitted]],
) -> None:
    prepared, fits = nights
    champion = replace(_champion(fits["20%"]), judged_digest=fits["20%"].digest)
    tonight = replace(fits["20%"], digest="another fit of the same cut-off")
    score = score_older_fit(prepared.store, prepared.features, champion, (tonight,), 5.0)
    assert score is not None
    assert score.score == pytest.approx(fits["20%"].metrics["score"])


def test_a_fit_that_has_seen_some_of_the_hold_out_is_no_measure(nights: tuple[Prepared, dict[str, Fitted]]) -> None:
    prepared, fits = nights
    assert score_older_fit(prepared.store, prepared.features, _champion(fits["10%"]), (fits["20%"],), 5.0) is None


def test_there_is_nothing_to_compare_without_champion_or_its_recipe_or_another_fit(
    nights: tuple[Prepared, dict[str, Fitted]],
) -> None:
    prepared, fits = nights
    champion, tonight = _champion(fits["30%"]), fits["20%"]
    assert score_older_fit(prepared.store, prepared.features, None, (tonight,), 5.0) is None
    assert score_older_fit(prepared.store, prepared.features, champion, (), 5.0) is None
    assert score_older_fit(prepared.store, prepared.features, _champion(tonight), (tonight,), 5.0) is None


def test_an_older_fit_that_is_damaged_is_told_and_stops_no_night(
    nights: tuple[Prepared, dict[str, Fitted]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prepared, fits = nights
    store = str(shutil.copytree(prepared.store, tmp_path / "store", symlinks=True))
    shutil.rmtree(artifact_path(Layout(Path(store)), fits["30%"].digest))
    assert score_older_fit(store, prepared.features, _champion(fits["30%"]), (fits["20%"],), 5.0) is None
    assert f"the older fit of {FAMILY} cannot be scored" in caplog.text
