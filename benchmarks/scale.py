"""Seconds and memory of every stage on synthetic farms from 10 thousand to 10 million jobs: see `--help`."""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resource_prediction.config import families_of
from resource_prediction.defaults import LABEL_DELAY

ROOT = Path(__file__).resolve().parents[1]
ROWS = (10_000, 100_000, 220_000, 1_000_000, 10_000_000)
DAYS, DAYS_OF_LARGE, LARGE = 120.0, 365.0, 1_000_000
STAGES = ("generate", "limits", "ingest", "publish", "features")

Facts = dict[str, Any]
"""What one stage took, as JSON: seconds, processor seconds, peak memory, and what is its own."""


def main() -> int:
    """Measure what is not measured yet, each stage in a process of its own, then print tables and draw the picture."""
    arguments = _parser().parse_args()
    sizes = [Size(rows, arguments) for rows in arguments.rows]
    for size in sizes:
        for stage in size.stages():
            size.measure(stage)
    report(sizes, arguments.model_families, arguments.fits_up_to)
    if arguments.picture is not None:
        # Drawing needs a library that none of the measured processes should pay for.
        from benchmarks.scale_picture import draw_scale  # noqa: PLC0415

        arguments.picture.parent.mkdir(parents=True, exist_ok=True)
        arguments.picture.write_bytes(draw_scale({size.rows: size.facts for size in sizes}))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Results are kept under --out, a file a size: what is there is not measured again. Remove a file, or an "
        "entry in it, to measure again. Farms and stores stay under --out too; ten million rows take 12 GB of disk.",
    )
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="jobs (default: %(default)s)")
    parser.add_argument("--days", type=float, help="length of the farm (default: 120, from a million rows on 365)")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "scale", help="results and stores (%(default)s)")
    parser.add_argument("--model-families", nargs="*", default=families_of(), help="fitted; none with no name")
    parser.add_argument(
        "--fits-up-to",
        type=int,
        default=LARGE,
        metavar="ROWS",
        help="larger farms are not fitted: a fit sees no more of them, only scoring grows (%(default)s)",
    )
    parser.add_argument("--train-windows", nargs="+", default=[], metavar="7d", help="fit with these windows as well")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="threads (%(default)s)")
    parser.add_argument("--picture", type=Path, help="SVG to draw")
    return parser


class Size:
    """A farm of one size: its results and the command that measures a stage of it."""

    def __init__(self, rows: int, asked: argparse.Namespace) -> None:
        self.rows, self.asked = rows, asked
        self.days = asked.days or (DAYS if rows < LARGE else DAYS_OF_LARGE)
        self.folder: Path = asked.out.resolve()
        self.results = self.folder / f"{rows}.json"
        self.facts: dict[str, Facts] = json.loads(self.results.read_text()) if self.results.exists() else {}

    def stages(self) -> list[str]:
        """What is to be measured, in order."""
        fits = [f"fit:{family}" for family in self.asked.model_families if self.rows <= self.asked.fits_up_to]
        windows = [
            f"window:{window}:{family}" for window in self.asked.train_windows for family in self.asked.model_families
        ]
        return [*(stage for stage in STAGES if stage != "publish"), *fits, *windows]

    def measure(self, stage: str) -> None:
        """Run a stage in a fresh process, and keep what it took; a stage that is there already is taken over."""
        if stage in self.facts:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "benchmarks.scale_stages", stage, str(self.rows), str(self.days)]
        command += [str(self.folder), str(self.asked.workers), LABEL_DELAY]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
        print(f"{self.rows:,} rows: {stage}", file=sys.stderr, flush=True)
        load = os.getloadavg()[0]
        output = subprocess.run(
            command, stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT, env=environment
        ).stdout
        self.facts |= {name: {**facts, "load": load} for name, facts in json.loads(output.splitlines()[-1]).items()}
        self.results.write_text(json.dumps(self.facts, indent=1))


def report(sizes: Sequence[Size], families: Sequence[str], fits_up_to: int) -> None:
    """Print the tables in Markdown, below the command that makes them."""
    print(
        f"`python {shlex.join(['benchmarks/scale.py', *sys.argv[1:]])}` on {os.cpu_count()} cores; seconds of the wall"
    )
    print("clock, core-seconds in brackets, peak memory. `*`: more processes than cores wanted to run then.\n")
    names = ["ingest", "publish", "features", *(f"fit:{family}" for family in families)]
    print(f"| stage | {' | '.join(f'{size.rows:,}' for size in sizes)} |")
    print("|---|" + "---:|" * len(sizes))
    for name in names:
        print(f"| {name.replace('fit:', 'fit ')} | {' | '.join(_cell(size.facts.get(name)) for size in sizes)} |")
    if families and max(size.rows for size in sizes) > fits_up_to:
        print(
            f"\nFitted are farms of up to {fits_up_to:,} jobs: of a larger one a fit sees as many rows, `max_rows`, and"
        )
        print("only scoring takes longer, with the hold-out.")
    _report_own(
        sizes, families, "scoring, s (rows)", lambda facts: f"{facts['score_seconds']:.1f} ({facts['scored']:,})"
    )
    _report_own(
        sizes,
        families,
        "one row, ms (median, 99 %); 22,000 rows, s",
        lambda facts: f"{facts['one_ms']:.2f}, {facts['one_ms_99']:.2f}; {facts['batch_seconds']:.2f}",
    )
    _report_limits(sizes)
    _report_windows(sizes)


def _cell(facts: Facts | None) -> str:
    if facts is None:
        return "-"
    crowded = "*" if facts["load"] > (os.cpu_count() or 1) + 1 else ""
    return f"{facts['seconds']:.1f}{crowded} ({facts['core_seconds']:.1f}), {facts['peak_gib']:.1f} GiB"


def _report_own(sizes: Sequence[Size], families: Sequence[str], title: str, text: Any) -> None:  # noqa: ANN401
    """A table of what a fit measured beside its own seconds."""
    if not families:
        return
    print(f"\n| {title} | {' | '.join(f'{size.rows:,}' for size in sizes)} |\n|---|" + "---:|" * len(sizes))
    for family in families:
        cells = [size.facts.get(f"fit:{family}") for size in sizes]
        print(f"| {family} | {' | '.join('-' if facts is None else text(facts) for facts in cells)} |")


def _report_limits(sizes: Sequence[Size]) -> None:
    print("\n| what the machine allows, s | " + " | ".join(f"{size.rows:,}" for size in sizes) + " |")
    print("|---|" + "---:|" * len(sizes))
    names = {
        "count_seconds": "DuckDB counts the lines of the CSV",
        "parse_seconds": "DuckDB parses every field of it as text",
        "copy_seconds": "memory copies as many bytes",
        "write_seconds": "the disk takes as many bytes",
    }
    for key, name in names.items():
        cells = (f"{size.facts['limits'][key]:.2f}" if "limits" in size.facts else "-" for size in sizes)
        print(f"| {name} | {' | '.join(cells)} |")


def _report_windows(sizes: Sequence[Size]) -> None:
    found = [(size.rows, stage, facts) for size in sizes for stage, facts in size.facts.items() if "window:" in stage]
    if not found:
        return
    print("\n| rows | training window | family | rows of the fit | cut, s | fit, s | peak, GiB | score | live score |")
    print("|---:|---|---|---:|---:|---:|---:|---:|---:|")
    for rows, stage, facts in found:
        _, window, family = stage.split(":")
        cells = f"{facts['cut_seconds']:.1f} | {facts['seconds']:.1f} | {facts['peak_gib']:.1f}"
        print(
            f"| {rows:,} | {window} | {family} | {facts['fitted']:,} | {cells} "
            f"| {facts['score']:.1f} | {facts['live_score']:.1f} |"
        )


def peak_gib() -> float:
    """The most memory that this process has held, mapped files that it touched included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    sys.exit(main())
