"""The automations that watch the nights on Prefect's server, as values. Not here: shipping them (automations.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events import ResourceSpecification
from prefect.events.actions import ActionTypes, ChangeFlowRunState, DoNothing, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from deployments.nightly import NAME
from flows.retrain import BAD_INPUT, retrain

FAILED_NIGHT = "resource-prediction: a night failed"
LATE_NIGHT = "resource-prediction: a night did not start"
ZOMBIE_RUN = "resource-prediction: a run went silent"
OLD_CHAMPION = "resource-prediction: the champion is old"
NAMES = (FAILED_NIGHT, LATE_NIGHT, ZOMBIE_RUN, OLD_CHAMPION)

NEW_CHAMPION_EVENTS = {"champion.first", "champion.refreshed", "champion.promoted"}

ZOMBIE_SECONDS = 90
"""Three heartbeats: a busy machine may miss one."""

RUNS = ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"})
OF_RETRAIN = ResourceSpecification({"prefect.resource.role": "flow", "prefect.resource.name": retrain.name})
OF_NIGHTLY = ResourceSpecification({"prefect.resource.role": "deployment", "prefect.resource.name": NAME})
"""Runs that somebody typed fail before somebody's eyes."""
EACH_RUN = {"prefect.resource.id"}

_RUN_BODY = "{{ flow_run.name }} is {{ flow_run.state.name }}: {{ flow_run.state.message }}\n{{ flow_run|ui_url }}"


@dataclass(frozen=True)
class Limits:
    """When the automations fire, and whom they tell.

    Attributes:
        champion_days: Days without a new champion.
        late_minutes: Minutes between the time of a run and its start.
        notify: Id of a notification block; None where the event in Prefect's feed is enough.
    """

    champion_days: float
    late_minutes: float
    notify: UUID | None = None


def all_automations(limits: Limits) -> list[AutomationCore]:
    """The four automations, in the order of NAMES."""
    return [_failed_night(limits), _late_night(limits), _zombie_run(limits), _old_champion(limits)]


def _failed_night(limits: Limits) -> AutomationCore:
    # Prefect names the event of a state after the state.
    failed = {f"prefect.flow-run.{name}" for name in ("Failed", BAD_INPUT, "Crashed", "TimedOut")}
    trigger = EventTrigger(
        expect=failed, match=RUNS, match_related=OF_NIGHTLY, for_each=EACH_RUN, posture=Posture.Reactive, threshold=1
    )
    return AutomationCore(
        name=FAILED_NIGHT,
        description="A run of the nightly job failed or crashed. The champion serves on. docs/runbook.md",
        trigger=trigger,
        actions=_tell(limits, "A night failed", _RUN_BODY),
    )


def _late_night(limits: Limits) -> AutomationCore:
    trigger = EventTrigger(
        after={"prefect.flow-run.Late"},
        # Whatever happens to it is a start, or an end by somebody's hand.
        expect={"prefect.flow-run.*"},
        match=RUNS,
        match_related=OF_NIGHTLY,
        for_each=EACH_RUN,
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(minutes=limits.late_minutes),
    )
    return AutomationCore(
        name=LATE_NIGHT,
        description="A run was due and nothing took it: is a worker up? docs/runbook.md",
        trigger=trigger,
        actions=_tell(limits, "A night did not start", _RUN_BODY),
    )


def _zombie_run(limits: Limits) -> AutomationCore:
    trigger = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        # A named end state has an event of its own name, so that a list of the usual ones would crash finished runs.
        expect={"prefect.flow-run.*"},
        match=RUNS,
        match_related=OF_RETRAIN,
        for_each=EACH_RUN,
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(seconds=ZOMBIE_SECONDS),
    )
    silent = f"No sign of life for {ZOMBIE_SECONDS} seconds: the process that ran it is gone."
    actions: list[ActionTypes] = [ChangeFlowRunState(name=None, state=StateType.CRASHED, message=silent, force=False)]
    return AutomationCore(
        name=ZOMBIE_RUN,
        description="The process and its worker died, so that nobody could report it. docs/runbook.md",
        trigger=trigger,
        actions=actions + (_tell(limits, "A run went silent", _RUN_BODY) if limits.notify else []),
    )


def _old_champion(limits: Limits) -> AutomationCore:
    trigger = EventTrigger(
        # `kept` arms it where nothing is armed: after a firing, and where it was shipped or changed since.
        after=NEW_CHAMPION_EVENTS | {"champion.kept"},
        expect=NEW_CHAMPION_EVENTS,
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(days=limits.champion_days),
    )
    body = f"{{{{ event.resource.name }}}}: no new champion for {limits.champion_days:g} days."
    return AutomationCore(
        name=OLD_CHAMPION,
        description=f"No new champion in a store for {limits.champion_days:g} days. docs/runbook.md",
        trigger=trigger,
        actions=_tell(limits, "The champion is old", body),
    )


def _tell(limits: Limits, subject: str, body: str) -> list[ActionTypes]:
    if limits.notify is None:
        # Firing is an event in Prefect's feed, and that is all.
        return [DoNothing()]
    return [SendNotification(block_document_id=limits.notify, subject=subject, body=body)]
