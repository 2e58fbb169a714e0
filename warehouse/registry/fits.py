"""Finished fits by what they were fitted from, so that nothing is fitted twice. Not here: the artifacts' files."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from resource_prediction.errors import ArtifactError
from warehouse.artifacts import artifact_path, check_artifact
from warehouse.layout import Layout
from warehouse.links import point_link
from warehouse.registry.connection import write
from warehouse.registry.values import json_text, parse_json, parse_time, time_text

logger = logging.getLogger(__name__)

Role = Literal["judged", "served"]


@dataclass(frozen=True)
class Fit:
    """One finished fit.

    Attributes:
        key: Digest of all that the fit depends on: rows, code, recipe, cut-off.
        digest: Its artifact.
        family: Model family.
        task_type: ``regression`` or ``classification``.
        role: ``judged`` (fitted before the hold-out) or ``served`` (fitted on everything known).
        recipe: Id of the recipe.
        recipe_values: What the id stands for.
        metrics: What was measured on it; None for a number that does not exist.
        fit_seconds: How long it took.
        run_id: The run that fitted it.
        finished_at: When.
    """

    key: str
    digest: str
    family: str
    task_type: str
    role: Role
    recipe: str
    recipe_values: Mapping[str, Any]
    metrics: Mapping[str, Any]
    fit_seconds: float
    run_id: str
    finished_at: datetime


class Fits:
    """The fits of one registry, and the links ``models/<family>`` to the newest of each family."""

    def __init__(self, connection: sqlite3.Connection, layout: Layout) -> None:
        self._connection = connection
        self._layout = layout

    def record(self, fit: Fit) -> None:
        """Store a finished fit, and let its family's link name it; a fit with the same key is replaced.

        Raises:
            ArtifactError: Its artifact is not in the store, or not whole.
        """
        check_artifact(self._layout, fit.digest)
        with write(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO fits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    fit.key,
                    fit.digest,
                    fit.family,
                    fit.task_type,
                    fit.role,
                    fit.recipe,
                    json_text("recipe", fit.recipe_values),
                    json_text("metrics", fit.metrics),
                    fit.fit_seconds,
                    fit.run_id,
                    time_text(fit.finished_at),
                ),
            )
        self.repair_link(fit.family)

    def find(self, key: str) -> Fit | None:
        """The fit of a key, if it can be taken over: its artifact is there, whole, and readable by this code."""
        row = self._connection.execute("SELECT * FROM fits WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        try:
            check_artifact(self._layout, row["digest"])
        except ArtifactError as error:
            logger.warning("a finished fit of %s is not taken over: %s", row["family"], error)
            return None
        return _fit(row)

    def newest(self, family: str, role: Role | None = None) -> Fit | None:
        """The newest fit of a family; of two that finished together the served one."""
        row = self._connection.execute(
            """
            SELECT * FROM fits WHERE family = :family AND role = coalesce(:role, role)
            ORDER BY finished_at DESC, role DESC, rowid DESC LIMIT 1
            """,
            {"family": family, "role": role},
        ).fetchone()
        return None if row is None else _fit(row)

    def judged(self, recipe: str) -> list[Fit]:
        """Every judged fit of a recipe, the newest first."""
        rows = self._connection.execute(
            "SELECT * FROM fits WHERE recipe = ? AND role = 'judged' ORDER BY finished_at DESC, rowid DESC", (recipe,)
        )
        return [_fit(row) for row in rows]

    def of_recipe(self, recipe: str) -> Fit | None:
        """The newest fit of a recipe, such as to learn what its id stands for."""
        row = self._connection.execute(
            "SELECT * FROM fits WHERE recipe = ? ORDER BY finished_at DESC, rowid DESC LIMIT 1", (recipe,)
        ).fetchone()
        return None if row is None else _fit(row)

    def families(self) -> list[str]:
        """Families that have a fit, by name."""
        return [family for (family,) in self._connection.execute("SELECT DISTINCT family FROM fits ORDER BY family")]

    def repair_link(self, family: str) -> bool:
        """Let ``models/<family>`` name the family's newest fit; returns whether it had to be changed."""
        changed = False
        # Another process may record a newer fit between the look and the swap: look again until nothing changes.
        while (fit := self.newest(family)) and point_link(
            self._layout.family_link(family), artifact_path(self._layout, fit.digest)
        ):
            changed = True
        return changed


def _fit(row: sqlite3.Row) -> Fit:
    values = dict(row)
    values["recipe_values"] = parse_json(row["recipe_values"])
    values["metrics"] = parse_json(row["metrics"])
    values["finished_at"] = parse_time(row["finished_at"])
    return Fit(**values)
