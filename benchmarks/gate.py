"""Print how often the promotion gate errs on farms drawn from what real recipes cost, and how soon it sees a gain."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from telemetry_rows import read_source
from walk_forward import Contender, WalkForward

from resource_prediction.config import families_of
from resource_prediction.gate import GateRule
from resource_prediction.gate.losses import ROWS, BlockLosses
from resource_prediction.gate.refresh_simulation import daily_refreshes, refresh_goes_in
from resource_prediction.gate.resampling import ResampledFarm, simulate_resampled
from resource_prediction.gate.simulation import SimulatedFarm, SimulatedRun, simulate
from resource_prediction.holdout import Holdout

DAY_US = 24 * 3_600_000_000
AHEAD_DAYS = (1, 7)
BROKEN = (0.0, 0.1, 0.2, 0.3, 0.5)
HEADER = """
| hold-out | better by | farms that switch | to one that is no better | find the better one | its night, median (90 %) |
|---|---:|---:|---:|---:|---:|"""


def main() -> int:
    """Fit, draw farms, and print a table of switches and one of refreshes."""
    asked = _arguments()
    # Of the bootstraps, a switch rests on none but the veto's, and 300 draws tell 0.95 well enough for rates of farms.
    rule = GateRule(margin=asked.margin, level=asked.level, nights=asked.confirming_nights, resamples=300)
    with ProcessPoolExecutor(asked.workers) as processes:
        if asked.synthetic:
            print(HEADER)
            for better in asked.better:
                made_up = SimulatedFarm(nights=asked.nights, better=max(better, 0.0) / 100)
                runs = processes.map(partial(simulate, made_up, rule), range(asked.farms))
                print(_row("24h", better, made_up.recipes, list(runs)), flush=True)
            return 0
        losses = _losses(asked)
        _describe(losses, rule)
        farm = ResampledFarm(
            losses.levelled(rule.under_cost), asked.nights, run_days=asked.run_days, blocks_apart=asked.blocks_apart
        )
        print(HEADER)
        for text in asked.holdout:
            for better in asked.better:
                drawn = replace(farm, holdout_days=_holdout_days(text, losses), better=better / 100)
                runs = processes.map(partial(simulate_resampled, drawn, rule), range(asked.farms))
                print(_row(text, better, len(losses.recipes), list(runs)), flush=True)
        _print_refreshes(losses, farm, rule, asked)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python benchmarks/gate.py --source builds.csv --farms 40 --better 0 5 -5 --cache var/gate",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--source", help="telemetry file of real rows (default: the synthetic farm of --demo-rows and --demo-days)")
    add("--demo-rows", type=int, default=40_000, help="jobs of the synthetic farm")
    add("--demo-days", type=float, default=40.0, help="its length in days")
    add("--train-window", type=float, default=7, metavar="DAYS", help="how far back a fit looks; the first is cut then")
    add("--past-days", type=int, default=21, help="days that farms are drawn from, each with a fit of every recipe")
    add("--oldest-fit", type=int, default=10, metavar="DAYS", help="how long a fit is followed")
    add("--model-families", nargs="+", default=families_of(), metavar="NAME", help="families with their defaults")
    add("--seeds", type=int, default=1, help="fits of each family that differ by their seed, as recipes of their own")
    add("--holdout", nargs="+", default=["24h", "20%"], help="hold-outs of the nightly run")
    add(
        "--better", type=float, nargs="+", default=[0.0, 5.0, -5.0], help="percent; negative: all challengers are worse"
    )
    add("--farms", type=int, default=100, help="farms for each row of the table")
    add("--nights", type=int, default=90, help="nights that each farm is judged")
    add("--run-days", type=float, default=7.0, help="mean number of days drawn together")
    add("--blocks-apart", action="store_true", help="draw 6-hour blocks, not days: for a past of a few days")
    add("--margin", type=float, default=GateRule.margin, help="of the gate: points that a switch must gain")
    add("--level", type=float, default=GateRule.level, help="of the gate: confidence of the nightly bound")
    add("--confirming-nights", type=int, default=GateRule.nights, help="of the gate: nights that confirm")
    add("--rest", type=int, default=14, metavar="NIGHTS", help="nights without a refresh, for the table of refreshes")
    add("--cache", type=Path, help="folder of allocations to take and keep; empty it when code of a family changes")
    add("--workers", type=int, default=2, help="processes for the farms")
    add("--synthetic", action="store_true", help="made-up losses of independent recipes; nothing is fitted")
    return parser.parse_args()


def _losses(asked: argparse.Namespace) -> BlockLosses:
    """Fit every recipe day by day, or take what the cache has."""
    # A farm's new profiles are many in a walk forward, and every fit would report each of them.
    logging.getLogger("resource_prediction").setLevel(logging.ERROR)
    rows = read_source(asked.source, asked.demo_rows, asked.demo_days)
    contenders = [Contender(family, 42 + seed) for seed in range(asked.seeds) for family in asked.model_families]
    with tempfile.TemporaryDirectory() as folder:
        walk = WalkForward.prepare(
            rows,
            train_window_days=asked.train_window,
            oldest_age=asked.oldest_fit,
            past_days=asked.past_days,
            cache=asked.cache or Path(folder),
        )
        return walk.losses(contenders)


def _holdout_days(text: str, losses: BlockLosses) -> int:
    """Whole days that a hold-out takes of the telemetry's length, at least 1."""
    holdout = Holdout.parse(text)
    if holdout.kind == "rows":
        sys.exit("--holdout: give a share or a duration, as farms are made of days")
    days = holdout.value * len(losses.days) if holdout.kind == "share" else holdout.value / DAY_US
    return max(round(days), 1)


def _describe(losses: BlockLosses, rule: GateRule) -> None:
    jobs = int(losses.sums[0, 0, ..., ROWS].sum())
    print(f"{jobs:,} jobs on {len(losses.days)} days, {losses.days[0]} to {losses.days[-1]}, after --train-window")
    print(f"\n| recipe | score on the next day | {losses.oldest_age} days after the fit |\n|---|---:|---:|")
    columns = losses.scores(rule.under_cost), losses.scores(rule.under_cost, losses.oldest_age)
    for name, fresh, old in zip(losses.recipes, *columns, strict=True):
        print(f"| {name} | {fresh:.1f} | {old:.1f} |")


def _row(holdout: str, better: float, recipes: int, runs: list[SimulatedRun]) -> str:
    """One line of the table of switches."""
    best = f"recipe-{recipes - 1}" if better > 0 else None
    found = [run.switches[run.switched_to.index(best)] for run in runs if best in run.switched_to]
    nights = f"{np.median(found):.0f} ({np.quantile(found, 0.9):.0f})" if found else ""
    wrong = any_share(any(recipe != best for recipe in run.switched_to) for run in runs)
    switched, finding = any_share(bool(run.switches) for run in runs), f"{100 * len(found) / len(runs):.0f} %"
    return f"| {holdout} | {better:g} % | {switched} | {wrong} | {finding if best else ''} | {nights} |"


def any_share(answers: Iterable[bool]) -> str:
    """Share of farms of which something is true, in percent."""
    values = list(answers)
    return f"{100 * sum(values) / len(values):.1f} %"


def _print_refreshes(losses: BlockLosses, farm: ResampledFarm, rule: GateRule, asked: argparse.Namespace) -> None:
    """What daily refreshes did in the past itself, and what the checks say: every night, and after a rest."""
    print("\n| recipe, refreshed every day | days ahead | mean gain | worse fits | worse by more than the tolerance |")
    print("|---|---:|---:|---:|---:|")
    for days in AHEAD_DAYS:
        if days > min(len(losses.days), losses.oldest_age):
            continue
        gains_by_recipe = daily_refreshes(losses, days, rule.under_cost).gains
        for name, gains in zip(losses.recipes, gains_by_recipe, strict=True):
            worse, much = any_share(gains < 0), any_share(gains < -rule.refresh_tolerance)
            print(f"| {name} | {days} | {gains.mean():+.2f} | {worse} | {much} |")
    _print_broken_nights(losses, rule, [_holdout_days(text, losses) for text in asked.holdout])
    print(f"\n| newer fits worse by | refreshed after {asked.rest} nights of rest |\n|---:|---:|")
    rested = replace(farm, nights=asked.rest)
    for worse in (0.0, 0.05, 0.1, 0.2):
        went_in = any_share(refresh_goes_in(rested, worse, rule, seed) for seed in range(asked.farms))
        print(f"| {100 * worse:g} % | {went_in} |", flush=True)


def _print_broken_nights(losses: BlockLosses, rule: GateRule, holdout_days: list[int]) -> None:
    """What the check of a nightly refresh says where the night's fit costs more than it really did."""
    columns = "".join(f" refused at +{100 * worse:g} % |" for worse in BROKEN)
    print(f"\n| hold-out | jobs, median | refreshes | newer / older score: mean, deviation, largest |{columns}")
    print("|---|---:|---:|---:|" + "---:|" * len(BROKEN))
    wanted = [(days, False) for days in sorted(set(holdout_days)) if days <= min(len(losses.days), losses.oldest_age)]
    for days, blocks_apart in [*wanted, (1, True)]:
        nights = daily_refreshes(losses, days, rule.under_cost, blocks_apart=blocks_apart)
        ratio, name = nights.newer / nights.older, "6 h" if blocks_apart else f"{24 * days} h"
        spread = f"{ratio.mean():.3f}, {ratio.std():.3f}, {ratio.max():.3f}"
        refused = "".join(f" {any_share(nights.refused(worse, rule).ravel())} |" for worse in BROKEN)
        print(f"| {name} | {np.median(nights.jobs):.0f} | {ratio.size} | {spread} |{refused}")


if __name__ == "__main__":
    sys.exit(main())
