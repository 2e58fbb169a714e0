"""The gate's memory between nights: its nominations, and the rows it has seen of a recipe. Not here: its rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from resource_prediction.errors import NominationConflictError
from resource_prediction.evidence import iso_time
from resource_prediction.gate.verdict import ClosedNomination, Nomination, RecipeId
from warehouse.registry.values import json_text, parse_json, parse_optional_time, parse_time, time_text


@dataclass(frozen=True)
class RecordedNomination:
    """A nomination as it was stored.

    Attributes:
        nomination: What the gate opened.
        opened_at: When.
        closed_at: When it ended; None while it is open.
        outcome: Why it ended, such as ``promoted``; None while it is open.
        numbers: What it ended on; empty while it is open.
    """

    nomination: Nomination
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    numbers: Mapping[str, Any]


class Nominations:
    """The nominations of one registry; at most one is open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def current(self) -> Nomination | None:
        """The open nomination, as the gate takes it, or None."""
        return _read_open(self._connection)

    def history(self) -> list[RecordedNomination]:
        """Every nomination, oldest first."""
        return [
            RecordedNomination(
                nomination=_nomination(row),
                opened_at=parse_time(row["opened_at"]),
                closed_at=parse_optional_time(row["closed_at"]),
                outcome=row["outcome"],
                numbers=parse_json(row["numbers"]),
            )
            for row in self._connection.execute("SELECT * FROM nominations ORDER BY number")
        ]


class SeenRows:
    """Until when a search or an earlier verdict has looked at rows: those are no evidence for that recipe."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def until(self) -> dict[str, str]:
        """For each recipe with seen rows the ISO time that they end at, as the gate takes it."""
        return dict(map(tuple, self._connection.execute("SELECT recipe, until FROM seen ORDER BY recipe")))


def close_nomination(connection: sqlite3.Connection, closed: ClosedNomination, *, at: datetime) -> None:
    """Store how the open nomination ended, inside the caller's transaction.

    Raises:
        NominationConflictError: It is not the open one.
    """
    _check_open(connection, closed.nomination)
    numbers = {name: value for name, value in asdict(closed).items() if name not in ("nomination", "outcome")}
    connection.execute(
        "UPDATE nominations SET closed_at = ?, outcome = ?, numbers = ? WHERE closed_at IS NULL",
        (time_text(at), closed.outcome, json_text("numbers", numbers)),
    )


def open_nomination(connection: sqlite3.Connection, nomination: Nomination, *, at: datetime) -> None:
    """Store a nomination that a verdict opened, inside the caller's transaction.

    Raises:
        NominationConflictError: Another one is open.
    """
    _check_open(connection, None)
    connection.execute(
        """
        INSERT INTO nominations (recipe, family, champion, since, gain, opened_at, numbers)
        VALUES (?, ?, ?, ?, ?, ?, '{}')
        """,
        (
            nomination.recipe.digest,
            nomination.recipe.family,
            nomination.champion,
            nomination.since,
            nomination.gain,
            time_text(at),
        ),
    )


def mark_seen(connection: sqlite3.Connection, seen: Mapping[str, str]) -> None:
    """Record until when rows were seen, inside the caller's transaction; an earlier time than before changes nothing.

    Args:
        connection: The registry's.
        seen: RecipeId digest to ISO time in UTC without a zone, as in the gate's verdicts.
    """
    connection.executemany(
        "INSERT INTO seen VALUES (?, ?) ON CONFLICT (recipe) DO UPDATE SET until = max(until, excluded.until)",
        # In one spelling, so that texts sort as times do.
        [(recipe, iso_time(until)) for recipe, until in seen.items()],
    )


def _read_open(connection: sqlite3.Connection) -> Nomination | None:
    row = connection.execute("SELECT * FROM nominations WHERE closed_at IS NULL").fetchone()
    return None if row is None else _nomination(row)


def _check_open(connection: sqlite3.Connection, expected: Nomination | None) -> None:
    found = _read_open(connection)
    if found != expected:
        raise NominationConflictError(_words(expected), _words(found))


def _words(nomination: Nomination | None) -> str:
    return "none open" if nomination is None else f"{nomination.recipe.family}, open since {nomination.since}"


def _nomination(row: sqlite3.Row) -> Nomination:
    return Nomination(
        recipe=RecipeId(digest=row["recipe"], family=row["family"]),
        champion=row["champion"],
        since=row["since"],
        gain=row["gain"],
    )
