"""Durations are what people write, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.durations import parse_duration_us, parse_seconds
from resource_prediction.errors import DurationError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1_800), ("24h", 86_400), ("1.5h", 5_400), ("2 d", 172_800), ("1w", 604_800), ("0", 0)],
)
def test_a_number_with_a_unit_is_that_long(text: str, seconds: int) -> None:
    assert parse_duration_us(text) == seconds * 1_000_000


@pytest.mark.parametrize("text", ["", "h", "24", "-1h", "1h30m", "nan h", "1e3s", "24 hours", "1h\n1"])
def test_any_other_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(DurationError, match="expected a number and a unit, s, m, h, d or w, such as 24h"):
        parse_duration_us(text)


@given(st.integers(0, 10_000), st.sampled_from("smhdw"))
def test_a_unit_more_is_never_shorter(number: int, unit: str) -> None:
    assert parse_duration_us(f"{number}{unit}") <= parse_duration_us(f"{number + 1}{unit}")


@pytest.mark.parametrize(("text", "seconds"), [("600", 600), (" 1.5 ", 1.5), ("10m", 600), ("0", 0)])
def test_a_time_may_be_a_number_of_seconds(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds
