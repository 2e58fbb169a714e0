"""Runs of the main job: when, with which parameters, how they ended. Not here: what they fitted (fits)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from resource_prediction.errors import StoreError
from warehouse.registry.connection import write
from warehouse.registry.values import json_text, parse_json, parse_optional_time, parse_time, time_text

EndState = Literal["done", "failed", "stopped"]


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        run_id: Its id.
        started_at: When it began.
        finished_at: When it ended; None while it runs.
        state: ``running``, ``done``, ``failed`` or ``stopped``.
        parameters: What it was asked to do.
        result: What it reported; None where it did not come that far.
    """

    run_id: str
    started_at: datetime
    finished_at: datetime | None
    state: str
    parameters: Mapping[str, Any]
    result: Mapping[str, Any] | None


class Runs:
    """The runs of one registry."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def start(self, run_id: str, parameters: Mapping[str, object], *, at: datetime) -> None:
        """Record that a run begins.

        Raises:
            StoreError: The run is there already, or its parameters are no JSON.
        """
        with write(self._connection):
            known = self._connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if known:
                raise StoreError(
                    "run", got=f"{run_id!r}, which is there already", expected="a new id", next_step="Choose another."
                )
            self._connection.execute(
                "INSERT INTO runs (run_id, started_at, state, parameters) VALUES (?, ?, 'running', ?)",
                (run_id, time_text(at), json_text("parameters", parameters)),
            )

    def finish(self, run_id: str, state: EndState, result: Mapping[str, object] | None, *, at: datetime) -> None:
        """Record how a run ended.

        Raises:
            StoreError: No such run is running.
        """
        text = None if result is None else json_text("result", result)
        with write(self._connection):
            changed = self._connection.execute(
                "UPDATE runs SET state = ?, result = ?, finished_at = ? WHERE run_id = ? AND state = 'running'",
                (state, text, time_text(at), run_id),
            ).rowcount
        if changed != 1:
            raise StoreError(
                "run",
                got=repr(run_id),
                expected="the id of a running run",
                next_step="Start a run before finishing it, and finish it once.",
            )

    def stop_abandoned(self, *, at: datetime) -> list[str]:
        """Mark runs that never reported their end as stopped; only for a caller that holds the store's lock.

        Returns:
            Their ids.
        """
        with write(self._connection):
            rows = self._connection.execute("SELECT run_id FROM runs WHERE state = 'running'").fetchall()
            self._connection.execute(
                "UPDATE runs SET state = 'stopped', finished_at = ? WHERE state = 'running'", (time_text(at),)
            )
        return [row["run_id"] for row in rows]

    def history(self) -> list[Run]:
        """Every run, oldest first."""
        rows = self._connection.execute("SELECT * FROM runs ORDER BY started_at, rowid")
        return [
            Run(
                run_id=row["run_id"],
                started_at=parse_time(row["started_at"]),
                finished_at=parse_optional_time(row["finished_at"]),
                state=row["state"],
                parameters=parse_json(row["parameters"]),
                result=None if row["result"] is None else parse_json(row["result"]),
            )
            for row in rows
        ]
