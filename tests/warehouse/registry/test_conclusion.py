"""A night is stored whole or not at all: its verdict, its champion, and what the gate remembers of it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from resource_prediction.errors import NominationConflictError, PromotionConflictError, StoreError
from resource_prediction.gate.verdict import ClosedNomination, Nomination, RecipeId
from warehouse.layout import Layout
from warehouse.registry import Champion, Registry, VersionContent

ROOT = Path(__file__).parents[3]

CONFIRMED = Nomination(RecipeId("d1", "xgboost_regression"), "d0", "2026-01-05T06:00:00.000000", 4.5)
NEXT = Nomination(RecipeId("d2", "lightgbm_regression"), "d1", "2026-01-06T06:00:00.000000", 3.0)
SEEN = {"d1": "2026-01-06T00:00:00.000000", "d2": "2026-01-06T00:00:00.000000"}

KILLED_NIGHTS = """
import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from resource_prediction.gate.verdict import ClosedNomination
from warehouse.layout import Layout
from warehouse.registry import Conclusion, Registry


def conclude(store, statements):
    with Registry.open(Layout(store)) as registry:
        champion, nomination = registry.champion(), registry.nominations.current()
        left = iter(range(statements))
        # SQLite calls it before it runs a statement.
        registry._connection.set_trace_callback(lambda _: next(left, None) is None and os.kill(os.getpid(), 9))
        registry.conclude(
            Conclusion(
                "run-2", "promoted", "better", {}, champion.revision, champion,
                closed=ClosedNomination(nomination, "promoted"), seen={nomination.recipe.digest: "2026-01-06"},
            ),
            at=datetime(2026, 1, 6, tzinfo=UTC),
        )


original = Path(sys.argv[1])
for statements in count():
    store = original.with_name(f"killed-{statements}")
    shutil.copytree(original, store, symlinks=True)
    child = os.fork()
    if child == 0:
        conclude(store, statements)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
        break
"""
"""Concludes a night on copies of a store, each killed one statement later, until one is not killed any more."""


def _dump(layout: Layout) -> list[str]:
    """All that the registry holds, as SQL."""
    with closing(sqlite3.connect(layout.registry_file)) as connection:
        return list(connection.iterdump())


@pytest.fixture
def nominated(
    layout: Layout,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    conclude: Callable[..., Champion | None],
) -> Champion:
    """The champion of a closed store in which a challenger waits for its confirmation."""
    with Registry.open(layout) as opened:
        first = promote(opened, content("a"))
        conclude(opened, expected_revision=1, opened=CONFIRMED)
    return first


@pytest.fixture
def reopened(layout: Layout, nominated: Champion) -> Iterator[Registry]:
    with Registry.open(layout) as opened:
        yield opened


@pytest.fixture
def confirmed(content: Callable[..., VersionContent]) -> dict[str, Any]:
    """What the night stores in which the challenger is confirmed, and another one nominated."""
    return {
        "kind": "promoted",
        "run_id": "run-2",
        "expected_revision": 1,
        "content": content("b", "xgboost_regression"),
        "closed": ClosedNomination(CONFIRMED, "promoted"),
        "opened": NEXT,
        "seen": SEEN,
    }


def test_a_night_stores_its_verdict_champion_nominations_and_seen_rows_together(
    reopened: Registry, layout: Layout, confirmed: dict[str, Any], conclude: Callable[..., Champion | None]
) -> None:
    champion = conclude(reopened, **confirmed)
    assert champion is not None
    assert (champion.revision, champion.family) == (2, "xgboost_regression")
    assert reopened.champion() == champion
    assert layout.champion.resolve().name == champion.served_digest
    verdict = reopened.verdicts.history()[-1]
    assert (verdict.run_id, verdict.kind, verdict.applied) == ("run-2", "promoted", True)
    assert verdict.version == champion.version
    assert [one.outcome for one in reopened.nominations.history()] == ["promoted", None]
    assert reopened.nominations.current() == NEXT
    assert reopened.seen.until() == SEEN


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"expected_revision": 7}, PromotionConflictError, "got a champion at revision 1; expected revision 7"),
        ({"closed": ClosedNomination(NEXT, "expired")}, NominationConflictError, "expected lightgbm_regression, open"),
        ({"closed": None}, NominationConflictError, "got xgboost_regression, open since .*; expected none open"),
        ({"numbers": {"low": float("nan")}}, StoreError, "null for a number that does not exist"),
        ({"seen": {"d1": "some night"}}, ValueError, "some night"),
    ],
)
def test_where_one_part_cannot_be_stored_nothing_is(
    reopened: Registry,
    layout: Layout,
    nominated: Champion,
    confirmed: dict[str, Any],
    conclude: Callable[..., Champion | None],
    wrong: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    before = _dump(layout)
    with pytest.raises(error, match=message):
        conclude(reopened, **{**confirmed, **wrong})
    assert _dump(layout) == before
    assert layout.champion.resolve().name == nominated.served_digest


def test_a_verdict_that_keeps_a_champion_who_was_replaced_meanwhile_is_not_remembered(
    reopened: Registry,
    layout: Layout,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    conclude: Callable[..., Champion | None],
) -> None:
    promote(reopened, content("b"), 1)
    before = _dump(layout)
    with pytest.raises(PromotionConflictError, match="got a champion at revision 2; expected revision 1"):
        conclude(reopened, expected_revision=1, seen=SEEN)
    assert _dump(layout) == before


def test_a_rollback_between_verdict_and_promotion_stands(
    reopened: Registry,
    nominated: Champion,
    confirmed: dict[str, Any],
    conclude: Callable[..., Champion | None],
    at: datetime,
) -> None:
    back = reopened.roll_back(nominated.version, expected_revision=1, reason="builds were killed", at=at)
    with pytest.raises(PromotionConflictError, match="got a champion at revision 2; expected revision 1"):
        conclude(reopened, **confirmed)
    assert reopened.champion() == back


def test_killed_before_any_of_its_statements_a_night_is_stored_whole_or_not_at_all(
    layout: Layout, nominated: Champion
) -> None:
    before = _dump(layout)
    subprocess.run([sys.executable, "-c", KILLED_NIGHTS, str(layout.store)], cwd=ROOT, check=True, timeout=120)
    copies = [Layout(path) for path in layout.store.parent.glob("killed-*")]
    copies.sort(key=lambda copy: int(copy.store.name.removeprefix("killed-")))
    held = [_dump(copy) for copy in copies]
    after = held[-1]
    assert after != before
    # A transaction with a promotion, a verdict, a closed nomination and a seen row has more than eight statements.
    assert held.count(before) > 8
    assert held == [before] * held.count(before) + [after] * held.count(after)
    for copy in copies:
        with Registry.open(copy) as opened:
            assert opened.verify() == []
            assert [one.outcome for one in opened.nominations.history()] == [
                "promoted" if opened.history()[-1].revision == 2 else None
            ]
