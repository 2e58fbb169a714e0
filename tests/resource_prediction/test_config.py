from __future__ import annotations

import subprocess
import sys

import pytest

from resource_prediction.config import (
    HYPERPARAMETER_CONFIGS,
    MODEL_FAMILIES,
    create_predictor,
    default_parameters,
    families_of,
    hyperparameters,
)
from resource_prediction.errors import ParameterError, UnknownFamilyError


def test_eight_families_have_an_entry_in_both_tables() -> None:
    assert set(MODEL_FAMILIES) == set(HYPERPARAMETER_CONFIGS)
    assert len(families_of("regression")) == 4
    assert len(families_of("classification")) == 4
    assert families_of() == list(MODEL_FAMILIES)


@pytest.mark.parametrize("family", families_of())
def test_every_default_is_inside_its_range(family: str) -> None:
    for entry in hyperparameters(family).values():
        if "choices" in entry:
            assert entry["default"] in entry["choices"]
        else:
            assert entry["min"] <= entry["default"] <= entry["max"]


def test_classification_families_share_the_bins_entry() -> None:
    assert default_parameters("lightgbm_classification")["n_bins"] == 24
    assert "n_bins" not in default_parameters("lightgbm_regression")


def test_a_misspelt_parameter_is_refused() -> None:
    with pytest.raises(ParameterError, match="xgboost_regression: got max_dept; expected some of n_estimators"):
        create_predictor("xgboost_regression", {"max_dept": 3})


def test_an_unknown_family_names_the_known_ones() -> None:
    with pytest.raises(UnknownFamilyError, match="got 'catboost'; expected one of quantile_ensemble_regression"):
        hyperparameters("catboost")


def test_the_tables_import_no_model_library() -> None:
    code = (
        "import sys, resource_prediction.config; "
        "print(sorted({'xgboost', 'lightgbm', 'sklearn', 'treelite'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
