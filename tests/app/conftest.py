"""Stores that real runs have filled, and the dashboard on them without a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
FAMILIES = ("logistic_regression_classification", "extra_trees_regression", "quantile_ensemble_regression")
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


def texts(app: AppTest) -> str:
    """All that a page says in words."""
    kinds = (app.title, app.subheader, app.caption, app.markdown, app.info, app.warning, app.error, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def table(app: AppTest, place: int) -> pd.DataFrame:
    """A table of a page, in the order in which they are shown."""
    frame: pd.DataFrame = app.dataframe[place].value
    return frame
