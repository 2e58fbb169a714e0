"""Switch to another recipe in two stages: nominate on the ledger, confirm on newer nights. Not here: refreshing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.comparison import Fits, LedgerBlocks, PairedBlocks, RecipeBlocks, pair, recipe_blocks
from resource_prediction.evidence import OTHER_SEGMENT, iso_time
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.verdict import Nomination, RecipeId
from resource_prediction.improvement import Improvement, lower_bound, nightly_gains


@dataclass(frozen=True)
class Reference:
    """The champion's side of every pair: its digest in the ledger, and how the fits must relate.

    Fits of the same night are compared, so that age does not look like skill. A champion that cannot be fitted any
    more serves as it is, and its age is then a fact of serving it.
    """

    digest: str
    fits: Fits = "equal"


@dataclass(frozen=True)
class Contest:
    """The best challenger on the ledger, and its gain over the champion."""

    recipe: RecipeId
    improvement: Improvement


@dataclass(frozen=True)
class Confirmation:
    """What the nights after a nomination say.

    Attributes:
        decided: Whether there are nights and blocks enough.
        nightly_gains: Points of each night that counts.
        until: End of the last of them, ISO time; None where there is none.
        bound: Studentised lower bound of their mean; None unless decided.
        improvement: Gain over all of their blocks; None unless decided.
        vetoes: Segments that would likely get worse.
    """

    decided: bool
    nightly_gains: tuple[float, ...]
    until: str | None = None
    bound: float | None = None
    improvement: Improvement | None = None
    vetoes: tuple[str, ...] = ()

    def passes(self, rule: GateRule) -> bool:
        """Whether the challenger is promoted."""
        if self.bound is None or self.improvement is None:
            return False
        return self.bound > 0 and self.improvement.mean >= rule.margin and not self.vetoes


def best_challenger(
    evidence: Mapping[str, RecipeBlocks],
    reference: Reference,
    challengers: Iterable[RecipeId],
    seen_until: Mapping[str, str],
    rule: GateRule,
) -> Contest | None:
    """The challenger with the largest gain among those with the minimum of evidence; None where none has it.

    Args:
        evidence: The ledger's blocks by recipe.
        reference: The champion's side.
        challengers: Recipes other than the champion's.
        seen_until: Blocks of a recipe that start before this time were seen by a search or an earlier verdict of it.
        rule: Thresholds.
    """
    best: tuple[float, RecipeId, PairedBlocks] | None = None
    for recipe in sorted(challengers, key=lambda one: one.digest):
        pairs = pair(evidence.get(reference.digest), evidence.get(recipe.digest), reference.fits)
        if recipe.digest in seen_until:
            pairs = pairs.between(np.datetime64(seen_until[recipe.digest], "us"))
        if pairs.blocks < rule.min_blocks or pairs.days < rule.min_days:
            continue
        gain = pairs.gain(rule.under_cost)
        if best is None or gain > best[0]:
            best = gain, recipe, pairs
    if best is None:
        return None
    improvement = rule.improvement(best[2])
    return None if improvement is None else Contest(best[1], improvement)


def confirm(
    ledger: LedgerBlocks,
    reference: Reference,
    nomination: Nomination,
    *,
    complete_until: pd.Timestamp,
    rule: GateRule,
) -> Confirmation:
    """Look at the nights since a nomination: the first ``rule.nights`` of them, or more until there are blocks enough.

    Neither more runs nor later nights change an answer once it is decided: there is one look.

    Args:
        ledger: The evidence ledger.
        reference: The champion's side.
        nomination: The challenger, and since when.
        complete_until: End of the newest complete block.
        rule: Thresholds.

    Raises:
        GateError: Where the ledger lacks a column.
    """
    since = np.datetime64(nomination.since, "us")
    pairs = pair(ledger.recipes.get(reference.digest), ledger.recipes.get(nomination.recipe.digest), reference.fits)
    gains, ends = nightly_gains(
        pairs,
        rule.under_cost,
        since=since,
        until=np.datetime64(iso_time(complete_until), "us"),
        min_rows=rule.night_rows,
    )
    for nights in range(rule.nights, len(gains) + 1):
        judged = pairs.between(since, ends[nights - 1])
        improvement = rule.improvement(judged)
        if improvement is not None:
            return Confirmation(
                decided=True,
                nightly_gains=tuple(gains[:nights].tolist()),
                until=iso_time(pd.Timestamp(ends[nights - 1])),
                bound=lower_bound(gains[:nights], rule.level),
                improvement=improvement,
                vetoes=_vetoes(ledger.whole(), reference, nomination.recipe.digest, judged, rule),
            )
    return Confirmation(decided=False, nightly_gains=tuple(gains.tolist()))


def _vetoes(
    ledger: pd.DataFrame, reference: Reference, challenger: str, judged: PairedBlocks, rule: GateRule
) -> tuple[str, ...]:
    """Segments with rows enough that are worse with the rule's probability; those with too few are one, "other"."""
    both = ledger[ledger["recipe"].isin([reference.digest, challenger])]
    small = [
        segment
        for segment, pairs in _segment_pairs(both, reference, challenger, judged).items()
        if pairs.rows.sum() < rule.segment_rows
    ]
    merged = both.assign(segment=both["segment"].where(~both["segment"].isin(small), OTHER_SEGMENT))
    return tuple(
        segment
        for segment, pairs in _segment_pairs(merged, reference, challenger, judged).items()
        if pairs.rows.sum() >= rule.segment_rows and rule.probability_worse(pairs, 0.0) >= rule.segment_probability
    )


def _segment_pairs(
    ledger: pd.DataFrame, reference: Reference, challenger: str, judged: PairedBlocks
) -> dict[str, PairedBlocks]:
    """The judged blocks of each segment, by its name in alphabetical order."""
    found = {}
    for segment, entries in ledger.groupby("segment", sort=True):
        evidence = recipe_blocks(entries)
        pairs = pair(evidence.get(reference.digest), evidence.get(challenger), reference.fits)
        found[str(segment)] = pairs.where(np.isin(pairs.block_start, judged.block_start))
    return found
