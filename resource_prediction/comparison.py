"""Two recipes on the blocks that both have, and the gain of one over the other. Not here: how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.evidence import SUM_COLUMNS, block_start, check_ledger
from resource_prediction.scoring import job_losses

Times = NDArray[np.datetime64]
Fits = Literal["equal", "newer", "any"]
"""How the fits of a pair relate: of the same night; the challenger's at least as new; not looked at."""


@dataclass(frozen=True)
class RecipeBlocks:
    """A recipe's sums, one entry a block and fit, shape (b,) each; the fit saw rows before ``fitted_until``.

    Entries are in the order of their block, those of one block in the order of their fit.
    """

    block_start: Times
    fitted_until: Times
    rows: FloatArray
    under_rows: FloatArray
    excess_gib: FloatArray
    peak_gib: FloatArray

    def of_fit(self, fitted_until: np.datetime64) -> RecipeBlocks:
        """The entries of the one fit that saw rows before ``fitted_until``."""
        chosen = self.fitted_until == fitted_until
        return RecipeBlocks(*(getattr(self, column.name)[chosen] for column in fields(self)))


@dataclass(frozen=True)
class LedgerBlocks:
    """A ledger as the gate reads it: summed up by recipe, and whole where a question is about segments.

    Attributes:
        recipes: Blocks by recipe.
        whole: Gives the ledger itself. Few nights ask for it, and a simulation of many builds it for those only.
    """

    recipes: Mapping[str, RecipeBlocks]
    whole: Callable[[], pd.DataFrame]

    @classmethod
    def of(cls, ledger: pd.DataFrame) -> LedgerBlocks:
        """Sum up a ledger.

        Raises:
            GateError: Where a column is missing.
        """
        return cls(recipe_blocks(ledger), lambda: ledger)


@dataclass(frozen=True)
class PairedBlocks:
    """What a challenger saves in each block that both recipes have on the same rows, shape (b,) each, in time order.

    Attributes:
        block_start: Start of the block, UTC.
        rows: Jobs in the block.
        peak_gib: Sum of their peaks.
        under_gain_rows: Under-allocated jobs of the champion less those of the challenger.
        excess_gain_gib: Excess of the champion less that of the challenger.
    """

    block_start: Times
    rows: FloatArray
    peak_gib: FloatArray
    under_gain_rows: FloatArray
    excess_gain_gib: FloatArray

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return len(self.block_start)

    @property
    def days(self) -> int:
        """Number of UTC days that the blocks lie on."""
        return len(np.unique(self.block_start.astype("datetime64[D]")))

    def where(self, chosen: BoolArray) -> PairedBlocks:
        """The chosen blocks only."""
        return PairedBlocks(
            self.block_start[chosen],
            self.rows[chosen],
            self.peak_gib[chosen],
            self.under_gain_rows[chosen],
            self.excess_gain_gib[chosen],
        )

    def between(self, since: Times | np.datetime64 | None, until: np.datetime64 | None = None) -> PairedBlocks:
        """The blocks that start at ``since`` or later and before ``until``."""
        chosen = np.ones(self.blocks, dtype=np.bool_)
        if since is not None:
            chosen &= self.block_start >= since
        if until is not None:
            chosen &= self.block_start < until
        return self.where(chosen)

    def gain(self, under_cost: float) -> float:
        """Score of the champion less that of the challenger over all blocks, in points; NaN without a block."""
        if self.blocks == 0:
            return float("nan")
        return float(self._gains(np.ones((1, self.blocks)), under_cost)[0])

    def resampled_gains(self, under_cost: float, *, resamples: int, seed: int) -> FloatArray:
        """Gains over blocks drawn with replacement, shape (resamples,); the same draw for every pair of a size.

        Source: the block bootstrap for dependent data (Kuensch 1989), with fixed blocks of 6 hours, paired.
        """
        return self._gains(_draws(self.blocks, resamples, seed).astype(np.float64), under_cost)

    def _gains(self, weights: FloatArray, under_cost: float) -> FloatArray:
        under_pct = 100.0 * (weights @ self.under_gain_rows) / (weights @ self.rows)
        over_pct = 100.0 * (weights @ self.excess_gain_gib) / (weights @ self.peak_gib)
        return under_cost * under_pct + over_pct


def recipe_blocks(ledger: pd.DataFrame) -> dict[str, RecipeBlocks]:
    """Sum the ledger's segments into one entry a recipe, block and fit.

    Raises:
        GateError: Where a column is missing.
    """
    check_ledger(ledger)
    if ledger.empty:
        return {}
    recipe, names = pd.factorize(ledger["recipe"], sort=True)
    block, starts = pd.factorize(ledger["block_start"], sort=True)
    fit, cutoffs = pd.factorize(ledger["fitted_until"], sort=True)
    shape = len(names), len(starts), len(cutoffs)
    # Integer keys: the gate sums the whole ledger every night, and grouping by three texts takes three times as long.
    keys, entry = np.unique(np.ravel_multi_index((recipe, block, fit), shape), return_inverse=True)
    sums = [np.bincount(entry, weights=ledger[column].to_numpy(dtype=np.float64)) for column in SUM_COLUMNS]
    of_recipe, of_block, of_fit = np.unravel_index(keys, shape)
    block_start = pd.to_datetime(starts).to_numpy("datetime64[us]")[of_block]
    fitted_until = pd.to_datetime(cutoffs).to_numpy("datetime64[us]")[of_fit]
    return {
        str(name): RecipeBlocks(block_start[at], fitted_until[at], *(column[at] for column in sums))
        for name, at in ((name, of_recipe == number) for number, name in enumerate(names))
    }


def pair(champion: RecipeBlocks | None, challenger: RecipeBlocks | None, fits: Fits = "equal") -> PairedBlocks:
    """Bring two recipes together on the blocks that both have.

    A block counts only where both were scored on the same rows (equal number and sum of peaks), and where their
    fits relate as asked: of two fits of different age, age looks like skill. It counts once: where several fits of the
    champion can be paired, its newest one is, with the newest such fit of the challenger.

    Args:
        champion: Its blocks; None where the ledger has none.
        challenger: Its blocks; None where the ledger has none.
        fits: How their fits must relate.
    """
    if champion is None or challenger is None:
        nothing = np.empty(0)
        return PairedBlocks(np.empty(0, dtype="datetime64[us]"), nothing, nothing, nothing, nothing)
    old, new = _meetings(champion, challenger)
    fair = champion.rows[old] == challenger.rows[new]
    fair &= np.isclose(champion.peak_gib[old], challenger.peak_gib[new], rtol=1e-9)
    if fits != "any":
        relation = np.equal if fits == "equal" else np.less_equal
        fair &= relation(champion.fitted_until[old], challenger.fitted_until[new])
    old, new = old[fair], new[fair]
    start = champion.block_start[old]
    # The meetings of a block are in the order of the champion's fit, then of the challenger's: the last is the newest.
    newest = np.append(start[1:] != start[:-1], True)[: len(start)]
    old, new = old[newest], new[newest]
    return PairedBlocks(
        start[newest],
        champion.rows[old],
        champion.peak_gib[old],
        champion.under_rows[old] - challenger.under_rows[new],
        champion.excess_gib[old] - challenger.excess_gib[new],
    )


def against_peaks(jobs: pd.DataFrame) -> PairedBlocks:
    """Bring one model's allocations together with ones that meet every peak exactly: the gain of those is its score.

    Args:
        jobs: One row a job: ``time``, ``peak_gib``, ``allocation_gib`` and, where peaks are cut off, ``censored``.

    Raises:
        ScoringError: On a peak or an allocation that cannot be scored.
    """
    under, excess_gib = job_losses(jobs["peak_gib"], jobs["allocation_gib"], censored=jobs.get("censored"))
    block, starts = pd.factorize(block_start(jobs["time"]), sort=True)
    weights = (np.ones(len(jobs)), jobs["peak_gib"].to_numpy(), under, excess_gib)
    sums: list[FloatArray] = [np.bincount(block, weights=weight).astype(np.float64) for weight in weights]
    return PairedBlocks(starts.to_numpy("datetime64[us]"), *sums)


# Nights of a replay or a simulation ask for the same draws, which take longer than all that is made of them.
@lru_cache(maxsize=128)
def _draws(blocks: int, resamples: int, seed: int) -> NDArray[np.uint16]:
    """How often each block is drawn, shape (resamples, blocks)."""
    random = np.random.default_rng(seed)
    draws = random.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=resamples).astype(np.uint16)
    draws.setflags(write=False)
    return draws


def _meetings(champion: RecipeBlocks, challenger: RecipeBlocks) -> tuple[IntArray, IntArray]:
    """Positions of every two entries of one block, shape (meetings,) each, in the order of the champion's entries."""
    first = np.searchsorted(challenger.block_start, champion.block_start, side="left")
    counts = np.searchsorted(challenger.block_start, champion.block_start, side="right") - first
    old = np.repeat(np.arange(len(counts)), counts)
    # Within the meetings of one entry of the champion the challenger's position counts up from its first.
    within = np.arange(len(old)) - np.repeat(np.cumsum(counts) - counts, counts)
    return old, first[old] + within
