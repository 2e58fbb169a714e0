"""Seconds by stage: they add up, and what is not to count does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flows.stopwatch import Stopwatch
from resource_prediction.errors import FitError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time; tests move it on."""
    now = [100.0]
    monkeypatch.setattr("flows.stopwatch.time.perf_counter", lambda: now[0])
    return now


@pytest.fixture
def watch(clock: list[float]) -> Iterator[Stopwatch]:
    return Stopwatch()


def test_a_stage_is_the_sum_of_its_blocks_and_of_what_was_measured_elsewhere(
    watch: Stopwatch, clock: list[float]
) -> None:
    for _ in range(2):
        with watch.stage("fit"):
            clock[0] += 3
    watch.add("fit", 1.5)
    assert watch.seconds() == {"ingest": 0.0, "features": 0.0, "fit": 7.5, "serve": 0.0, "total": 6.0}


def test_the_demo_farms_generation_is_in_no_second(watch: Stopwatch, clock: list[float]) -> None:
    with watch.excluded():
        clock[0] += 10
    clock[0] += 2
    assert watch.seconds()["total"] == 2.0


def test_a_stage_that_fails_counts_all_the_same(watch: Stopwatch, clock: list[float]) -> None:
    def fail() -> None:
        with watch.stage("serve"):
            clock[0] += 4
            raise FitError("serve", got="no luck", expected="luck", next_step="Try again.")

    with pytest.raises(FitError, match="no luck"):
        fail()
    assert watch.seconds()["serve"] == 4.0
