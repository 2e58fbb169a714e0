"""The task that draws a replay together: policies, nights, savings, report. Not here: the fits (replay.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from prefect import task

from resource_prediction.arrays import FloatArray
from resource_prediction.baselines import request_allocation, rolling_max_allocation
from resource_prediction.evaluation import MEMREQ, ROLLING_MAX, ScoredJobs
from resource_prediction.evidence import empty_ledger
from resource_prediction.gate import GateRule, RecipeId
from resource_prediction.gate.verdict import Night
from resource_prediction.outcomes import read_outcomes
from resource_prediction.recipe import Recipe
from resource_prediction.replay.allocations import Allocations, Offers
from resource_prediction.replay.evidence import whole_blocks
from resource_prediction.replay.groups import GROUPED_BY, jobs_at_risk, savings_by
from resource_prediction.replay.nights import JudgedNight, judge_nights
from resource_prediction.replay.outcome import PeriodOutcome, night_after
from resource_prediction.replay.periods import Period
from resource_prediction.replay.results import Replayed
from resource_prediction.summary.aside import Price
from resource_prediction.telemetry import LEARNING_COLUMNS
from tasks.features import Features
from tasks.replay import PeriodOrder, ReplayRecipe, Walk
from tasks.score import from_us, load_peaks
from warehouse.layout import Layout
from warehouse.published import newest_time, read_rows, read_snapshot
from warehouse.registry import Registry
from warehouse.replays import write_report
from warehouse.store import is_synthetic

POLICIES_PICTURE, SCORES_PICTURE = "policies.svg", "scores.svg"
"""Pictures beside the page."""

TOP_GROUPS = 10
TOP_JOBS = 15
"""Rows of the report's tables; the CSV beside it has every job at risk."""


@dataclass(frozen=True)
class ReplayEnd:
    """What a finished walk is drawn together from.

    Attributes:
        store: The store's folder.
        features: Features of all rows.
        walk: What was walked over.
        recipes: Of each family.
        failed: Error of each family that failed in some period.
        seed: Seed of the fits.
        under_cost: Penalty of the score.
        headroom_pct: Added to every allocation.
        every: Length of a period, as asked.
        price: Hours and money, as asked.
    """

    store: str
    features: Features
    walk: Walk
    recipes: Mapping[str, ReplayRecipe]
    failed: Mapping[str, str]
    seed: int
    under_cost: float
    headroom_pct: float
    every: str
    price: Price

    @property
    def recipe_ids(self) -> dict[str, RecipeId]:
        """The recipes as the gate knows them."""
        return {family: RecipeId(Recipe.of(each.values).digest, family) for family, each in self.recipes.items()}


@task(name="conclude replay", task_run_name="draw the replay together")
def conclude_replay(end: ReplayEnd, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Draw all periods together, enter their evidence, write the report, and return the result as JSON values.

    Args:
        end: What was replayed.
        seconds: Wall clock by stage.
    """
    from resource_prediction.replay.picture import render_policies, render_scores  # noqa: PLC0415 - loads matplotlib
    from resource_prediction.replay.report import render_report  # noqa: PLC0415

    outcomes = _load_outcomes(end)
    evidence = _evidence(end, outcomes)
    nights = _judge(end, outcomes, pd.concat(evidence.values(), ignore_index=True))
    replayed = Replayed(
        [outcome for outcome in outcomes if outcome.period in end.walk.periods],
        nights,
        list(end.recipes),
        end.under_cost,
        end.headroom_pct,
    )
    table = replayed.served_table()
    risky = jobs_at_risk(table) if len(table) else table
    result = _result(end, replayed, table, risky)
    result |= {"evidence": {"entered": _enter(end, evidence)}, "seconds": dict(seconds)}
    layout = Layout(Path(end.store)).replay
    pictures = {
        POLICIES_PICTURE: render_policies(result["policies"], end.under_cost),
        SCORES_PICTURE: render_scores(result["periods"], list(result["policies"])),
    }
    page = render_report(result, _records(risky.head(TOP_JOBS)), *(drawn.decode() for drawn in pictures.values()))
    write_report(layout, result=result, page=page, pictures=pictures, jobs_at_risk=risky)
    return result


def _load_outcomes(end: ReplayEnd) -> list[PeriodOutcome]:
    """Every period, the one before the span first, with what all policies gave."""
    since_us, until_us = end.walk.all[0].since_us, end.walk.all[-1].until_us
    rows = read_rows(
        read_snapshot(Layout(Path(end.store)), end.features.pointer),
        ["atom_id", *LEARNING_COLUMNS],
        since=from_us(since_us),
        until=from_us(until_us),
    )
    outcomes = read_outcomes(rows, end.features.label_delay_us)
    # Without features: what each policy gave is known by now, and months of jobs take long to describe.
    jobs = ScoredJobs.select(rows, outcomes, np.empty((len(rows), 0), dtype=np.float32))
    history = load_peaks(end.store, end.features, since_us=since_us)
    submitted_us = jobs.rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    known_us = outcomes.known_us[outcomes.is_scored]
    found = []
    for period in end.walk.all:
        inside = (submitted_us >= period.since_us) & (submitted_us < period.until_us)
        of_period = jobs.where(inside)
        offers = _find_offers(end, period)
        baselines = _baselines(of_period, history, period.since_us)
        outcome = PeriodOutcome(period, of_period, known_us[inside] < period.until_us, baselines, offers)
        found.append(outcome.at(end.under_cost, end.headroom_pct))
    return found


def _find_offers(end: ReplayEnd, period: Period) -> dict[str, Offers]:
    found = {}
    for family, recipe in end.recipes.items():
        order = PeriodOrder(end.store, end.features, recipe.values, period, end.seed)
        if family not in end.failed and (offers := order.find()) is not None:
            found[family] = offers
    return found


def _baselines(jobs: ScoredJobs, history: pd.DataFrame, since_us: int) -> dict[str, Allocations]:
    requests_gib: FloatArray = (
        request_allocation(jobs.rows["memreq"]) if "memreq" in jobs.rows else np.full(len(jobs.rows), np.nan)
    )
    known = history[history["known_at"] < np.datetime64(since_us, "us")]
    frozen_gib, live_gib = rolling_max_allocation(jobs.rows, known), rolling_max_allocation(jobs.rows, history)
    return {
        MEMREQ: Allocations(requests_gib, requests_gib, {}),
        ROLLING_MAX: Allocations(frozen_gib, live_gib, {}),
    }


def _evidence(end: ReplayEnd, outcomes: Sequence[PeriodOutcome]) -> dict[str, pd.DataFrame]:
    """Rows of the ledger by family: each period's whole blocks that are complete by the end of the telemetry."""
    delay = timedelta(microseconds=end.features.label_delay_us)
    layout = Layout(Path(end.store))
    newest = newest_time(read_snapshot(layout, end.features.pointer))
    found = {}
    for family, recipe in end.recipe_ids.items():
        entries = [
            whole_blocks(
                outcome.jobs,
                outcome.given[family].frozen,
                outcome.period,
                recipe=recipe.digest,
                newest_known=newest,
                label_delay=delay,
            )
            for outcome in outcomes
            if family in outcome.given
        ]
        found[family] = pd.concat([empty_ledger(), *entries], ignore_index=True)
    return found


def _enter(end: ReplayEnd, evidence: Mapping[str, pd.DataFrame]) -> int:
    """Enter the evidence of recipes of the code's defaults into the store's ledger; returns how many rows are new.

    The ledger is all that a replay changes of what the gate reads: champion, nominations and verdicts stay.
    """
    defaults = [entries for family, entries in evidence.items() if end.recipes[family].is_default]
    with Registry.open(Layout(Path(end.store))) as registry:
        return sum(registry.evidence.add(entries) for entries in defaults)


def _judge(end: ReplayEnd, outcomes: Sequence[PeriodOutcome], ledger: pd.DataFrame) -> tuple[JudgedNight, ...]:
    """The gate's answer at the beginning of each period of the span."""
    hours = end.features.label_delay_us / 3.6e9
    nights = [
        night_after(before, outcome.period.since, end.recipe_ids, hours, end.under_cost)
        for before, outcome in pairwise(outcomes)
    ]
    if end.walk.before is None:
        nights.insert(0, Night((), {}, 0, end.walk.periods[0].since))
    return judge_nights(nights, ledger, GateRule(under_cost=end.under_cost))


def _result(end: ReplayEnd, replayed: Replayed, table: pd.DataFrame, risky: pd.DataFrame) -> dict[str, Any]:
    replay, nightly = Layout(Path(end.store)).replay, replayed.nightly()
    money = None
    if nightly is not None and nightly.frozen.asked_rows:
        money = asdict(nightly.frozen.by_end.money(end.price.job_hours, end.price.usd_per_gib_hour))
    return {
        "from": end.walk.span.since,
        "until": end.walk.span.until,
        "every": end.every,
        "store": end.store,
        "synthetic": is_synthetic(Layout(Path(end.store))),
        "under_cost": end.under_cost,
        "headroom_pct": end.headroom_pct,
        "requests_gib": float(table["request_gib"].sum()) if len(table) else None,
        "policies": replayed.policies(),
        "guards": replayed.guards(),
        **replayed.variants(),
        "in_hindsight": [family for family, recipe in end.recipes.items() if recipe.in_hindsight],
        "failed": dict(end.failed),
        "nights": [
            {
                "at": night.at,
                "verdict": night.verdict.kind,
                "serving": None if night.serving is None else night.serving.family,
                "reason": night.verdict.reason,
            }
            for night in replayed.nights
        ],
        "periods": replayed.periods(),
        "jobs_at_risk": {"rows": len(risky), "file": str(replay.jobs_at_risk)},
        "savings_by": {column: savings_by(table, column)[:TOP_GROUPS] for column in GROUPED_BY},
        "money": {**asdict(end.price), **money} if money is not None else None,
        "report": str(replay.report),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; what is missing is None."""
    plain = table.astype("object").where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
