"""The answers of `python -m warehouse`: values for --json, tables for people. Not here: arguments, exit codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Column, Table

from resource_prediction.errors import RollbackError, StoreError
from resource_prediction.quarantine_reasons import explain
from warehouse.artifacts import artifact_path, verify_artifacts
from warehouse.findings import Finding
from warehouse.layout import Layout
from warehouse.published import verify_parts
from warehouse.quarantine import read_quarantine
from warehouse.registry import Champion, Registry, newest_served

SHOWN_ROWS = 20
SHOWN_LETTERS = 120


@dataclass(frozen=True)
class Answer:
    """What a command found.

    Attributes:
        values: For ``--json``; times as they are, a number that does not exist is None.
        shown: Tables and sentences for people, in order.
        status: Exit status.
    """

    values: dict[str, object]
    shown: list[RenderableType]
    status: int = 0


def find_store(store: Path) -> Layout:
    """The layout of a store that is there.

    Raises:
        StoreError: The folder is missing, or no run has made it a store.
    """
    layout = Layout(store)
    if layout.store_file.exists() or layout.registry_file.exists():
        return layout
    raise StoreError(
        f"store {store}",
        got="a folder that is no store" if store.is_dir() else "no such folder",
        expected="a store that a run has made",
        next_step="Make one with `python flows/train.py`, or name another with --store or RESOURCE_PREDICTION_STORE.",
    )


def show_champion(layout: Layout) -> Answer:
    """Who serves, and how it did on the hold-out of its run."""
    with Registry.read(layout) as registry:
        champion, verdicts = registry.champion(), registry.verdicts.history()
    if champion is None:
        nobody = "No champion yet: `python flows/train.py` trains and judges the first."
        return Answer({"champion": None, "served": None}, [nobody])
    served = newest_served(verdicts, champion.version)
    table = Table("", Column("champion", overflow="fold"), show_header=False)
    for name, value in (
        ("version", champion.version),
        ("score", champion.scores.score),
        ("live score", champion.scores.live_score),
        ("under-allocated %", champion.scores.under_pct),
        ("over-allocated %", champion.scores.over_pct),
        ("served score", _served_text(served, champion.version)),
        ("trained on", f"{champion.rows:,} rows until {_text(champion.trained_until)}"),
        ("promoted", champion.promoted_at),
        ("revision", champion.revision),
        ("run", champion.run_id),
        ("load it from", layout.champion),
    ):
        table.add_row(name, _text(value))
    return Answer({"champion": _champion_values(layout, champion), "served": served}, [table])


def show_history(layout: Layout) -> Answer:
    """Every promotion and every verdict, oldest first."""
    with Registry.read(layout) as registry:
        promotions, verdicts = registry.history(), registry.verdicts.history()
    served = Table("revision", "when", "kind", _version_column(), "reason", title="Promotions")
    for entry in promotions:
        served.add_row(*map(_text, (entry.revision, entry.promoted_at, entry.kind, entry.version, entry.reason)))
    judged = Table(
        "when",
        "verdict",
        "applied",
        _version_column(),
        Column("served score", justify="right"),
        "reason",
        title="Verdicts, who served after each, and how it went for who served before",
    )
    for verdict in verdicts:
        score = verdict.served.get("score")
        cells = (verdict.given_at, verdict.kind, verdict.applied, verdict.version, score, verdict.reason)
        judged.add_row(*map(_text, cells))
    values: dict[str, object] = {
        "promotions": [asdict(entry) for entry in promotions],
        "verdicts": [asdict(one) for one in verdicts],
    }
    if not verdicts:
        return Answer(values, ["No verdict yet: `python flows/train.py` trains and judges the first champion."])
    return Answer(values, [served, judged])


def roll_back(layout: Layout, version: str, why: str, *, by: str, at: datetime) -> Answer:
    """Let an earlier version serve again, as a new entry of the history; nothing that was stored is changed.

    Raises:
        StoreError: Nobody serves in this store.
        UnknownVersionError: There is no such version.
        RollbackError: It serves already, or no reason is given.
        PromotionConflictError: A run promoted in this moment; nothing was changed.
        ArtifactError: The version's artifact is missing or changed; nothing was changed.
    """
    with Registry.open(layout) as registry:
        before = registry.champion()
        content = registry.content(version)
        if before is None or before.version == version or not why.strip():
            raise RollbackError(version, serves=None if before is None else before.version, why=why)
        reason = f"{why.strip()} (rolled back from {before.version} by {by})"
        now = registry.roll_back(version, expected_revision=before.revision, reason=reason, at=at)
    values: dict[str, object] = {"champion": _champion_values(layout, now), "before": before.version, "reason": reason}
    shown = f"{now.version} ({content.family}) serves again since {_text(now.promoted_at)}, revision {now.revision}."
    return Answer(
        values, [shown, "The next run may refresh or replace it as any champion; `history` keeps this entry."]
    )


def show_quarantine(layout: Layout) -> Answer:
    """Every rejected row: the file and line that it came from, and which rule it broke."""
    rows = read_quarantine(layout) if layout.current.exists() else []
    counts = Counter(reason for row in rows for reason in row.reasons)
    values = {"quarantined": len(rows), "reasons": dict(counts.most_common()), "rows": [asdict(row) for row in rows]}
    if not rows:
        return Answer(values, ["No row is in quarantine."])
    why = Table("reason", Column("rows", justify="right"), "rule", title=f"{len(rows):,} rows rejected")
    for reason, count in counts.most_common():
        why.add_row(reason, f"{count:,}", explain(reason))
    newest = rows[-SHOWN_ROWS:]
    lines = [f"{row.file}:{row.line}: {', '.join(row.reasons)}: {_printable(row.row_text)}" for row in newest]
    return Answer(values, [why, f"The newest {len(newest)}; --json has all of them whole:", *lines])


def verify(layout: Layout) -> Answer:
    """Check the registry, every artifact and every published part against its digest."""
    findings = [*_registry_findings(layout), *_telemetry_findings(layout)]
    values: dict[str, object] = {"sound": not findings, "findings": [asdict(finding) for finding in findings]}
    if not findings:
        return Answer(values, ["Sound: registry, links, artifacts and published parts are as they were stored."])
    table = Table("what", "problem", title=f"{len(findings)} found")
    for finding in findings:
        table.add_row(finding.what, finding.problem)
    return Answer(values, [table], status=1)


COMMANDS: dict[str, Callable[[Layout], Answer]] = {
    "champion": show_champion,
    "history": show_history,
    "quarantine": show_quarantine,
    "verify": verify,
}


def _champion_values(layout: Layout, champion: Champion) -> dict[str, object]:
    """The champion as the main job's JSON has it, and what else the registry knows of it."""
    own = {field.name: getattr(champion, field.name) for field in fields(champion)}
    scores = asdict(own.pop("scores"))
    first = {"version": own.pop("version"), "family": own.pop("family")}
    return {**first, "path": str(artifact_path(layout, champion.served_digest)), **scores, **own}


def _served_text(served: Mapping[str, Any] | None, version: str) -> str:
    """How a version did as it served, in one cell; it is named where it is not the champion."""
    if served is None:
        return "none yet: no run has seen jobs that came after the champion's fit"
    interval = "" if served["low"] is None else f" (90 % interval: {_text(served['low'])} to {_text(served['high'])})"
    whose = "its fit" if served["version"] == version else f"the fit of {served['version']}, which served before"
    return f"{_text(served['score'])}{interval} on {served['rows']:,} jobs that came after {whose}"


def _registry_findings(layout: Layout) -> list[Finding]:
    try:
        with Registry.read(layout) as registry:
            return registry.verify()
    except StoreError as error:
        return [Finding(layout.registry_file.name, str(error.got)), *verify_artifacts(layout, [])]


def _telemetry_findings(layout: Layout) -> list[Finding]:
    if not layout.current.exists():
        return []
    try:
        return [Finding("published telemetry", problem) for problem in verify_parts(layout)]
    except StoreError as error:
        return [Finding("published telemetry", str(error))]


def _printable(text: str) -> str:
    """The beginning of a rejected row, without what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:SHOWN_LETTERS])


def _version_column() -> Column:
    """A column that shows a version whole: people copy it."""
    return Column("version", overflow="fold")


def _text(value: object) -> str:
    """A value as a cell."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}"
    return "-" if value is None else str(value)
