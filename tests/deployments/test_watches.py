"""What each automation waits for, and what it does then."""

from __future__ import annotations

from uuid import UUID

import pytest
from prefect.client.schemas.objects import StateType
from prefect.events.schemas.automations import AutomationCore

from deployments.watches import (
    FAILED_NIGHT,
    LATE_NIGHT,
    NAMES,
    NEW_CHAMPION_EVENTS,
    OLD_CHAMPION,
    ZOMBIE_RUN,
    Limits,
    all_automations,
)
from flows.retrain import BAD_INPUT, STATE_NAMES

BLOCK = UUID("00000000-0000-0000-0000-000000000007")


def automations(notify: UUID | None = None) -> dict[str, AutomationCore]:
    made = all_automations(Limits(champion_days=7, late_minutes=15, notify=notify))
    return {automation.name: automation for automation in made}


def expects(name: str, event: str) -> bool:
    """As the server matches: equal, or by a wildcard at the end."""
    expected = automations()[name].trigger.expect
    return any(event == each or (each.endswith("*") and event.startswith(each[:-1])) for each in expected)


def test_the_four_have_their_names() -> None:
    assert tuple(automations()) == NAMES


@pytest.mark.parametrize("state", ["Failed", BAD_INPUT, "Crashed", "TimedOut"])
def test_every_failed_state_is_a_failed_night(state: str) -> None:
    assert expects(FAILED_NIGHT, f"prefect.flow-run.{state}")


@pytest.mark.parametrize("state", [*STATE_NAMES.values(), "Cancelled"])
def test_a_verdict_or_a_cancelled_overlap_is_no_failed_night(state: str) -> None:
    assert not expects(FAILED_NIGHT, f"prefect.flow-run.{state}")


@pytest.mark.parametrize("state", [*STATE_NAMES.values(), BAD_INPUT, "Failed", "Crashed", "Cancelled", "heartbeat"])
def test_a_run_that_reached_any_state_is_no_zombie(state: str) -> None:
    assert expects(ZOMBIE_RUN, f"prefect.flow-run.{state}")


def test_a_zombie_is_crashed_with_or_without_a_message() -> None:
    for notify in (None, BLOCK):
        first = automations(notify)[ZOMBIE_RUN].actions[0]
        assert (first.type, first.state) == ("change-flow-run-state", StateType.CRASHED)


def test_limits_reach_the_triggers() -> None:
    made = automations()
    assert made[OLD_CHAMPION].trigger.within.days == 7
    assert made[LATE_NIGHT].trigger.within.total_seconds() == 900
    assert made[OLD_CHAMPION].trigger.expect == NEW_CHAMPION_EVENTS
    assert made[OLD_CHAMPION].trigger.after == NEW_CHAMPION_EVENTS | {"champion.kept"}


def test_a_notification_block_is_told_by_all_four() -> None:
    assert all(automation.actions[-1].type == "send-notification" for automation in automations(BLOCK).values())
    assert all(automation.actions[-1].type != "send-notification" for automation in automations().values())
