"""Farms of known skill run through the gate night by night: how often it errs. Not here: real telemetry, printing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.arrays import FloatArray
from resource_prediction.comparison import LedgerBlocks
from resource_prediction.evidence import BLOCK_HOURS, LEDGER_COLUMNS
from resource_prediction.gate.night import judge_blocks
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.verdict import Candidate, Night, RecipeId, Verdict
from resource_prediction.scoring import Score

START = np.datetime64("2025-01-06T00:00:00", "us")
BLOCKS_A_DAY = 24 // BLOCK_HOURS
HOURLY_RHYTHM = (0.6, 1.2, 1.4, 0.8)
WEEKEND_SHARE = 0.3


@dataclass(frozen=True)
class SimulatedFarm:
    """A farm on which recipes differ in nothing but what is said here.

    With the defaults the difference of two equal recipes spreads by 3 points on working days: on real builds a paired
    difference over four days had a standard error of 0.5 to 1.7, so this is a noisy farm.

    Attributes:
        recipes: Number of recipes; the first one serves at the start.
        nights: Nights that are judged.
        rows_a_day: Jobs of a working day; weekends have 30 % of them.
        better: Share by which the last recipe's score is lower than that of the others.
        under_share: Share of jobs that a recipe under-allocates.
        over_share: Excess memory as a share of the peaks.
        shared_under: Share of a recipe's under-allocated jobs that every other recipe under-allocates as well.
        own_spread: Spread of log under and log excess of a recipe in a block, beside what all recipes share.
        night_correlation: Correlation of a recipe's own deviation from one day to the next.
        components: Segments of the farm.
    """

    recipes: int = 7
    nights: int = 90
    rows_a_day: int = 2300
    better: float = 0.0
    under_share: float = 0.03
    over_share: float = 0.6
    shared_under: float = 0.6
    own_spread: float = 0.1
    night_correlation: float = 0.0
    components: int = 3


@dataclass(frozen=True)
class SimulatedRun:
    """What the gate did.

    Attributes:
        switches: Nights of its switches, counted from 1.
        switched_to: RecipeId of each switch.
        nominations: Nominations that have ended, switches among them.
    """

    switches: tuple[int, ...]
    switched_to: tuple[str, ...]
    nominations: int


def simulate(farm: SimulatedFarm, rule: GateRule, seed: int) -> SimulatedRun:
    """Run one farm through the gate.

    Args:
        farm: Size and skill of its recipes.
        rule: Thresholds of the gate.
        seed: Seed of the farm.
    """
    digests = [f"recipe-{number}" for number in range(farm.recipes)]
    ledger = simulated_ledger(farm, digests, seed)
    ends = pd.to_datetime(ledger["block_start"]) + pd.Timedelta(hours=BLOCK_HOURS)

    def ledger_of(night: Night) -> LedgerBlocks:
        return LedgerBlocks.of(ledger[ends <= night.complete_until()])

    return judge_nights(digests, ledger_of, farm.nights, rule)


def judge_nights(
    digests: list[str], ledger_of: Callable[[Night], LedgerBlocks], nights: int, rule: GateRule
) -> SimulatedRun:
    """Ask the gate every night, and let what it says come true.

    The champion's newer fit goes in every night without a switch: a fit of last night has no complete block that
    could speak against it. `refresh_simulation.py` measures what that costs.

    Args:
        digests: The recipes; the first one serves at the start.
        ledger_of: The evidence of a night.
        nights: How many follow the first champion, one day apart.
        rule: Thresholds of the gate.
    """
    recipes = [RecipeId(digest, f"family_{number}") for number, digest in enumerate(digests)]
    # Once there is a champion, scores of the hold-out decide only beside one of its older fit, which is not drawn.
    candidates = tuple(Candidate(recipe, Score(75.0, 3.0, 60.0, 1)) for recipe in recipes)
    champion, nomination, seen = recipes[0], None, dict.fromkeys(digests, _iso(0))
    verdicts: list[Verdict] = []
    for number in range(1, nights + 1):
        night = Night(
            candidates,
            {},
            new_rows=1,
            newest_known=_iso(number),
            champion=champion,
            nomination=nomination,
            seen_until=seen,
        )
        verdict = judge_blocks(night, ledger_of(night), rule)
        verdicts.append(verdict)
        champion = verdict.champion or champion
        nomination, seen = verdict.nomination, {**seen, **verdict.seen}
    return _summary(verdicts)


def simulated_ledger(farm: SimulatedFarm, digests: list[str], seed: int) -> pd.DataFrame:
    """Draw the ledger of a farm for all nights, and the days of the first hold-out before them.

    Args:
        farm: Size and skill of its recipes.
        digests: Names of the recipes.
        seed: Seed of the draws.
    """
    random = np.random.default_rng(seed)
    blocks = (farm.nights + 1) * BLOCKS_A_DAY
    starts = START + np.arange(blocks) * np.timedelta64(BLOCK_HOURS, "h")
    weekend = (starts.astype("datetime64[D]").astype(int) + 3) % 7 >= 5
    jobs = farm.rows_a_day / BLOCKS_A_DAY / farm.components
    mean_rows = jobs * np.resize(HOURLY_RHYTHM, blocks) * np.where(weekend, WEEKEND_SHARE, 1.0)
    rows = np.maximum(random.poisson(mean_rows, (farm.components, blocks)), 1)
    peak_gib = rows * 30.0 * random.lognormal(0.0, 0.2, rows.shape)
    shared = random.normal(0.0, 0.3, (2, *rows.shape))
    hard_rows = random.binomial(rows, _share(farm.under_share * farm.shared_under, shared[0]))
    text = [str(start) for start in starts]
    frames = []
    for digest in digests:
        skill = 1.0 - farm.better if digest == digests[-1] else 1.0
        deviations = shared + farm.own_spread * _deviations(farm, random, rows.shape)
        excess_gib = farm.over_share * skill * np.exp(deviations[1]) * peak_gib
        own_under = _share(farm.under_share * skill * (1.0 - farm.shared_under), deviations[0])
        under_rows = random.binomial(hard_rows, skill) + random.binomial(rows - hard_rows, own_under)
        for component in range(farm.components):
            sums = rows[component], under_rows[component], excess_gib[component], peak_gib[component]
            columns = (text, digest, f"component_{component}", text, *sums)
            frames.append(pd.DataFrame(dict(zip(LEDGER_COLUMNS, columns, strict=True))))
    return pd.concat(frames, ignore_index=True)


def _share(mean: float, deviation: FloatArray) -> FloatArray:
    """A share that deviates on the log scale, at most 1."""
    return np.minimum(mean * np.exp(deviation), 1.0)


def _deviations(farm: SimulatedFarm, random: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Standard normal deviations of under and excess, shape (2, components, blocks), correlated from day to day."""
    days = shape[-1] // BLOCKS_A_DAY
    daily = random.normal(size=(2, shape[0], days))
    for day in range(1, days):
        daily[..., day] *= np.sqrt(1.0 - farm.night_correlation**2)
        daily[..., day] += farm.night_correlation * daily[..., day - 1]
    blocks = random.normal(size=(2, *shape))
    share = farm.night_correlation
    deviations: FloatArray = np.sqrt(1.0 - share) * blocks + np.sqrt(share) * np.repeat(daily, BLOCKS_A_DAY, axis=-1)
    return deviations


def _iso(night: int) -> str:
    return str(START + night * np.timedelta64(24, "h"))


def _summary(verdicts: list[Verdict]) -> SimulatedRun:
    promoted = [(night, verdict) for night, verdict in enumerate(verdicts, start=1) if verdict.kind == "promoted"]
    return SimulatedRun(
        switches=tuple(night for night, _ in promoted),
        switched_to=tuple(verdict.champion.digest for _, verdict in promoted if verdict.champion is not None),
        nominations=sum(verdict.closed is not None for verdict in verdicts),
    )
