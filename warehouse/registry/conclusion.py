"""How a night ends in the registry: verdict, promotion, nominations and seen rows, all or nothing. Not here: tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from resource_prediction.errors import StoreError
from resource_prediction.gate.verdict import ClosedNomination, Nomination, VerdictKind
from warehouse.registry.connection import write
from warehouse.registry.nominations import close_nomination, mark_seen, open_nomination
from warehouse.registry.promotions import (
    Champion,
    PromotionKind,
    VersionContent,
    check_revision,
    promote,
    read_champion,
)
from warehouse.registry.verdicts import RecordedVerdict, insert_verdict


@dataclass(frozen=True)
class Conclusion:
    """A verdict, what it was given for, and all that it changes.

    Attributes:
        run_id: The run that asked for it.
        kind: The verdict.
        reason: One sentence that the history keeps.
        numbers: What the reason rests on; None for a number that does not exist.
        expected_revision: Revision of the champion that the verdict was given for; 0 where nobody served.
        content: What serves from now on, with both of its artifacts in the store; None where the champion stays.
        closed: The nomination that the verdict ended.
        opened: The nomination that it opened.
        seen: Recipes whose rows until that ISO time are no evidence for them any more.
    """

    run_id: str
    kind: VerdictKind
    reason: str
    numbers: Mapping[str, Any]
    expected_revision: int
    content: VersionContent | None = None
    closed: ClosedNomination | None = None
    opened: Nomination | None = None
    seen: Mapping[str, str] = field(default_factory=dict)


def conclude(connection: sqlite3.Connection, conclusion: Conclusion, *, at: datetime) -> Champion | None:
    """Store a conclusion in one transaction; returns who serves after it.

    Also a verdict that keeps the champion is refused where another one serves by now: the gate would remember it as an
    answer about that other one.

    Raises:
        PromotionConflictError: The champion is not at the expected revision any more.
        NominationConflictError: The open nomination is not what it was.
        StoreError: A new version comes with a verdict that keeps the champion, or one that does not fit the revision.
    """
    _check_kind(conclusion)
    with write(connection):
        check_revision(connection, conclusion.expected_revision)
        champion = _serving(connection, conclusion, at)
        insert_verdict(connection, _verdict(conclusion, champion, at))
        if conclusion.closed is not None:
            close_nomination(connection, conclusion.closed, at=at)
        if conclusion.opened is not None:
            open_nomination(connection, conclusion.opened, at=at)
        mark_seen(connection, conclusion.seen)
    return champion


def _check_kind(conclusion: Conclusion) -> None:
    kind, revision = conclusion.kind, conclusion.expected_revision
    fits = kind in get_args(PromotionKind) and (kind == "first") == (revision == 0)
    if conclusion.content is not None and not fits:
        raise StoreError(
            "promotion",
            got=f"{kind!r} at revision {revision}",
            expected="'first' at revision 0, and later 'refreshed' or 'promoted'",
            next_step="Judge again with the champion as it is now.",
        )


def _serving(connection: sqlite3.Connection, conclusion: Conclusion, at: datetime) -> Champion | None:
    """Who serves from now on: the new version where the verdict brings one."""
    if conclusion.content is None:
        return read_champion(connection)
    return promote(
        connection,
        conclusion.content,
        kind=conclusion.kind,
        reason=conclusion.reason,
        numbers=conclusion.numbers,
        at=at,
    )


def _verdict(conclusion: Conclusion, champion: Champion | None, at: datetime) -> RecordedVerdict:
    return RecordedVerdict(
        run_id=conclusion.run_id,
        kind=conclusion.kind,
        applied=conclusion.content is not None,
        reason=conclusion.reason,
        numbers=conclusion.numbers,
        version=None if champion is None else champion.version,
        given_at=at,
    )
