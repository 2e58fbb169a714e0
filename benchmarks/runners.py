"""The same run on several runners, beside threads: seconds, champion, scores: `python benchmarks/runners.py --help`."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
THREADS = "threads"
ROWS, DAYS = 12_000, 28

IS_A_WORKER = ("--multiprocessing-fork", "ray::fit")
"""What the command lines of worker processes hold: of the pool and of Dask, and of a Ray worker that is at a fit."""

BUSY_SECONDS = 2.0
"""CPU seconds after which a worker is past its imports and in the middle of a fit; Ray says so itself."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        result: Its JSON object.
        models: Digest of each family's judged model, which a worker made: equal digests are equal bytes.
        killed: Command line of the worker that was killed; None for none.
    """

    result: dict[str, Any]
    models: dict[str, str]
    killed: str | None


def main() -> int:
    """Run every runner in turn, in as many rounds as asked for, each run in a process and a store of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runners", nargs="+", metavar="RUNNER", help="processes, dask, ray, dask:ADDRESS, ray:ADDRESS")
    parser.add_argument("--rows", type=int, default=ROWS, help="jobs of the synthetic farm (%(default)s)")
    parser.add_argument("--days", type=float, default=DAYS, help="its length in days (%(default)s)")
    parser.add_argument("--model-families", nargs="+", default=[], metavar="NAME", help="only these (default: all)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="worker processes (%(default)s)")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="runs of each runner (%(default)s)")
    parser.add_argument("--kill", action="store_true", help="kill -9 one worker in the middle of a fit")
    arguments = parser.parse_args()
    outcomes: dict[str, list[Outcome]] = {runner: [] for runner in (THREADS, *arguments.runners)}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds):
            for runner, of_runner in list(outcomes.items())[:: 1 if number % 2 == 0 else -1]:
                place = Path(folder) / f"{runner.replace(':', '-').replace('/', '')}-{number}"
                of_runner.append(_run(arguments, runner, place, kill=arguments.kill and runner != THREADS))
    return _report(outcomes, arguments)


def _run(arguments: argparse.Namespace, runner: str, place: Path, *, kill: bool) -> Outcome:
    command = [sys.executable, str(ROOT / "flows" / "train.py"), "--json", "--quiet", "--runner", runner]
    command += ["--demo-rows", str(arguments.rows), "--demo-days", str(arguments.days), "--store", str(place)]
    command += ["--workers", str(arguments.workers)]
    if arguments.model_families:
        command += ["--model-families", *arguments.model_families]
    killed: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        watcher = threading.Thread(target=_kill_a_busy_worker, args=(process, killed), daemon=True)
        if kill:
            watcher.start()
        out, said = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{runner} ended with status {process.returncode}: {said}")
    return Outcome(json.loads(out.splitlines()[-1]), _judged_models(place), killed[0] if killed else None)


def _judged_models(store: Path) -> dict[str, str]:
    sys.path[0] = str(ROOT)
    from warehouse.layout import Layout  # noqa: PLC0415 - run as a script
    from warehouse.registry import Registry  # noqa: PLC0415

    with Registry.read(Layout(store)) as registry:
        fits = [registry.fits.newest(family, "judged") for family in registry.fits.families()]
    return {fit.family: fit.digest for fit in fits if fit is not None}


def _kill_a_busy_worker(process: subprocess.Popen[str], killed: list[str]) -> None:
    """Kill the first worker below a process that is in the middle of a fit, once."""
    while process.poll() is None and not killed:
        try:
            for child in psutil.Process(process.pid).children(recursive=True):
                line = " ".join(child.cmdline())
                if any(sign in line for sign in IS_A_WORKER) and child.cpu_times().user > BUSY_SECONDS:
                    child.kill()
                    killed.append(line.partition(" ")[0].rpartition("/")[2])
                    break
        except psutil.NoSuchProcess:
            continue  # it ended as it was looked at
        time.sleep(0.05)


def _report(outcomes: dict[str, list[Outcome]], arguments: argparse.Namespace) -> int:
    """Print the table; returns 1 where a runner chose another champion or scored otherwise than threads."""
    threads = outcomes[THREADS][0]
    print(f"{arguments.rows:,} synthetic jobs over {arguments.days:g} days, {arguments.workers} workers")
    print("| runner | champion | same models | largest difference of a score | fit seconds | killed worker |")
    print("|---|---|---|---:|---:|---|")
    same = True
    for runner, of_runner in outcomes.items():
        results = [outcome.result for outcome in of_runner]
        is_same = all(outcome.models == threads.models for outcome in of_runner)
        difference = max(_difference(result, threads.result) for result in results)
        is_equal = difference <= 1e-6 and results[0]["champion"]["family"] == threads.result["champion"]["family"]
        same = same and is_equal
        seconds = statistics.median(result["seconds"]["fit"] for result in results)
        killed = ", ".join(sorted({outcome.killed for outcome in of_runner if outcome.killed})) or "none"
        print(
            f"| {runner} | {results[0]['champion']['family']} | {'yes' if is_same else 'no'} | {difference:.1g} "
            f"| {seconds:.1f} | {killed} |"
        )
    return 0 if same else 1


def _difference(result: dict[str, Any], other: dict[str, Any]) -> float:
    """Largest difference of any family's score, frozen and live."""
    of_family = {family["family"]: family for family in other["families"]}
    return max(
        abs(family[name] - of_family[family["family"]][name])
        for family in result["families"]
        for name in ("score", "live_score")
    )


if __name__ == "__main__":
    sys.exit(main())
