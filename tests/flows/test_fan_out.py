"""Time for all searches is shared by the rounds in which they run side by side."""

from __future__ import annotations

import time

import pytest

from flows.fan_out import search_ends
from flows.night import Night, fit_runner
from flows.parameters import RetrainParameters
from resource_prediction.summary.aside import Price
from tasks.report import RunReport


def night(**asked: object) -> Night:
    parameters = RetrainParameters(**asked)  # type: ignore[arg-type]
    return Night(parameters, "store", RunReport("run", "store", True, Price()), fit_runner(parameters))


def test_without_a_time_no_search_has_an_end() -> None:
    assert search_ends(night(), 3) == [None, None, None]


def test_each_round_of_searches_gets_as_much_time_and_the_last_ends_with_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    assert search_ends(night(timeout="1m", workers=2), 5) == [1_020, 1_020, 1_040, 1_040, 1_060]
    assert search_ends(night(timeout="60", workers=8), 2) == [1_060, 1_060]
