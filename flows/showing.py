"""A run on its way into the Prefect UI: events, picture, table, verdict; none may fail it. Not here: what they say."""

from __future__ import annotations

from typing import Any

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture

from flows.night import Night
from resource_prediction.summary.aside import Aside
from tasks.events import announce_verdict
from tasks.features import Features
from tasks.picture import Picture, draw_allocations
from tasks.ui import show_run
from warehouse.registry import Champion


def draw_meanwhile(night: Night, features: Features, serving: str | None) -> PrefectFuture[Picture] | None:
    """Begin to draw what the judged fit of a recipe allocates, beside the fit that is to serve.

    Args:
        night: The run.
        features: Of all rows.
        serving: Id of the recipe; None where nobody will serve: then it is the best family's.
    """
    told = night.report.told_of(serving)
    return None if told is None else draw_allocations.submit(night.store, features, told)


def show_night(
    night: Night, result: dict[str, Any], champion: Champion | None, picture: PrefectFuture[Picture] | None
) -> Aside:
    """Send the verdict's event, and show the run; returns what is told beside its result.

    The verdict is carried out by now, so nothing here may fail the run: a task that fails stays failed in the UI with
    its traceback, and the run's record says what was not shown.

    Args:
        night: The run.
        result: Its JSON object.
        champion: Who serves now.
        picture: Of the hold-out, on its way; None for none.
    """
    report = night.report
    aside = report.aside(champion)
    report.not_shown += announce_verdict(result)
    drawn: Picture | None = None
    if picture is not None:
        picture.wait()
        drawn = _value(night, picture.state, "picture")
    report.not_shown += _value(night, show_run(result, aside, drawn, return_state=True), "run") or []
    return aside


def _value(night: Night, state: State[Any], what: str) -> Any:  # noqa: ANN401 - whatever the task returns
    if state.is_completed():
        return state.result()
    note = f"{what}: {state.message or state.name}"
    get_run_logger().warning("not shown in the Prefect UI: %s", note)
    night.report.not_shown.append(note)
    return None
