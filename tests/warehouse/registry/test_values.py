"""Times sort as texts, and JSON holds no NaN."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.errors import StoreError
from warehouse.registry.values import json_text, parse_time, time_text

INSTANTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
SAFE_INSTANTS = INSTANTS.filter(lambda value: 1 < value.year < 9999)


@given(SAFE_INSTANTS)
def test_an_instant_comes_back_as_it_was(value: datetime) -> None:
    assert parse_time(time_text(value)) == value
    assert parse_time(time_text(value)).tzinfo == UTC


@given(SAFE_INSTANTS, SAFE_INSTANTS)
def test_texts_sort_as_instants_do(one: datetime, other: datetime) -> None:
    assert (time_text(one) < time_text(other)) == (one < other)


def test_a_pandas_time_is_an_instant_and_a_missing_one_is_refused() -> None:
    assert time_text(pd.Timestamp("2026-01-05T02:00:00")) == "2026-01-05T02:00:00.000000+00:00"
    with pytest.raises(StoreError, match="got NaT; expected an instant"):
        time_text(pd.NaT)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_json_does_not_have_is_refused_by_name(value: object) -> None:
    with pytest.raises(StoreError, match="metrics: got"):
        json_text("metrics", {"score": value})
