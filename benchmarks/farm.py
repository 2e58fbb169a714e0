"""Seconds by stage and peak memory of the main job on a large synthetic farm: `python benchmarks/farm.py --help`."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROWS, DAYS = 220_000, 120
TARGETS = {"ingest + features": 4.0, "fit": 120.0}


def main() -> int:
    """Run the main job on a fresh store and print what each stage took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="jobs of the synthetic farm (%(default)s)")
    parser.add_argument("--days", type=float, default=DAYS, help="its length in days (%(default)s)")
    parser.add_argument("--model-families", nargs="+", default=[], help="only these families")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as store:
        result = _run(arguments, store)
    _report(result, arguments.rows, arguments.days)
    return 0


def _run(arguments: argparse.Namespace, store: str) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "flows" / "train.py"), "--json", "--store", store]
    command += ["--demo-rows", str(arguments.rows), "--demo-days", str(arguments.days)]
    if arguments.model_families:
        command += ["--model-families", *arguments.model_families]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


def _report(result: dict[str, Any], rows: int, days: float) -> None:
    seconds = result["seconds"]
    peak_gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    print(f"{os.cpu_count()} cores, {rows:,} synthetic jobs of {days:g} days (peak memory {peak_gib:.1f} GiB):\n")
    print("| stage | seconds | target |\n|---|---:|---:|")
    print(f"| ingest and publish | {seconds['ingest']:.1f} | |")
    print(f"| features | {seconds['features']:.1f} | |")
    first = seconds["ingest"] + seconds["features"]
    print(f"| ingest, publish and features | {first:.1f} | {TARGETS['ingest + features']:.0f} |")
    count = len(result["families"])
    fitted = "1 family" if count == 1 else f"{count} families"
    print(f"| {fitted} fitted and scored | {seconds['fit']:.1f} | {TARGETS['fit']:.0f} |")
    print(f"| champion fitted on everything | {seconds['serve']:.1f} | |")
    print(f"| total, less the farm's generation | {seconds['total']:.1f} | |")
    print("\n| family | score | live | fit s | predict ms per 1,000 |\n|---|---:|---:|---:|---:|")
    for family in result["families"]:
        values = (family["score"], family["live_score"], family["fit_seconds"], family["predict_ms_per_1000"])
        print(f"| {family['family']} | " + " | ".join("-" if v is None else f"{v:.1f}" for v in values) + " |")


if __name__ == "__main__":
    sys.exit(main())
