"""Versions, the champion, and the append-only history of promotions. Not here: who deserves it (the gate), links."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from resource_prediction.errors import PromotionConflictError, UnknownVersionError
from warehouse.registry.connection import write
from warehouse.registry.values import json_text, parse_json, parse_time, time_text

PromotionKind = Literal["first", "refreshed", "promoted"]


@dataclass(frozen=True)
class Scores:
    """How a version's judged artifact did on the hold-out of its run; never to be compared with another run's.

    Attributes:
        score: Business score.
        live_score: The same with history moving on through the hold-out.
        under_pct: Share of jobs allocated less than their peak.
        over_pct: Allocated beyond the peaks, of the sum of the peaks.
    """

    score: float | None
    live_score: float | None
    under_pct: float | None
    over_pct: float | None


@dataclass(frozen=True)
class VersionContent:
    """What a version is made of.

    Attributes:
        family: Model family.
        task_type: ``regression`` or ``classification``.
        recipe: Id of the recipe.
        recipe_values: What the id stands for: family, parameters, feature version, allocation policy.
        judged_digest: Artifact fitted on what was known before the hold-out.
        served_digest: Artifact of the same recipe fitted on everything known.
        trained_until: Newest instant that the served artifact was fitted on.
        rows: How many rows it was fitted on.
        scores: Of the judged artifact.
        run_id: The run that fitted it.
    """

    family: str
    task_type: str
    recipe: str
    recipe_values: Mapping[str, Any]
    judged_digest: str
    served_digest: str
    trained_until: datetime
    rows: int
    scores: Scores
    run_id: str


@dataclass(frozen=True)
class Champion(VersionContent):
    """The version that serves.

    Attributes:
        revision: Number of the promotion that made it serve; what the next promotion must name.
        version: Name of the version.
        promoted_at: When that was.
    """

    revision: int
    version: str
    promoted_at: datetime


@dataclass(frozen=True)
class Promotion:
    """One entry of the history.

    Attributes:
        revision: 1, 2, 3, without a gap.
        version: Who serves from then on.
        previous: Who served before; None for the first.
        kind: ``first``, ``refreshed``, ``promoted`` or ``rollback``.
        reason: One sentence.
        numbers: What the reason rests on.
        promoted_at: When.
    """

    revision: int
    version: str
    previous: str | None
    kind: str
    reason: str
    numbers: Mapping[str, Any]
    promoted_at: datetime


def read_champion(connection: sqlite3.Connection) -> Champion | None:
    """Who serves, or None before the first promotion."""
    row = connection.execute(
        """
        SELECT champion.revision, versions.*, promotions.promoted_at
        FROM champion
        JOIN versions ON versions.version = champion.version
        JOIN promotions ON promotions.revision = champion.revision
        """
    ).fetchone()
    if row is None:
        return None
    return Champion(
        revision=row["revision"],
        version=row["version"],
        promoted_at=parse_time(row["promoted_at"]),
        **_content_values(row),
    )


def read_content(connection: sqlite3.Connection, version: str) -> VersionContent:
    """The content of a version.

    Raises:
        UnknownVersionError: There is no such version; the error lists those that are there.
    """
    row = connection.execute("SELECT * FROM versions WHERE version = ?", (version,)).fetchone()
    if row is None:
        names = [name for (name,) in connection.execute("SELECT version FROM versions ORDER BY sequence")]
        raise UnknownVersionError(version, names)
    return VersionContent(**_content_values(row))


def read_history(connection: sqlite3.Connection) -> list[Promotion]:
    """Every promotion, oldest first."""
    return [
        Promotion(**{**row, "numbers": parse_json(row["numbers"]), "promoted_at": parse_time(row["promoted_at"])})
        for row in map(dict, connection.execute("SELECT * FROM promotions ORDER BY revision"))
    ]


def check_revision(connection: sqlite3.Connection, expected_revision: int) -> None:
    """Inside a transaction: make sure that nobody was promoted since a verdict was given.

    Raises:
        PromotionConflictError: The champion is not at ``expected_revision`` any more.
    """
    (revision,) = connection.execute("SELECT revision FROM champion").fetchone()
    if revision != expected_revision:
        raise PromotionConflictError(expected_revision, revision)


def promote(
    connection: sqlite3.Connection,
    content: VersionContent,
    *,
    kind: str,
    reason: str,
    numbers: Mapping[str, object],
    at: datetime,
) -> Champion:
    """Make a new version the champion, inside the caller's transaction and after its `check_revision`."""
    version = _insert_version(connection, content, at)
    return _swap(connection, version, kind=kind, reason=reason, numbers=numbers, at=at)


def roll_back(
    connection: sqlite3.Connection, version: str, *, expected_revision: int, reason: str, at: datetime
) -> Champion:
    """Let an earlier version serve again: a new promotion that names it.

    Raises:
        UnknownVersionError: There is no such version.
        PromotionConflictError: The champion is not at ``expected_revision`` any more.
    """
    with write(connection):
        check_revision(connection, expected_revision)
        return _swap(connection, version, kind="rollback", reason=reason, numbers={}, at=at)


def _insert_version(connection: sqlite3.Connection, content: VersionContent, at: datetime) -> str:
    (sequence,) = connection.execute("SELECT coalesce(max(sequence), 0) + 1 FROM versions").fetchone()
    version = f"{sequence:04d}-{content.family}-{content.served_digest[:8]}"
    connection.execute(
        "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            version,
            sequence,
            content.family,
            content.task_type,
            content.recipe,
            json_text("recipe", content.recipe_values),
            content.judged_digest,
            content.served_digest,
            time_text(content.trained_until),
            content.rows,
            json_text("scores", asdict(content.scores)),
            content.run_id,
            time_text(at),
        ),
    )
    return version


def _swap(
    connection: sqlite3.Connection, version: str, *, kind: str, reason: str, numbers: Mapping[str, object], at: datetime
) -> Champion:
    """Let a version that is stored serve from the next revision on."""
    content = read_content(connection, version)
    revision, previous = connection.execute("SELECT revision + 1, version FROM champion").fetchone()
    connection.execute(
        "INSERT INTO promotions VALUES (?, ?, ?, ?, ?, ?, ?)",
        (revision, version, previous, kind, reason, json_text("numbers", numbers), time_text(at)),
    )
    connection.execute("UPDATE champion SET revision = ?, version = ?", (revision, version))
    values = {name: getattr(content, name) for name in VersionContent.__dataclass_fields__}
    return Champion(**values, revision=revision, version=version, promoted_at=parse_time(time_text(at)))


def _content_values(row: sqlite3.Row) -> dict[str, Any]:
    values = {name: row[name] for name in VersionContent.__dataclass_fields__}
    values["recipe_values"] = parse_json(row["recipe_values"])
    values["scores"] = Scores(**parse_json(row["scores"]))
    values["trained_until"] = parse_time(row["trained_until"])
    return values
