"""Events: sent once the thing has happened, about a resource that stays the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prefect.events.schemas.events import Event
from prefect.exceptions import PrefectException

from tasks.events import announce_quarantine, announce_verdict
from tests.resource_prediction.summary.runs import result
from warehouse.layout import Layout
from warehouse.store import open_store

COUNTS = {"read": 9, "accepted": 6, "updated": 0, "known": 0, "twins": 0, "quarantined": 3}


class Sent(list[dict[str, Any]]):
    """Stands in for Prefect."""

    takes_it = True

    def emit(self, event: str, *, resource: dict[str, str], payload: dict[str, Any]) -> Event | None:
        self.append({"event": event, "resource": resource, "payload": payload})
        return Event(event=event, resource=resource, payload=payload) if self.takes_it else None  # type: ignore[arg-type]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    sent = Sent()
    monkeypatch.setattr("tasks.events.emit_event", sent.emit)
    return sent


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store")


@pytest.mark.parametrize("verdict", ["first", "promoted", "refreshed", "kept"])
def test_what_became_of_the_champion_is_an_event_with_version_score_and_reason(
    sent: Sent, store: str, verdict: str
) -> None:
    assert announce_verdict(result(verdict=verdict, applied=verdict != "kept", store=store)) == []
    (event,) = sent
    assert event["event"] == f"champion.{verdict}"
    payload = event["payload"]
    assert (payload["version"], payload["family"], payload["score"]) == ("0001-a", "xgboost_regression", 71.25)
    assert (payload["rows"], payload["new_rows"]) == (300, 1_493)
    assert payload["reason"] == result()["reason"]


@pytest.mark.parametrize(
    ("verdict", "applied"), [("first", False), ("promoted", False), ("refreshed", False), ("evaluated", False)]
)
def test_what_has_not_happened_is_no_event(sent: Sent, store: str, verdict: str, applied: bool) -> None:
    assert announce_verdict(result(verdict=verdict, applied=applied, store=store)) == []
    assert sent == []


def test_kept_without_a_champion_has_no_version(sent: Sent, store: str) -> None:
    announce_verdict(result(verdict="kept", applied=False, champion=None, store=store))
    assert sent[0]["payload"]["version"] is None


def test_quarantined_rows_are_an_event_and_a_clean_run_is_none(sent: Sent, store: str) -> None:
    assert announce_quarantine(store, "run-1", {**COUNTS, "quarantined": 0}) == []
    assert sent == []
    assert announce_quarantine(store, "run-1", COUNTS) == []
    assert sent[0]["event"] == "telemetry.quarantined"
    assert sent[0]["payload"] == {"run_id": "run-1", "rows": 3, "rows_read": 9, "store": store}


def test_every_event_of_a_store_is_about_the_same_resource(sent: Sent, store: str) -> None:
    announce_quarantine(store, "run-1", COUNTS)
    announce_verdict(result(store=store))
    ids = {event["resource"]["prefect.resource.id"] for event in sent}
    assert ids == {f"resource-prediction.store.{open_store(Layout(Path(store))).id}"}


def test_an_event_that_prefect_does_not_take_is_noted_and_fails_nothing(
    sent: Sent, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent.takes_it = False
    assert announce_verdict(result(store=store)) == ["champion.first: Prefect did not take it"]

    def refuse(*_: object, **__: object) -> None:
        raise PrefectException("too large")

    monkeypatch.setattr("tasks.events.emit_event", refuse)
    assert announce_verdict(result(store=store)) == ["champion.first: PrefectException: too large"]
