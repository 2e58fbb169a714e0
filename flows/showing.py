"""A run on its way into the Prefect UI: events, picture, table, verdict; none may fail it. Not here: what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture

from flows.night import Night
from resource_prediction.summary.aside import Aside
from tasks.events import announce_verdict
from tasks.features import Features
from tasks.holdout_report import NightReport, report_holdout
from tasks.picture import Picture, draw_allocations
from tasks.ui import show_run
from warehouse.registry import Champion


@dataclass(frozen=True)
class Meanwhile:
    """What is made of the hold-out beside the fit that is to serve, on its way."""

    picture: PrefectFuture[Picture]
    report: PrefectFuture[NightReport]


def draw_meanwhile(night: Night, features: Features, serving: str | None) -> Meanwhile | None:
    """Begin to draw what the judged fit of a recipe allocates, and to report what it offers.

    Args:
        night: The run.
        features: Of all rows.
        serving: Id of the recipe; None where nobody will serve: then it is the best family's.
    """
    told = night.report.told_of(serving)
    if told is None:
        return None
    return Meanwhile(
        draw_allocations.submit(night.store, features, told),
        report_holdout.submit(night.store, night.report.run_id, features, told),
    )


def show_night(night: Night, result: dict[str, Any], champion: Champion | None, meanwhile: Meanwhile | None) -> Aside:
    """Send the verdict's event, and show the run; returns what is told beside its result.

    The verdict is carried out by now, so nothing here may fail the run: a task that fails stays failed in the UI with
    its traceback, and the run's record says what was not shown.

    Args:
        night: The run.
        result: Its JSON object.
        champion: Who serves now.
        meanwhile: What is made of the hold-out; None for nothing.
    """
    report = night.report
    aside = report.aside(champion)
    report.not_shown += announce_verdict(result)
    drawn: Picture | None = None
    told: NightReport | None = None
    if meanwhile is not None:
        meanwhile.picture.wait()
        meanwhile.report.wait()
        drawn = _value(night, meanwhile.picture.state, "picture")
        told = _value(night, meanwhile.report.state, "report of the hold-out")
    report.not_shown += _value(night, show_run(result, aside, drawn, told, return_state=True), "run") or []
    return aside


def _value(night: Night, state: State[Any], what: str) -> Any:  # noqa: ANN401 - whatever the task returns
    if state.is_completed():
        return state.result()
    note = f"{what}: {state.message or state.name}"
    get_run_logger().warning("not shown in the Prefect UI: %s", note)
    night.report.not_shown.append(note)
    return None
