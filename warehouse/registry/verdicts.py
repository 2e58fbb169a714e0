"""Every run's verdict with its reason and numbers, applied or not. Not here: how it was reached (the gate)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from warehouse.registry.connection import write
from warehouse.registry.values import json_text, parse_json, parse_time, time_text

VerdictKind = Literal["first", "refreshed", "promoted", "kept", "evaluated"]


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


class Verdicts:
    """The verdicts of one registry."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record(
        self, *, run_id: str, kind: VerdictKind, reason: str, numbers: Mapping[str, object], at: datetime
    ) -> None:
        """Store a verdict that changed nothing: kept, evaluated, or one that was not to be applied.

        A promotion stores its verdict itself, in its own transaction.
        """
        with write(self._connection):
            (version,) = self._connection.execute("SELECT version FROM champion").fetchone()
            insert_verdict(
                self._connection,
                run_id=run_id,
                kind=kind,
                applied=False,
                reason=reason,
                numbers=numbers,
                version=version,
                at=at,
            )

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


def insert_verdict(
    connection: sqlite3.Connection,
    *,
    run_id: str,
    kind: VerdictKind,
    applied: bool,
    reason: str,
    numbers: Mapping[str, object],
    version: str | None,
    at: datetime,
) -> None:
    """Add a verdict inside the caller's transaction."""
    connection.execute(
        """
        INSERT INTO verdicts (run_id, kind, applied, reason, numbers, version, given_at) VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (run_id, kind, applied, reason, json_text("numbers", numbers), version, time_text(at)),
    )
