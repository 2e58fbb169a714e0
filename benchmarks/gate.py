"""Print how often the promotion gate errs on simulated farms, and how soon it sees a better recipe."""

from __future__ import annotations

import argparse
import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from resource_prediction.gate import GateRule
from resource_prediction.gate.simulation import SimulatedFarm, SimulatedRun, simulate


def main() -> None:
    """Run the farms of each gain and print a row of figures for it."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python benchmarks/gate.py --farms 40 --better 0 5 10",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--farms", type=int, default=100, help="farms for each row (default: 100)")
    parser.add_argument("--nights", type=int, default=90, help="nights that each farm is judged (default: 90)")
    parser.add_argument("--better", type=float, nargs="+", default=[0.0, 5.0, 10.0], help="gain of one recipe, percent")
    parser.add_argument("--night-correlation", type=float, default=0.0, help="day to day, 0 to 1 (default: 0)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    asked = parser.parse_args()
    print("| better by | farms that switch | farms that find it | nights to find it, median (range) | wrong switches |")
    print("|---|---|---|---|---|")
    with ProcessPoolExecutor(asked.workers) as processes:
        for better in asked.better:
            farm = SimulatedFarm(nights=asked.nights, better=better / 100.0, night_correlation=asked.night_correlation)
            runs = list(processes.map(partial(simulate, farm, GateRule()), range(asked.farms)))
            print(_row(better, farm, runs), flush=True)


def _row(better: float, farm: SimulatedFarm, runs: list[SimulatedRun]) -> str:
    """One line of the table; the better recipe is the last one."""
    best = f"recipe-{farm.recipes - 1}" if better > 0 else None
    found = [run.switches[run.switched_to.index(best)] for run in runs if best in run.switched_to]
    nights = f"{statistics.median(found):g} ({min(found)} to {max(found)})" if found else ""
    wrong = sum(recipe != best for run in runs for recipe in run.switched_to)
    switched = 100.0 * sum(bool(run.switches) for run in runs) / len(runs)
    return f"| {better:g} % | {switched:.1f} % | {100.0 * len(found) / len(runs):.1f} % | {nights} | {wrong} |"


if __name__ == "__main__":
    main()
