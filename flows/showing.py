"""A run on its way into the Prefect UI: events, picture, table, verdict; none may fail it. Not here: what they say."""

from __future__ import annotations

from typing import Any

from prefect import get_run_logger
from prefect.client.schemas.objects import State

from flows.night import Night
from resource_prediction.summary.aside import Aside
from tasks.events import announce_verdict
from tasks.features import Features
from tasks.picture import Picture, draw_allocations
from tasks.ui import show_run
from warehouse.registry import Champion


def show_night(night: Night, result: dict[str, Any], champion: Champion | None, drawn: Features | None) -> Aside:
    """Send the verdict's event, and show the run; returns what is told beside its result.

    The verdict is carried out by now, so nothing here may fail the run: a task that fails stays failed in the UI with
    its traceback, and the run's record says what was not shown.

    Args:
        night: The run.
        result: Its JSON object.
        champion: Who serves now.
        drawn: Features of the rows that the picture is of; None for no picture.
    """
    report = night.report
    aside, told = report.aside(champion), report.told_of(champion)
    report.not_shown += announce_verdict(result)
    picture: Picture | None = None
    if drawn is not None and told is not None:
        picture = _value(night, draw_allocations(night.store, drawn, told, return_state=True), "picture")
    report.not_shown += _value(night, show_run(result, aside, picture, return_state=True), "run") or []
    return aside


def _value(night: Night, state: State[Any], what: str) -> Any:  # noqa: ANN401 - whatever the task returns
    if state.is_completed():
        return state.result()
    note = f"{what}: {state.message or state.name}"
    get_run_logger().warning("not shown in the Prefect UI: %s", note)
    night.report.not_shown.append(note)
    return None
