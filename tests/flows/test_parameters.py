"""The parameters of a run, as a deployment checks them: bounds, families, durations."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from flows.parameters import RetrainParameters
from resource_prediction.config import families_of
from warehouse.nightly_savings import PRICE_PARAMETERS


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"holdout": "0%"}, "hold-out: got '0%'"),
        ({"holdout": "120%"}, "hold-out: got '120%'"),
        ({"holdout": "-1"}, "hold-out: got '-1'"),
        ({"train_window": "0d"}, "train window: got 0d; expected a duration above 0"),
        ({"train_window": "long"}, "duration: got 'long'"),
        ({"label_delay": "-1h"}, "duration: got '-1h'"),
        ({"model_families": ("nope",)}, "model family: got 'nope'; expected one of quantile_ensemble_regression"),
        (
            {"model_families": ("xgboost_classification",), "task_type": "regression"},
            "expected at least one family of that type",
        ),
        ({"demo_rows": 499}, "greater than or equal to 500"),
        ({"demo_days": 0}, "greater than 0"),
        ({"demo_days": float("nan")}, "less than or equal to 3650"),
        ({"timeout": "0"}, "timeout: got 0; expected a time above 0"),
        ({"timeout": "soon"}, "duration: got 'soon'"),
        ({"trials": 0}, "greater than or equal to 1"),
        ({"workers": 0}, "greater than or equal to 1"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"seed": 2**31}, "less than 2147483648"),
        ({"under_cost": 0}, "greater than 0"),
        ({"under_cost": float("nan")}, "1000"),
        ({"job_hours": 0}, "greater than 0"),
        ({"job_hours": float("nan")}, "less than or equal to 8760"),
        ({"usd_per_gib_hour": -0.1}, "greater than 0"),
        ({"usd_per_gib_hour": float("inf")}, "less than or equal to 1000"),
        ({"source": ()}, "at least 1"),
        ({"from_date": "2025-04-27", "until_date": "2025-04-27"}, "got from 2025-04-27 until 2025-04-27; expected a f"),
        ({"from_date": "yesterday"}, "valid date"),
        ({"ingest_retries": 21}, "less than or equal to 20"),
        ({"ingest_retry_seconds": -1}, "greater than or equal to 0"),
        ({"mode": "guess"}, "'train', 'search' or 'evaluate'"),
        ({"headroom_pct": -1}, "greater than or equal to 0"),
        ({"headroom_pct": 100.5}, "less than or equal to 100"),
        ({"headroom_pct": float("nan")}, "100"),
        ({"headroom": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RetrainParameters(**values)
    assert said in str(caught.value)


def test_families_come_once_and_in_the_order_of_the_table() -> None:
    asked = RetrainParameters(model_families=("xgboost_classification", "xgboost_regression", "xgboost_classification"))
    assert asked.families == ("xgboost_regression", "xgboost_classification")
    assert RetrainParameters().families == tuple(families_of())


def test_a_task_type_leaves_out_the_named_families_of_the_other() -> None:
    asked = RetrainParameters(model_families=("xgboost_regression", "xgboost_classification"), task_type="regression")
    assert asked.families == ("xgboost_regression",)


def test_a_run_can_be_read_back_from_what_the_registry_keeps_of_it() -> None:
    asked = RetrainParameters(
        source=("a.csv",), from_date=date(2025, 4, 26), holdout="24h", train_window="30d", workers=2
    )
    assert RetrainParameters(**asked.model_dump(mode="json")) == asked


def test_parameters_do_not_change_under_a_run() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        RetrainParameters().seed = 7


def test_the_form_in_the_ui_explains_every_parameter_and_knows_its_bounds() -> None:
    fields = RetrainParameters.model_json_schema()["properties"]
    assert [name for name, field in fields.items() if "description" not in field] == []
    assert (fields["demo_rows"]["minimum"], fields["demo_rows"]["maximum"]) == (500, 50_000_000)
    assert (fields["under_cost"]["exclusiveMinimum"], fields["under_cost"]["maximum"]) == (0, 1_000)


def test_the_price_that_was_asked_for_is_in_what_a_run_records() -> None:
    recorded = RetrainParameters(job_hours=0.5, usd_per_gib_hour=0.01).model_dump(mode="json")
    assert [recorded[name] for name in PRICE_PARAMETERS] == [0.5, 0.01]
