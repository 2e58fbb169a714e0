"""Stores that runs have filled, and the dashboard on them without a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.recipe import Recipe
from tasks.features import build_features, cut_training_set
from tasks.fit import FitOrder, Fitted, fit_judged
from tasks.ingest import generate_demo, ingest_telemetry
from tasks.report import FamilyOutcome
from tasks.run import begin_run, end_run
from warehouse.layout import Layout

ROOT = Path(__file__).parents[2]
FAMILIES = ("logistic_regression_classification", "extra_trees_regression", "quantile_ensemble_regression")
HOUR_US = 3_600_000_000
QUICK: dict[str, dict[str, Any]] = {
    "logistic_regression_classification": {"max_iter": 400, "n_bins": 12},
    "lightgbm_classification": {"n_estimators": 5, "num_leaves": 4, "n_bins": 12},
    "quantile_ensemble_regression": {"n_estimators": 10, "max_depth": 2},
}
Open = Callable[[Path], AppTest]


def train(store: Path, *arguments: str) -> None:
    """A run of the main job, as users start it."""
    subprocess.run(
        [sys.executable, "flows/train.py", "--store", str(store), "--quiet", "--model-families", *FAMILIES, *arguments],
        cwd=ROOT,
        env={**os.environ, "PREFECT_HOME": str(store.parent / "prefect")},
        check=True,
        timeout=300,
    )


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit makes the page that it runs the main module, which processes begun by spawn would run again."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic farm with its first champion; read only."""
    store = tmp_path_factory.mktemp("demo") / "store"
    train(store, "--demo-rows", "900", "--demo-days", "6")
    return store


@pytest.fixture(scope="session")
def two_nights(demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same jobs as telemetry of one's own that came in on two nights, a line of them broken; read only."""
    folder = tmp_path_factory.mktemp("own")
    (export,) = (demo_store / "demo").glob("*.csv")
    lines = export.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, part in enumerate([lines[1:700], [*lines[700:], "no;job\n"]]):
        source = folder / f"night{number}.csv"
        source.write_text(lines[0] + "".join(part), encoding="utf-8")
        train(folder / "store", "--source", str(source))
    return folder / "store"


@pytest.fixture
def copied(two_nights: Path, tmp_path: Path) -> Path:
    """A copy of the store of two nights, to be damaged."""
    store = tmp_path / "store"
    shutil.copytree(two_nights, store, symlinks=True)
    return store


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the dashboard on a store."""

    def open_on(store: Path) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["app.py", "--store", str(store)])
        return AppTest.from_file(ROOT / "app" / "app.py", default_timeout=120).run()

    return open_on


@pytest.fixture(scope="session")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; tests take `layout`, a copy."""
    store = str(tmp_path_factory.mktemp("one_night") / "store")
    run_id = begin_run(store, {"families": list(QUICK)})
    ingest_telemetry.fn(store, [generate_demo.fn(store, 900, 6.0)], {"kind": "demo", "rows": 900, "days": 6.0})
    features = build_features.fn(store, HOUR_US, 1, reuse=False)
    cut = cut_training_set.fn(store, features, "judged", holdout="20%", train_window_us=None)
    families = []
    for family, changes in QUICK.items():
        recipe = Recipe(family, default_parameters(family) | changes, AllocationRule(), HOUR_US)
        fitted = fit_judged.fn(FitOrder(store, run_id, recipe.values, features, cut, seed=1, under_cost=5.0))
        assert isinstance(fitted, Fitted)
        families.append(FamilyOutcome(family, fitted).values)
    end_run(store, run_id, "done", {"run_id": run_id, "families": families})
    return Path(store)


@pytest.fixture
def layout(one_night: Path, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(one_night, tmp_path / "store", symlinks=True)))


@pytest.fixture
def open_page(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page as a browser would, on the copy or on another store; values of widgets by key may be given."""
    st.cache_data.clear()
    st.cache_resource.clear()

    def opened(page: str, store: Path = layout.store, **typed: object) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["app.py", "--store", str(store)])
        dashboard = AppTest.from_file(ROOT / "app" / "app.py", default_timeout=120)
        for key, value in typed.items():
            dashboard.session_state[key] = value
        return dashboard.switch_page(page).run()

    return opened


def texts(app: AppTest) -> str:
    """All that a page says in words."""
    kinds = (app.title, app.subheader, app.caption, app.markdown, app.info, app.warning, app.error, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def table(app: AppTest, place: int) -> pd.DataFrame:
    """A table of a page, in the order in which they are shown."""
    frame: pd.DataFrame = app.dataframe[place].value
    return frame
