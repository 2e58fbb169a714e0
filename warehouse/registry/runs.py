"""Runs of the main job: when, with which parameters, how they ended. Not here: what they fitted (fits)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from resource_prediction.errors import StoreBusyError, StoreError
from warehouse.layout import Layout
from warehouse.registry.connection import write
from warehouse.registry.values import json_text, parse_json, parse_optional_time, parse_time, time_text
from warehouse.run_locks import hold_run, release_run

logger = logging.getLogger(__name__)

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
    """The runs of one registry, one at a time: the process that starts one holds the store until it ends or dies."""

    def __init__(self, connection: sqlite3.Connection, layout: Layout) -> None:
        self._connection = connection
        self._layout = layout

    def start(self, run_id: str, parameters: Mapping[str, object], *, at: datetime) -> None:
        """Hold the store, record that a run begins, and mark those that died without a word as stopped.

        Raises:
            StoreBusyError: Another living run holds the store.
            StoreError: The run is there already, or its parameters are no JSON.
        """
        holder = hold_run(self._layout.run_lock, run_id, at=at)
        if holder is not None:
            raise StoreBusyError(str(self._layout.store), **asdict(holder))
        try:
            self._insert(run_id, parameters, at)
        except BaseException:
            release_run(self._layout.run_lock, run_id)
            raise

    def finish(self, run_id: str, state: EndState, result: Mapping[str, object] | None, *, at: datetime) -> None:
        """Record how a run ended, and let go of the store, also where recording fails: the next run marks it then.

        Raises:
            StoreError: No such run is running.
        """
        try:
            self._update(run_id, state, result, at)
        finally:
            # After it is recorded: until then the next run would take it for dead.
            release_run(self._layout.run_lock, run_id)

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

    def _update(self, run_id: str, state: EndState, result: Mapping[str, object] | None, at: datetime) -> None:
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

    def _insert(self, run_id: str, parameters: Mapping[str, object], at: datetime) -> None:
        with write(self._connection):
            if self._connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (run_id,)).fetchone():
                raise StoreError(
                    "run", got=f"{run_id!r}, which is there already", expected="a new id", next_step="Choose another."
                )
            # Whoever holds the store knows that no other run of it lives.
            dead = self._connection.execute("SELECT run_id FROM runs WHERE state = 'running'").fetchall()
            self._connection.execute(
                "UPDATE runs SET state = 'stopped', finished_at = ? WHERE state = 'running'", (time_text(at),)
            )
            self._connection.execute(
                "INSERT INTO runs (run_id, started_at, state, parameters) VALUES (?, ?, 'running', ?)",
                (run_id, time_text(at), json_text("parameters", parameters)),
            )
        for row in dead:
            logger.info("run %s never reported its end: marked as stopped", row["run_id"])
