"""Blocks that settle after their night enter the ledger from earlier fits, and each model is loaded once."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from resource_prediction.comparison import pair, recipe_blocks
from resource_prediction.evidence import block_start, complete_until, iso_time
from resource_prediction.models import DeployableModel
from resource_prediction.recipe import Recipe
from tasks.features import cut_training_set
from tasks.fit import fit_judged
from tasks.score import from_us, load_scored_jobs
from tasks.settle import enter_settled_evidence
from tests.tasks.conftest import Prepared
from warehouse.layout import Layout
from warehouse.registry import Registry

CUTS = ("96h", "72h", "60h")
SIX_HOURS = pd.Timedelta(hours=6)


@pytest.fixture(scope="module")
def two_recipes(filled: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Two recipes fitted before each of three cuts, in a store whose ledger is empty."""
    store = str(shutil.copytree(filled.store, tmp_path_factory.mktemp("settled") / "store"))
    prepared = replace(filled, store=store)
    for holdout in CUTS:
        cut = cut_training_set.fn(store, prepared.features, "judged", holdout=holdout, train_window_us=None)
        for c in (1.0, 0.5):
            fit_judged.fn(replace(prepared.order(max_iter=5, n_bins=12, C=c), cut=cut))
    _forget(store)
    return prepared


@pytest.fixture
def settled(two_recipes: Prepared, tmp_path: Path) -> Prepared:
    store = shutil.copytree(two_recipes.store, tmp_path / "settled", symlinks=True)
    return replace(two_recipes, store=str(store))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Artifacts in the order in which they are loaded."""
    loaded: list[str] = []
    load: Callable[[Path], DeployableModel] = DeployableModel.load

    def noted(path: Path) -> DeployableModel:
        loaded.append(path.name)
        return load(path)

    monkeypatch.setattr("tasks.settle.DeployableModel.load", noted)
    return loaded


def _forget(store: str, recipe: str = "%", start: str = "%") -> None:
    with closing(sqlite3.connect(Layout(Path(store)).registry_file)) as editor, editor:
        editor.execute("DELETE FROM evidence WHERE recipe LIKE ? AND block_start LIKE ?", (recipe, start))


def _recipes(settled: Prepared) -> list[str]:
    return [Recipe.of(settled.order(max_iter=5, n_bins=12, C=c).recipe).digest for c in (1.0, 0.5)]


def _ledger(settled: Prepared) -> pd.DataFrame:
    with Registry.read(Layout(Path(settled.store))) as registry:
        return registry.evidence.read()


def _enter(settled: Prepared) -> int:
    return enter_settled_evidence.fn(settled.store, settled.features, _recipes(settled))


def _expected_fits(settled: Prepared) -> dict[str, str]:
    """The newest cut at or before each settled block that has jobs."""
    times = load_scored_jobs(settled.store, settled.features, since_us=0).rows["time"]
    cuts = [
        from_us(
            cut_training_set.fn(settled.store, settled.features, "judged", holdout=h, train_window_us=None).until_us
        )
        for h in CUTS
    ]
    complete = complete_until(times.max(), pd.Timedelta(hours=1).to_pytimedelta())
    starts = [one for one in block_start(times).unique() if min(cuts) <= one and one + SIX_HOURS <= complete]
    return {iso_time(start): iso_time(max(cut for cut in cuts if cut <= start)) for start in starts}


def test_every_settled_block_enters_from_the_newest_fit_that_saw_none_of_it(
    settled: Prepared, loads: list[str]
) -> None:
    entered = _enter(settled)
    ledger = _ledger(settled)
    assert entered == len(ledger) > 0
    expected = _expected_fits(settled)
    assert len(set(expected.values())) == len(CUTS)
    for recipe in _recipes(settled):
        entries = ledger[ledger["recipe"] == recipe]
        assert dict(zip(entries["block_start"], entries["fitted_until"], strict=True)) == expected
    assert len(loads) == len(set(loads)) == 2 * len(CUTS)


def test_recipes_of_the_same_nights_can_be_paired_on_every_block(settled: Prepared) -> None:
    _enter(settled)
    blocks = recipe_blocks(_ledger(settled))
    one, other = _recipes(settled)
    assert pair(blocks[one], blocks[other]).blocks == len(_expected_fits(settled))


def test_where_no_block_is_missing_no_model_is_loaded(settled: Prepared, loads: list[str]) -> None:
    _enter(settled)
    loads.clear()
    assert _enter(settled) == 0
    assert loads == []


def test_one_missing_block_of_one_recipe_loads_one_model_and_comes_back_as_it_was(
    settled: Prepared, loads: list[str]
) -> None:
    _enter(settled)
    before = _ledger(settled)
    _forget(settled.store, recipe=_recipes(settled)[0], start=before["block_start"].iloc[-1])
    missing = len(before) - len(_ledger(settled))
    assert missing > 0
    loads.clear()
    assert _enter(settled) == missing
    assert len(loads) == 1
    pd.testing.assert_frame_equal(_ledger(settled), before)
