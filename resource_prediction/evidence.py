"""The evidence ledger: what each recipe cost in each 6-hour block. Not here: storing it, comparing recipes from it."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from resource_prediction.errors import GateError
from resource_prediction.scoring import UNDER_COST, Score, job_losses, score_of_sums

BLOCK_HOURS = 6
SETTLING_HOURS = 24
"""A block enters when it is older than the label delay plus this: late rows have come in by then."""

OTHER_SEGMENT = "other"
SERVED_SUFFIX = "@served"

SUM_COLUMNS = ("rows", "under_rows", "excess_gib", "peak_gib")
LEDGER_COLUMNS = ("block_start", "recipe", "segment", "fitted_until", *SUM_COLUMNS)
"""Columns of the ledger; both times are ISO text in UTC without a zone, so that text order is time order."""
ENTRY_COLUMNS = ("block_start", "recipe", "fitted_until")
"""What enters once, with all its segments: a block as one fit of a recipe allocated it."""


def served_recipe(recipe: str) -> str:
    """Name under which the ledger holds the champion as it is: its served artifact, on rows newer than its fit."""
    return recipe + SERVED_SUFFIX


def iso_time(moment: datetime | str) -> str:
    """Write a UTC time the way the ledger does: ISO text with microseconds and without a zone."""
    return pd.Timestamp(moment).isoformat(timespec="microseconds")


def block_start(moments: pd.Series) -> pd.Series:
    """Start of the 6-hour UTC block of each time, as datetime64[us]."""
    return moments.astype("datetime64[us]").dt.floor(f"{BLOCK_HOURS}h")


def complete_until(newest_known: datetime, label_delay: timedelta) -> pd.Timestamp:
    """Say until when blocks are complete: blocks that end at or before this time enter the ledger.

    Args:
        newest_known: The newest time in the telemetry, UTC without a zone.
        label_delay: How long after its submission a job's peak becomes known.
    """
    return pd.Timestamp(newest_known) - label_delay - timedelta(hours=SETTLING_HOURS)


def segments(component: pd.Series) -> pd.Series:
    """Give each job its segment: its component, or "other" where that is missing.

    Small components stay apart here: few jobs in one batch can be many over the nights that a verdict looks at.
    """
    names = component.astype("object")
    return names.where(names.notna(), OTHER_SEGMENT).astype("str")


def ledger_entries(
    scored: pd.DataFrame, *, recipe: str, fitted_until: datetime, newest_known: datetime, label_delay: timedelta
) -> pd.DataFrame:
    """Sum up what a recipe's allocations cost in each complete block that its fit has not seen any row of.

    Args:
        scored: One row a scored job: ``time``, ``segment``, ``peak_gib``, ``allocation_gib`` and, where there are
            cut-off peaks, ``censored``.
        recipe: Digest of the recipe; ``served_recipe`` of it where the served artifact allocated.
        fitted_until: Time before which the fit has seen rows: the cutoff of a judged fit, which all fits of one night
            share. Only such fits are compared for a switch.
        newest_known: The newest time in the telemetry.
        label_delay: How long after its submission a job's peak becomes known.

    Returns:
        A table of ``LEDGER_COLUMNS``, one row a block and segment, in that order.

    Raises:
        ScoringError: On a peak or an allocation that cannot be scored.
    """
    start = block_start(scored["time"])
    end = start + pd.Timedelta(hours=BLOCK_HOURS)
    # A block that the fit has seen the beginning of is no fair test, and could not be completed later.
    usable = (start >= pd.Timestamp(fitted_until)) & (end <= complete_until(newest_known, label_delay))
    jobs = scored[usable]
    if jobs.empty:
        return empty_ledger()
    under, excess_gib = job_losses(jobs["peak_gib"], jobs["allocation_gib"], censored=jobs.get("censored"))
    losses = pd.DataFrame(
        {
            "block_start": start[usable].dt.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            "recipe": recipe,
            "segment": jobs["segment"].astype("str"),
            "fitted_until": iso_time(fitted_until),
            "rows": 1,
            "under_rows": under.astype(np.int64),
            "excess_gib": excess_gib,
            "peak_gib": jobs["peak_gib"].astype(np.float64),
        }
    )
    keys = list(LEDGER_COLUMNS[:4])
    return losses.groupby(keys, as_index=False, sort=True)[list(SUM_COLUMNS)].sum()


def empty_ledger() -> pd.DataFrame:
    """A ledger without entries, with the types that entries have."""
    text: dict[str, pd.Series] = {column: pd.Series(dtype="str") for column in LEDGER_COLUMNS[:4]}
    counts: dict[str, pd.Series] = {column: pd.Series(dtype="int64") for column in ("rows", "under_rows")}
    sums: dict[str, pd.Series] = {column: pd.Series(dtype="float64") for column in ("excess_gib", "peak_gib")}
    return pd.DataFrame({**text, **counts, **sums})


def new_entries(ledger: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """Keep the entries whose block the ledger does not hold for that fit yet: a block enters once, as a whole.

    Late rows of a new segment would otherwise add to a block that an earlier verdict has used. Fits of one recipe with
    other cutoffs enter the same block apart, so that each can be paired with a fit of its own night.

    Raises:
        GateError: Where a column is missing.
    """
    check_ledger(ledger)
    check_ledger(entries)
    keys = list(ENTRY_COLUMNS)
    held = pd.MultiIndex.from_frame(ledger[keys])
    return entries[~pd.MultiIndex.from_frame(entries[keys]).isin(held)].reset_index(drop=True)


def ledger_score(ledger: pd.DataFrame, recipe: str, under_cost: float = UNDER_COST) -> Score:
    """Score a recipe over all its blocks in the ledger, each as its newest fit allocated it.

    Raises:
        GateError: Where a column is missing.
        ScoringError: Where the ledger holds no block of the recipe.
    """
    check_ledger(ledger)
    entries = ledger[ledger["recipe"] == recipe]
    newest = entries.groupby("block_start")["fitted_until"].transform("max")
    sums = entries.loc[entries["fitted_until"] == newest, list(SUM_COLUMNS)].sum()
    rows, under_rows = int(sums["rows"]), int(sums["under_rows"])
    return score_of_sums(rows, under_rows, float(sums["excess_gib"]), float(sums["peak_gib"]), under_cost)


def check_ledger(ledger: pd.DataFrame) -> None:
    """Raise GateError where a table lacks a column of the ledger."""
    missing = [column for column in LEDGER_COLUMNS if column not in ledger.columns]
    if missing:
        raise GateError(
            "evidence ledger",
            got=f"a table without {', '.join(missing)}",
            expected=f"the columns {', '.join(LEDGER_COLUMNS)}",
            next_step="Build entries with ledger_entries and store all its columns.",
        )
