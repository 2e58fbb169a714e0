"""Who serves is decided once for each revision, and the history of it stays."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from resource_prediction.errors import (
    ArtifactError,
    ChangedArtifactError,
    PromotionConflictError,
    StoreError,
    UnknownVersionError,
)
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.registry import Champion, Registry, VersionContent

ROOT = Path(__file__).parents[3]

RACER = """
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from resource_prediction.errors import PromotionConflictError
from warehouse.layout import Layout
from warehouse.registry import Conclusion, Registry

with Registry.open(Layout(Path(sys.argv[1]))) as registry:
    content = replace(registry.champion(), run_id=sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            registry.conclude(
                Conclusion(sys.argv[2], "refreshed", sys.argv[2], {}, int(line), content),
                at=datetime(2026, 1, 6, tzinfo=UTC),
            )
            print("won", flush=True)
        except PromotionConflictError as error:
            print("lost", error.revision, flush=True)
"""


PROMOTER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.layout import Layout
from warehouse.registry import Conclusion, Registry

with Registry.open(Layout(Path(sys.argv[1]))) as registry:
    while True:
        champion = registry.champion()
        champion = registry.conclude(
            Conclusion("run", "refreshed", "", {}, champion.revision, champion), at=datetime(2026, 1, 6, tzinfo=UTC)
        )
        print(champion.revision, flush=True)
"""


@pytest.fixture
def first(registry: Registry, content: Callable[..., VersionContent], promote: Callable[..., Champion]) -> Champion:
    """The champion after the first night."""
    return promote(registry, content("a"), reason="beats the requests", numbers={"score": 79.5, "memreq": 162.0})


@pytest.fixture
def editor(layout: Layout, first: Champion) -> Iterator[sqlite3.Connection]:
    """A connection past the code, as a person with an SQLite shell has it."""
    with closing(sqlite3.connect(layout.registry_file, isolation_level=None)) as connection:
        yield connection


def test_before_the_first_promotion_nobody_serves(registry: Registry) -> None:
    assert registry.champion() is None
    assert registry.history() == []


def test_the_first_champion_is_what_was_promoted(registry: Registry, first: Champion, at: datetime) -> None:
    assert registry.champion() == first
    assert first.revision == 1
    assert first.version == f"0001-lightgbm_classification-{first.served_digest[:8]}"
    assert first.promoted_at == at
    assert first.scores.score == 79.5
    assert first.recipe_values == {"family": "lightgbm_classification", "parameters": {"n_bins": 24}}


def test_the_link_and_the_version_lead_to_the_served_artifact(
    registry: Registry, layout: Layout, first: Champion
) -> None:
    served = artifact_path(layout, first.served_digest)
    assert layout.champion.resolve() == served.resolve()
    assert registry.artifact(first.version) == served


def test_every_promotion_is_in_the_history_with_its_reason(
    registry: Registry,
    first: Champion,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    at: datetime,
) -> None:
    later = at + timedelta(days=1)
    challenger, numbers = content("b", "xgboost_regression"), {"mean": 4.0, "low": None}
    second = promote(registry, challenger, 1, kind="promoted", reason="4 points better", numbers=numbers, at=later)
    entries = registry.history()
    assert [(entry.revision, entry.version, entry.previous, entry.kind) for entry in entries] == [
        (1, first.version, None, "first"),
        (2, second.version, first.version, "promoted"),
    ]
    assert second.version.startswith("0002-xgboost_regression-")
    assert (entries[1].reason, entries[1].numbers) == ("4 points better", {"mean": 4.0, "low": None})
    assert entries[1].promoted_at == later


def test_a_promotion_stores_its_verdict_with_it(registry: Registry, first: Champion) -> None:
    (verdict,) = registry.verdicts.history()
    assert (verdict.kind, verdict.applied, verdict.version) == ("first", True, first.version)
    assert verdict.numbers == {"score": 79.5, "memreq": 162.0}


def test_a_verdict_for_another_champion_is_refused_and_changes_nothing(
    registry: Registry,
    layout: Layout,
    first: Champion,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
) -> None:
    with pytest.raises(PromotionConflictError, match="got a champion at revision 1; expected revision 3") as caught:
        promote(registry, content("b"), 3, reason="late")
    assert (caught.value.expected_revision, caught.value.revision) == (3, 1)
    assert registry.champion() == first
    assert len(registry.history()) == len(registry.verdicts.history()) == 1
    assert layout.champion.resolve().name == first.served_digest


@pytest.mark.parametrize(("kind", "revision"), [("first", 1), ("refreshed", 0), ("promoted", 0)])
def test_first_is_said_once_and_at_the_start(
    registry: Registry,
    first: Champion,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    kind: str,
    revision: int,
) -> None:
    with pytest.raises(StoreError, match="expected 'first' at revision 0, and later 'refreshed' or 'promoted'"):
        promote(registry, content("b"), revision, kind=kind)


def test_a_verdict_that_keeps_the_champion_brings_no_new_version(
    registry: Registry, first: Champion, content: Callable[..., VersionContent], promote: Callable[..., Champion]
) -> None:
    with pytest.raises(StoreError, match="got 'kept' at revision 1"):
        promote(registry, content("b"), 1, kind="kept")
    assert registry.champion() == first


def test_an_artifact_with_a_changed_byte_is_never_promoted(
    registry: Registry,
    layout: Layout,
    first: Champion,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
) -> None:
    challenger = content("b")
    (artifact_path(layout, challenger.judged_digest) / "model.txt").write_text("judged c", encoding="utf-8")
    with pytest.raises(ChangedArtifactError, match=r"model\.txt: changed"):
        promote(registry, challenger, 1, kind="promoted")
    assert registry.champion() == first


def test_a_number_that_does_not_exist_is_null_and_never_nan(
    registry: Registry, first: Champion, content: Callable[..., VersionContent], promote: Callable[..., Champion]
) -> None:
    with pytest.raises(StoreError, match="null for a number that does not exist"):
        promote(registry, content("b"), 1, numbers={"low": float("nan")})
    assert registry.champion() == first


def test_a_rollback_is_a_new_promotion_that_names_its_target(
    registry: Registry,
    layout: Layout,
    first: Champion,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    at: datetime,
) -> None:
    promote(registry, content("b"), 1, reason="newer")
    back = registry.roll_back(first.version, expected_revision=2, reason="builds were killed", at=at)
    assert registry.champion() == back
    assert (back.version, back.revision, back.served_digest) == (first.version, 3, first.served_digest)
    assert [entry.kind for entry in registry.history()] == ["first", "refreshed", "rollback"]
    assert layout.champion.resolve().name == first.served_digest


def test_a_rollback_to_a_damaged_artifact_is_refused(
    registry: Registry,
    layout: Layout,
    first: Champion,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    at: datetime,
) -> None:
    second = promote(registry, content("b"), 1, reason="newer")
    (artifact_path(layout, first.served_digest) / "model.txt").unlink()
    with pytest.raises(ArtifactError, match=r"model\.txt: missing"):
        registry.roll_back(first.version, expected_revision=2, reason="", at=at)
    assert registry.champion() == second


def test_an_unknown_version_is_named_with_those_that_are_there(
    registry: Registry, first: Champion, at: datetime
) -> None:
    with pytest.raises(UnknownVersionError, match=f"got '0009-none'; expected one of {first.version}"):
        registry.artifact("0009-none")
    with pytest.raises(UnknownVersionError, match="0009-none"):
        registry.roll_back("0009-none", expected_revision=1, reason="", at=at)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE promotions SET reason = 'better'", "promotions are append-only"),
        ("DELETE FROM promotions", "promotions are append-only"),
        ("INSERT INTO promotions SELECT 3, version, version, 'refreshed', '', '{}', '' FROM versions", "without a gap"),
        ("REPLACE INTO promotions SELECT 1, version, NULL, 'first', '', '{}', '' FROM versions", "without a gap"),
        ("UPDATE versions SET served_digest = ''", "versions are append-only"),
        ("DELETE FROM versions", "versions are append-only"),
        ("UPDATE verdicts SET applied = 0", "verdicts are append-only"),
        ("DELETE FROM verdicts", "verdicts are append-only"),
    ],
)
def test_the_history_cannot_be_rewritten_even_by_hand(editor: sqlite3.Connection, statement: str, message: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=message):
        editor.execute(statement)


def _race(layout: Layout, rounds: int) -> list[tuple[str, str]]:
    """Let two processes promote at the same moment, round after round; returns what both said of each round."""
    command = [sys.executable, "-c", RACER, str(layout.store)]
    racers = [
        subprocess.Popen([*command, name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("left", "right")
    ]
    try:
        assert [_line(racer) for racer in racers] == ["ready", "ready"]
        said = []
        for revision in range(1, rounds + 1):
            for racer in racers:
                assert racer.stdin is not None
                racer.stdin.write(f"{revision}\n")
                racer.stdin.flush()
            said.append((_line(racers[0]), _line(racers[1])))
    finally:
        for racer in racers:
            racer.communicate(timeout=60)
    return said


def _line(racer: subprocess.Popen[str]) -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()


@pytest.mark.parametrize("rounds", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_of_two_processes_that_promote_at_once_exactly_one_wins(
    registry: Registry, layout: Layout, first: Champion, rounds: int
) -> None:
    said = _race(layout, rounds)
    assert [sorted(pair) for pair in said] == [[f"lost {revision + 2}", "won"] for revision in range(rounds)]
    entries = registry.history()
    assert [entry.revision for entry in entries] == list(range(1, rounds + 2))
    winners = ["left" if left == "won" else "right" for left, _ in said]
    assert [entry.reason for entry in entries[1:]] == winners
    champion = registry.champion()
    assert champion is not None
    assert champion.revision == rounds + 1


@pytest.mark.slow
def test_killed_at_any_moment_no_promotion_is_lost_and_none_is_half(
    registry: Registry, layout: Layout, first: Champion
) -> None:
    for kill in range(12):
        promoter = subprocess.Popen(
            [sys.executable, "-c", PROMOTER, str(layout.store)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert promoter.stdout is not None
        revision = int(promoter.stdout.readline())
        time.sleep(0.003 * kill)
        promoter.kill()
        said = [revision, *map(int, promoter.communicate(timeout=60)[0].split("\n")[:-1])]
        with Registry.open(layout) as reopened:
            assert reopened.verify() == []
            assert [entry.revision for entry in reopened.history()] == list(range(1, len(reopened.history()) + 1))
            assert len(reopened.verdicts.history()) == len(reopened.history())
            assert said[-1] <= len(reopened.history()) <= said[-1] + 1
