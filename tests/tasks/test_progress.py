"""A family's bar in the UI: written seldom, silent outside of a run, and never the reason that a family fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tasks.progress import FamilyProgress, tolerated

FAMILY = "xgboost_regression"


class Calls:
    """Stands in for Prefect's calls, and for the clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.error: Exception | None = None
        self.said: list[tuple[str, float, str]] = []

    def create(self, progress: float, *, key: str, description: str) -> UUID:
        if self.error:
            raise self.error
        self.said.append((key, progress, description))
        return uuid4()

    def update(self, _: UUID, progress: float, *, description: str) -> None:
        self.said.append(("update", progress, description))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    calls = Calls()
    monkeypatch.setattr("tasks.progress.create_progress_artifact", calls.create)
    monkeypatch.setattr("tasks.progress.update_progress_artifact", calls.update)
    return calls


@pytest.fixture
def in_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.progress.TaskRunContext.get", object)


def progress_of(calls: Calls) -> FamilyProgress:
    return FamilyProgress("search", FAMILY, clock=lambda: calls.now)


@pytest.mark.usefixtures("in_a_task")
def test_a_bar_is_written_at_most_every_2_seconds_and_at_its_end(calls: Calls) -> None:
    progress = progress_of(calls)
    for seconds, percent in ((0.0, 0), (0.5, 10), (1.9, 20), (2.0, 30), (3.9, 40), (4.0, 50), (4.1, 100)):
        calls.now = 100.0 + seconds
        progress.tell(percent, f"at {percent}")
    assert [percent for _, percent, _ in calls.said] == [0, 30, 50, 100]
    assert calls.said[0] == ("search-xgboost-regression", 0, "at 0")
    assert {name for name, _, _ in calls.said[1:]} == {"update"}


@pytest.mark.usefixtures("in_a_task")
def test_a_bar_that_cannot_be_written_is_noted_once_and_not_tried_again(
    calls: Calls, caplog: pytest.LogCaptureFixture
) -> None:
    calls.error = httpx.ConnectError("nobody listens")
    progress = progress_of(calls)
    with caplog.at_level(logging.WARNING, logger="tasks.progress"):
        progress.tell(0, "begin")
        calls.error = None
        progress.tell(100, "end")
    assert progress.not_shown == ["search-xgboost-regression: ConnectError: nobody listens"]
    assert calls.said == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_outside_of_a_task_run_nothing_is_written(calls: Calls) -> None:
    progress_of(calls).tell(100, "end")
    assert calls.said == []


def test_an_error_that_prefect_does_not_raise_is_a_defect_and_goes_on_up() -> None:
    not_shown: list[str] = []
    with pytest.raises(KeyError, match="a defect"), tolerated("verdict", not_shown):
        raise KeyError("a defect")
    assert not_shown == []


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), OSError(28, "No space left on device")])
def test_what_could_not_be_shown_is_noted_with_the_reason(error: Any) -> None:
    not_shown: list[str] = []
    with tolerated("verdict", not_shown):
        raise error
    assert not_shown == [f"verdict: {type(error).__name__}: {error}"]
