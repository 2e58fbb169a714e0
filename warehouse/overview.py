"""A store's past at one moment: who serves, runs, verdicts, promotions. Not here: telemetry, words, charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from resource_prediction.savings import saved_a_day
from resource_prediction.summary.aside import Aside, Saved
from warehouse.layout import Layout
from warehouse.registry import Champion, Promotion, RecordedVerdict, Registry, Run, newest_served
from warehouse.store import is_synthetic


@dataclass(frozen=True)
class Overview:
    """What the registry says; each tuple is oldest first.

    Attributes:
        champion: Who serves; None before the first promotion.
        promotions: Every change of who serves.
        verdicts: Every verdict, applied or not.
        runs: Every run, whatever its end.
        is_synthetic: The store holds the demo farm.
    """

    champion: Champion | None
    promotions: tuple[Promotion, ...]
    verdicts: tuple[RecordedVerdict, ...]
    runs: tuple[Run, ...]
    is_synthetic: bool

    @property
    def last_result(self) -> Mapping[str, Any] | None:
        """What the newest run that came to an end reported; None where none did."""
        return next((run.result for run in reversed(self.runs) if run.state == "done" and run.result), None)

    @property
    def running(self) -> Run | None:
        """The run that is recorded as running; it may have been killed, which the next run finds out."""
        return next((run for run in reversed(self.runs) if run.state == "running"), None)

    @property
    def last_broken(self) -> Run | None:
        """The newest run that ended, if it did not end well."""
        ended = [run for run in self.runs if run.state != "running"]
        return ended[-1] if ended and ended[-1].state != "done" else None

    @property
    def served(self) -> Mapping[str, Any] | None:
        """The newest served score of the champion, else of who served before it; None where there is none yet."""
        return None if self.champion is None else newest_served(self.verdicts, self.champion.version)

    @property
    def champion_saved(self) -> Saved | None:
        """What the champion's recipe saves on the newest hold-out; None where the newest run ended with another one."""
        result, champion = self.last_result, self.champion
        if result is None or champion is None or (result["champion"] or {}).get("version") != champion.version:
            return None
        return Aside.of(result["aside"]).saved


def read_overview(layout: Layout) -> Overview:
    """Read a store's past; nothing on disk changes, and a store without a registry has none.

    Raises:
        RegistryFormatError: The registry is of another format.
        StoreError: The registry or the store's file cannot be read.
    """
    with Registry.read(layout) as registry:
        # Promotions first: a verdict that comes in between is then at most newer than what is shown of it.
        return Overview(
            champion=registry.champion(),
            promotions=tuple(registry.history()),
            verdicts=tuple(registry.verdicts.history()),
            runs=tuple(registry.runs.history()),
            is_synthetic=is_synthetic(layout),
        )


def served_scores(overview: Overview) -> pd.DataFrame:
    """How champions did on jobs that came after their fits, a row for each verdict that has it, oldest first.

    Returns:
        ``given_at``, ``version``, ``rows``, ``score``, ``low``, ``high`` (90 % interval, NaN where there is none),
        ``under_pct``, ``over_pct``, ``gib_saved``, ``gib_saved_a_day``.
    """
    columns = ("version", "rows", "score", "low", "high", "under_pct", "over_pct", "gib_saved")
    rows = [
        {
            "given_at": verdict.given_at,
            **{name: verdict.served.get(name) for name in columns},
            "gib_saved_a_day": _a_day(verdict.served),
        }
        for verdict in overview.verdicts
        if verdict.served
    ]
    table = pd.DataFrame(rows, columns=["given_at", *columns, "gib_saved_a_day"])
    figures = [name for name in table.columns if name not in ("given_at", "version")]
    return table.astype(dict.fromkeys(figures, "float64"))


def holdout_scores(overview: Overview) -> pd.DataFrame:
    """Each run's hold-out: the champion's recipe beside the baselines; scores of two runs are of other rows.

    Returns:
        ``finished_at``, ``policy`` (``champion``, ``memreq`` or ``rolling_max_20``), ``score``, ``under_pct``,
        ``over_pct``.
    """
    rows = [
        {"finished_at": run.finished_at, "policy": policy, **{name: scores.get(name) for name in _FIGURES}}
        for run in overview.runs
        if run.state == "done" and run.result
        for policy, scores in _policies(run.result).items()
    ]
    table = pd.DataFrame(rows, columns=["finished_at", "policy", *_FIGURES])
    return table.astype(dict.fromkeys(_FIGURES, "float64"))


def promotion_times(overview: Overview) -> pd.DataFrame:
    """Every change of who serves: ``promoted_at``, ``kind``, ``version``, ``previous``, ``reason``, oldest first."""
    columns = ["revision", "promoted_at", "kind", "version", "previous", "reason"]
    rows = [{name: getattr(entry, name) for name in columns} for entry in overview.promotions]
    return pd.DataFrame(rows, columns=columns)


def verdict_table(overview: Overview) -> pd.DataFrame:
    """Every verdict, newest first: ``given_at``, ``verdict``, ``applied``, ``version``, ``reason``, ``run_id``."""
    columns = ["given_at", "verdict", "applied", "version", "reason", "run_id"]
    rows = [
        (one.given_at, one.kind, one.applied, one.version, one.reason, one.run_id)
        for one in reversed(overview.verdicts)
    ]
    return pd.DataFrame(rows, columns=columns)


def rollback_command(layout: Layout, version: str) -> str:
    """The line that lets a version serve again."""
    return f'python -m warehouse rollback {version} --why "..." --store {layout.store}'


_FIGURES = ("score", "under_pct", "over_pct")


def _policies(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    policies = {"champion": result.get("champion"), **result.get("baselines", {})}
    return {name: scores for name, scores in policies.items() if scores}


def _a_day(served: Mapping[str, Any]) -> float | None:
    span = [served.get(name) for name in ("from", "until")]
    if served.get("gib_saved") is None or None in span:
        return None
    since, until = (datetime.fromisoformat(str(instant)) for instant in span)
    return saved_a_day(served["gib_saved"], since, until)
