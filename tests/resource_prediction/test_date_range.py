"""Days that are asked for: which are legal, and how they are said."""

from __future__ import annotations

from datetime import date

import pytest

from resource_prediction.date_range import EVERYTHING, DateRange
from resource_prediction.errors import DateRangeError

MONDAY, TUESDAY = date(2025, 4, 28), date(2025, 4, 29)


@pytest.mark.parametrize("until", [MONDAY, date(2025, 4, 27)])
def test_a_range_without_a_day_is_refused(until: date) -> None:
    with pytest.raises(DateRangeError, match=f"got from 2025-04-28 until {until}; expected a first day that is earl"):
        DateRange(MONDAY, until)


def test_a_range_says_its_days() -> None:
    assert str(DateRange(MONDAY, TUESDAY)) == "from 2025-04-28 until 2025-04-29"
    assert str(DateRange(MONDAY)) == "from 2025-04-28"
    assert str(DateRange(until=TUESDAY)) == "until 2025-04-29"


def test_only_a_range_without_bounds_is_everything() -> None:
    assert EVERYTHING.is_everything
    assert not DateRange(MONDAY).is_everything
    assert not DateRange(until=MONDAY).is_everything
