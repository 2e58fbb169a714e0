"""Nominations of a challenger, and which rows a recipe's choice has already seen. Not here: the rules (the gate)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from resource_prediction.errors import StoreError
from warehouse.registry.connection import write
from warehouse.registry.values import json_text, parse_json, parse_optional_time, parse_time, time_text


@dataclass(frozen=True)
class Nomination:
    """A challenger that waits for its confirmation.

    Attributes:
        number: 1, 2, 3 in the order of opening.
        recipe: Id of the nominated recipe.
        opened_at: When it was nominated.
        from_time: Only rows at or after this instant may confirm it.
        closed_at: When it ended; None while it is open.
        outcome: How it ended, such as ``promoted``; None while it is open.
        numbers: What it was nominated on and, once closed, what ended it.
    """

    number: int
    recipe: str
    opened_at: datetime
    from_time: datetime
    closed_at: datetime | None
    outcome: str | None
    numbers: Mapping[str, Any]


class Nominations:
    """The nominations of one registry; at most one is open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def current(self) -> Nomination | None:
        """The open nomination, or None."""
        row = self._connection.execute("SELECT * FROM nominations WHERE closed_at IS NULL").fetchone()
        return None if row is None else _nomination(row)

    def history(self) -> list[Nomination]:
        """Every nomination, oldest first."""
        return [_nomination(row) for row in self._connection.execute("SELECT * FROM nominations ORDER BY number")]

    def open(self, recipe: str, *, from_time: datetime, numbers: Mapping[str, object], at: datetime) -> None:
        """Nominate a recipe.

        Raises:
            StoreError: Another nomination is open.
        """
        with write(self._connection):
            if current := self.current():
                raise StoreError(
                    "nomination",
                    got=f"an open one of {current.recipe}",
                    expected="at most one open nomination",
                    next_step="Close it before another recipe is nominated.",
                )
            self._connection.execute(
                "INSERT INTO nominations (recipe, opened_at, from_time, numbers) VALUES (?, ?, ?, ?)",
                (recipe, time_text(at), time_text(from_time), json_text("numbers", numbers)),
            )

    def close(self, outcome: str, *, numbers: Mapping[str, object], at: datetime) -> None:
        """End the open nomination; the numbers are added to those of its opening.

        Raises:
            StoreError: None is open.
        """
        with write(self._connection):
            current = self.current()
            if current is None:
                raise StoreError(
                    "nomination",
                    got="none open",
                    expected="an open nomination",
                    next_step="Close a nomination once, after opening it.",
                )
            self._connection.execute(
                "UPDATE nominations SET closed_at = ?, outcome = ?, numbers = ? WHERE number = ?",
                (time_text(at), outcome, json_text("numbers", {**current.numbers, **numbers}), current.number),
            )


class SeenRows:
    """Until when a search or an earlier verdict of a recipe has looked at rows: those are no evidence for it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def mark(self, recipe: str, until: datetime) -> None:
        """Record that rows before an instant were seen; an earlier instant than the recorded one changes nothing."""
        with write(self._connection):
            self._connection.execute(
                "INSERT INTO seen VALUES (?, ?) ON CONFLICT (recipe) DO UPDATE SET until = max(until, excluded.until)",
                (recipe, time_text(until)),
            )

    def until(self) -> dict[str, datetime]:
        """For each recipe with seen rows, the instant that they end at."""
        return {recipe: parse_time(text) for recipe, text in self._connection.execute("SELECT * FROM seen")}


def _nomination(row: sqlite3.Row) -> Nomination:
    return Nomination(
        number=row["number"],
        recipe=row["recipe"],
        opened_at=parse_time(row["opened_at"]),
        from_time=parse_time(row["from_time"]),
        closed_at=parse_optional_time(row["closed_at"]),
        outcome=row["outcome"],
        numbers=parse_json(row["numbers"]),
    )
