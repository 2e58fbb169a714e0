"""How long the dashboard's first page takes, and what a long simulation costs in memory, seen from a real browser."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from tests.app.browser import Dashboard, Visit, chromium, dashboard, tree_rss_mib, visit

EXAMPLE = """example:
  python flows/train.py --store var/large --demo-rows 220000 --model-families logistic_regression_classification
  python benchmarks/dashboard.py --store var/large --minutes 20"""
FIRST_PAGE = "What the last run decided"
"""Heading of the last part of the first page: when it is there, so is all above it."""

WARM_VISITS, SAMPLES = 5, 6


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, required=True, help="a store with a champion")
    parser.add_argument("--minutes", type=float, default=20.0, help="of simulation (20); 0 leaves it out")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        chromium() as browser,
        dashboard(asked.store, Path(scratch) / "log") as shown,
    ):
        print_first_page(shown, browser)
        if asked.minutes:
            print_simulation(shown, browser, asked.minutes)


def print_first_page(shown: Dashboard, browser: Browser) -> None:
    """Seconds until the first page is whole: to a process that has shown nothing yet, to new visitors, and to one."""
    print("| first page | seconds |\n|---|---|")
    with visit(browser) as visitor:
        print(f"| cold | {first_page_s(shown, visitor):.1f} |")
    new = []
    for _ in range(WARM_VISITS):
        with visit(browser) as visitor:
            new.append(first_page_s(shown, visitor))
            again = [first_page_s(shown, visitor) for _ in range(WARM_VISITS)]
    print(f"| warm, a new visitor, whose browser fetches Streamlit: median of {WARM_VISITS} | {median(new):.1f} |")
    print(f"| warm, the same visitor again: median of {WARM_VISITS} | {median(again):.1f} |", flush=True)


def first_page_s(shown: Dashboard, visitor: Visit) -> float:
    """Seconds from the address to the whole page."""
    begin = time.perf_counter()
    visitor.page.goto(shown.url)
    visitor.page.get_by_role("heading", name=FIRST_PAGE).wait_for(timeout=120_000)
    visitor.settle()
    return time.perf_counter() - begin


def print_simulation(shown: Dashboard, browser: Browser, minutes: float) -> None:
    """Memory while one visitor lets jobs walk by at the fastest pace."""
    with visit(browser) as visitor:
        visitor.open(shown.url)
        visitor.choose("Simulation")
        visitor.page.get_by_role("slider").press("Home")
        visitor.settle()
        visitor.press("Step")
        print("\n| minutes of simulation | dashboard MiB | page's JavaScript MiB | job |\n|---|---|---|---|")
        print_sample(shown, visitor, 0.0)
        visitor.press("Start")
        begin = time.monotonic()
        for sample in range(1, SAMPLES + 1):
            visitor.page.wait_for_timeout(1_000 * (60 * minutes * sample / SAMPLES - (time.monotonic() - begin)))
            print_sample(shown, visitor, (time.monotonic() - begin) / 60)
        print(f"\nfaults in the browser: {visitor.faults or 'none'}; errors on the page: {visitor.said() or 'none'}")


def print_sample(shown: Dashboard, visitor: Visit, minutes: float) -> None:
    """A row of the table; rubbish of JavaScript is collected first, so that what is left is held."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("HeapProfiler.collectGarbage")
    heap_mib = session.send("Runtime.getHeapUsage")["usedSize"] / 2**20
    session.detach()
    print(f"| {minutes:.1f} | {tree_rss_mib(shown.process.pid):.0f} | {heap_mib:.0f} | {visitor.job()} |", flush=True)


if __name__ == "__main__":
    main()
