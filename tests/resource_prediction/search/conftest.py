"""The quick family in the table of families, and rows to search on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from resource_prediction.config import HYPERPARAMETER_CONFIGS, MODEL_FAMILIES
from resource_prediction.training import TrainingSet
from tests.resource_prediction.fits import HOUR_US, cut, submitted_us
from tests.resource_prediction.search.searches import FAMILY, SPACE, TypicalPeak


@pytest.fixture(autouse=True)
def quick_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family that is fitted in no time."""
    entry: Any = {"type": "regression", "base_model": "a user's", "class": lambda: TypicalPeak}
    monkeypatch.setitem(MODEL_FAMILIES, FAMILY, entry)
    monkeypatch.setitem(HYPERPARAMETER_CONFIGS, FAMILY, SPACE)


@pytest.fixture(scope="session")
def data(make_rows_once: Callable[..., pd.DataFrame]) -> TrainingSet:
    rows = make_rows_once(300, seed=31)
    return cut(rows, int(submitted_us(rows)[-1]) + 2 * HOUR_US)
