"""The arguments of `python flows/replay.py`: flags, help, examples. Not here: checking values, running."""

from __future__ import annotations

import argparse
from typing import Any

from flows.arguments import OneLineParser, add_days, add_families, add_money, add_rule, add_run, add_source

_DESCRIPTION = """\
What would the last days have cost? Walk forward over your own past: for each period fit every family on what was known
at its beginning, allocate, then look at the peaks. Nothing that serves is changed."""

_EXAMPLES = """\
examples:
  python flows/replay.py                                           the last 7 days of the synthetic demo farm
  python flows/replay.py --source builds.csv                       of your own jobs; the store is var/own
  python flows/replay.py --source builds.csv --from 2025-04-28 --until 2025-04-30    these two days
  python flows/replay.py --source builds.csv --every 12h --model-families lightgbm_classification
  python flows/replay.py --source builds.csv --headroom-pct 10     the price of headroom for page cache
  python flows/replay.py --source builds.csv --under-cost 20       fewer jobs at risk, more memory
  python flows/replay.py --source builds.csv --runner processes --workers 4
  python flows/replay.py --source builds.csv --job-hours 0.5 --usd-per-gib-hour 0.004
  python flows/replay.py --source builds.csv --json | tail -1 | python -m json.tool

The page for people is DIR/replay/report.html in the store. A replay that was stopped goes on where it was.

exit status: 0 done; 1 a step or every family failed; 2 wrong usage or bad input; 130 Ctrl-C"""


def build_parser() -> argparse.ArgumentParser:
    """The parser; its help teaches by example."""
    parser = OneLineParser("python flows/replay.py", _DESCRIPTION, _EXAMPLES)
    add_source(parser.add_argument_group("telemetry, all of which is ingested"))
    _add_walk(parser.add_argument_group("what is replayed"))
    add_money(parser.add_argument_group("money, beside the GiB saved"))
    add_run(parser.add_argument_group("the run"))
    return parser


def to_values(arguments: argparse.Namespace) -> dict[str, Any]:
    """Values for `ReplayParameters` out of parsed arguments."""
    return {name: value for name, value in vars(arguments).items() if name not in ("json", "quiet")}


def _add_walk(group: argparse._ArgumentGroup) -> None:
    add_days(
        group,
        since="first day, from its UTC midnight on, such as 2025-04-28 (default: 7 days before the end)",
        until="the day after the last one (default: the end of the telemetry)",
    )
    group.add_argument(
        "--every", default="24h", metavar="TIME", help="length of a period, 1h or more: one fit each (%(default)s)"
    )
    add_families(group)
    add_rule(group)
