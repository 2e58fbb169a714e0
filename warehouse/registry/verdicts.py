"""Every run's verdict with its reason and numbers, applied or not. Not here: how it was reached (the gate)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.registry.values import json_text, parse_json, parse_time, time_text


@dataclass(frozen=True)
class RecordedVerdict:
    """A verdict as it was stored.

    Attributes:
        run_id: The run that it was given in.
        kind: ``first``, ``refreshed``, ``promoted``, ``kept`` or ``evaluated``.
        applied: Whether it changed who serves.
        reason: One sentence.
        numbers: What the reason rests on.
        version: Who served after it; None where nobody did.
        given_at: When.
    """

    run_id: str
    kind: str
    applied: bool
    reason: str
    numbers: Mapping[str, Any]
    version: str | None
    given_at: datetime

    @property
    def served(self) -> Mapping[str, Any]:
        """How who served before it did on the jobs that came after its fit; empty where that is not known."""
        return self.numbers.get("served") or {}


class Verdicts:
    """The verdicts of one registry."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def history(self) -> list[RecordedVerdict]:
        """Every verdict, oldest first."""
        rows = self._connection.execute(
            "SELECT run_id, kind, applied, reason, numbers, version, given_at FROM verdicts ORDER BY number"
        )
        return [
            RecordedVerdict(
                **{
                    **row,
                    "applied": bool(row["applied"]),
                    "numbers": parse_json(row["numbers"]),
                    "given_at": parse_time(row["given_at"]),
                }
            )
            for row in map(dict, rows)
        ]


def newest_served(verdicts: Sequence[RecordedVerdict], version: str) -> Mapping[str, Any] | None:
    """The newest served score of a version; of one that has none, that of the version scored last, or None.

    A champion that is refreshed every night has none of its own while it serves: its first jobs are scored in the night
    that replaces it.

    Args:
        verdicts: The oldest first.
        version: Who is asked about.
    """
    scored = [verdict.served for verdict in verdicts if verdict.served]
    own = [served for served in scored if served["version"] == version]
    return next(reversed(own or scored), None)


def insert_verdict(connection: sqlite3.Connection, verdict: RecordedVerdict) -> None:
    """Add a verdict, inside the caller's transaction."""
    connection.execute(
        """
        INSERT INTO verdicts (run_id, kind, applied, reason, numbers, version, given_at) VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (
            verdict.run_id,
            verdict.kind,
            verdict.applied,
            verdict.reason,
            json_text("numbers", verdict.numbers),
            verdict.version,
            time_text(verdict.given_at),
        ),
    )
