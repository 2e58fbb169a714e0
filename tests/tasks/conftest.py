"""A small synthetic store that the tasks' bodies have filled, without flow or server."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.recipe import Recipe
from tasks.features import Cut, Features, build_features, cut_training_set
from tasks.fit import FitOrder
from tasks.ingest import Ingested, generate_demo, ingest_telemetry

HOUR_US = 3_600_000_000
TELEMETRY: dict[str, Any] = {"kind": "demo", "rows": 900, "days": 6.0}
FAMILY = "logistic_regression_classification"


@dataclass(frozen=True)
class Prepared:
    """A store and what was made in it.

    Attributes:
        store: Its folder.
        ingested: What came in.
        features: Of all rows.
        cut: The training set before the newest fifth.
    """

    store: str
    ingested: Ingested
    features: Features
    cut: Cut

    def order(
        self, family: str = FAMILY, run_id: str = "run-1", seed: int = 1, under_cost: float = 5.0, **parameters: Any
    ) -> FitOrder:
        """An order to fit a family with its defaults, changed by the parameters."""
        settings = {**default_parameters(family), **parameters}
        recipe = Recipe(family, settings, AllocationRule(), self.features.label_delay_us)
        return FitOrder(self.store, run_id, recipe.values, self.features, self.cut, seed=seed, under_cost=under_cost)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Made once; tests take `prepared`, a copy."""
    store = str(tmp_path_factory.mktemp("filled") / "store")
    path = generate_demo.fn(store, 900, 6.0)
    ingested = ingest_telemetry.fn(store, [path], TELEMETRY)
    features = build_features.fn(store, HOUR_US, 1, reuse=False)
    cut = cut_training_set.fn(store, features, "judged", holdout="20%", train_window_us=None)
    return Prepared(store, ingested, features, cut)


@pytest.fixture
def prepared(filled: Prepared, tmp_path: Path) -> Prepared:
    store = str(tmp_path / "store")
    shutil.copytree(filled.store, store)
    return Prepared(store, filled.ingested, filled.features, filled.cut)
