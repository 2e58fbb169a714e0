"""The arguments of `python flows/train.py`: flags, help, examples. Not here: checking values, running."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from typing import Any, NoReturn

from flows.runner import THREADS
from resource_prediction.config import MODEL_FAMILIES
from resource_prediction.defaults import (
    DEMO_DAYS,
    DEMO_ROWS,
    HEADROOM_PCT,
    HOLDOUT,
    LABEL_DELAY,
    SEED,
    TRIALS,
    UNDER_COST,
)

_DESCRIPTION = """\
Learn each build job's peak memory from telemetry, score every model family on the newest jobs, and promote a new
champion only when it is better. Without arguments it runs on a synthetic demo farm."""

_EXAMPLES = """\
examples:
  python flows/train.py                                            first champion on the synthetic demo farm
  python flows/train.py --demo-rows 3000 --store var/small         a smaller one, in a store of its own
  python flows/train.py --source builds.csv                        your own jobs; the store is var/own
  python flows/train.py --source 'exports/*.csv.gz' --holdout 24h  judge on the last 24 hours
  python flows/train.py --source exports/ --from 2025-04-01 --until 2025-05-01    backfill: only the rows of April
  python flows/train.py --train --model-families xgboost_classification lightgbm_regression
  python flows/train.py --task-type classification --run-search --trials 50
  python flows/train.py --run-search --trials 200 --timeout 30m    what half an hour finds; the next run goes on
  python flows/train.py --source builds.csv --job-hours 0.5 --usd-per-gib-hour 0.004
  python flows/train.py --runner processes --workers 4             each fit in a process of its own
  python flows/train.py --evaluate-only                            score what is there; fit and promote nothing
  python flows/train.py --source builds.csv --json | tail -1 | python -m json.tool

exit status: 0 done, whatever the verdict; 1 a step or every family failed; 2 wrong usage or bad input; 130 Ctrl-C"""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaint is one line: the usage of 20 flags above it would hide it.

    Args:
        prog: The command.
        description: What it does.
        examples: Lines to copy.
    """

    def __init__(self, prog: str, description: str, examples: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """End the program with status 2."""
        self.exit(2, f"{self.prog}: {message} (--help shows examples)\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser; its help teaches by example."""
    parser = OneLineParser("python flows/train.py", _DESCRIPTION, _EXAMPLES)
    _add_telemetry(parser.add_argument_group("telemetry"))
    _add_modes(parser.add_argument_group("what to do"))
    _add_rules(parser.add_argument_group("how it is judged"))
    add_money(parser.add_argument_group("money, beside the GiB saved"))
    add_run(parser.add_argument_group("the run"))
    return parser


def to_values(arguments: argparse.Namespace) -> dict[str, Any]:
    """Values for `RetrainParameters` out of parsed arguments."""
    values = vars(arguments).copy()
    for name in ("train", "run_search", "use_defaults", "evaluate_only", "json", "quiet"):
        values.pop(name)
    if arguments.evaluate_only:
        values["mode"] = "evaluate"
    elif arguments.run_search and not arguments.use_defaults:
        values["mode"] = "search"
    return values


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the calendar has no zone
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a day such as 2025-04-26") from error


def add_source(group: argparse._ArgumentGroup) -> None:
    """Flags of what telemetry there is, and when its peaks are known."""
    group.add_argument(
        "--source",
        nargs="+",
        default=["demo"],
        metavar="WHERE",
        help="demo (synthetic, the default), or files, folders and globs: csv, csv.gz, csv.zst, parquet; or "
        "SCHEME://... for a source of your own",
    )
    group.add_argument(
        "--demo-rows", type=int, default=DEMO_ROWS, metavar="N", help="jobs of the demo farm (%(default)s)"
    )
    group.add_argument(
        "--demo-days", type=float, default=DEMO_DAYS, metavar="N", help="its length in days (%(default)s)"
    )
    group.add_argument(
        "--label-delay",
        default=LABEL_DELAY,
        metavar="TIME",
        help="how long after its time stamp a job's peak is known, where it has no finished_at (%(default)s)",
    )


def add_days(group: argparse._ArgumentGroup, *, since: str, until: str) -> None:
    """Flags of a range of UTC days; what it bounds is told by the help texts of its first day and its end."""
    group.add_argument("--from", dest="from_date", type=_day, metavar="DATE", help=since)
    group.add_argument("--until", dest="until_date", type=_day, metavar="DATE", help=until)


def _add_telemetry(group: argparse._ArgumentGroup) -> None:
    add_source(group)
    add_days(
        group,
        since="backfill: ingest only rows of this UTC day and later, such as 2025-04-26",
        until="and of days before this one, which is left out",
    )
    group.add_argument(
        "--skip-preprocessing",
        action="store_true",
        help="take the features that are already in the warehouse; an error where there are none, or the rows changed",
    )


def _add_modes(group: argparse._ArgumentGroup) -> None:
    mode = group.add_mutually_exclusive_group()
    mode.add_argument("--train", action="store_true", help="every family with its defaults (the default)")
    mode.add_argument("--run-search", action="store_true", help="an Optuna search for every chosen family")
    mode.add_argument(
        "--evaluate-only", action="store_true", help="score the newest judged model of every family on unseen rows"
    )
    group.add_argument(
        "--trials",
        type=int,
        default=TRIALS,
        metavar="N",
        help="finished trials of each family's search, earlier runs included (%(default)s)",
    )
    group.add_argument(
        "--timeout",
        metavar="TIME",
        help="time for all searches together: seconds, or such as 10m; each family gets at least one trial",
    )
    group.add_argument("--use-defaults", action="store_true", help="makes --run-search the same as --train")
    group.add_argument(
        "--task-type", "--model-type", choices=["regression", "classification"], help="only families of this type"
    )
    add_families(group)


def _add_rules(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--holdout",
        default=HOLDOUT,
        metavar="SIZE",
        help="what nothing is fitted on: the newest 20%%, 24h, or 2000 rows (%(default)s)".replace("(20%)", "(20%%)"),
    )
    group.add_argument(
        "--train-window",
        metavar="TIME",
        help="what fits may see before that, such as 120d (default: all); history sees all",
    )
    add_rule(group)
    group.add_argument("--no-promote", action="store_false", dest="promote", help="say the verdict, change nothing")


def add_families(group: argparse._ArgumentGroup) -> None:
    """The flag of which families."""
    group.add_argument(
        "--model-families", nargs="+", default=[], metavar="NAME", help=f"only these: {', '.join(MODEL_FAMILIES)}"
    )


def add_rule(group: argparse._ArgumentGroup) -> None:
    """Flags of the allocation rule."""
    group.add_argument(
        "--under-cost",
        type=float,
        default=UNDER_COST,
        metavar="POINTS",
        help="points of the business score for each percent of jobs below their peak (%(default)s)",
    )
    group.add_argument(
        "--headroom-pct",
        type=float,
        default=HEADROOM_PCT,
        metavar="PCT",
        help="percent added to every allocation, as page cache counts at the limit and the peak does not contain it; "
        "part of the recipe (%(default)s)",
    )


def add_money(group: argparse._ArgumentGroup) -> None:
    """Flags of hours and price."""
    group.add_argument(
        "--job-hours",
        type=float,
        metavar="H",
        help="hours of a job without an end (finished_at) in the telemetry",
    )
    group.add_argument("--usd-per-gib-hour", type=float, metavar="X", help="price of one GiB for one hour, US dollars")


def add_run(group: argparse._ArgumentGroup) -> None:
    """Flags of where and how to run."""
    group.add_argument(
        "--store",
        metavar="DIR",
        help="where everything on disk lives (default: RESOURCE_PREDICTION_STORE, else var/demo or var/own)",
    )
    group.add_argument(
        "--runner",
        default=THREADS,
        metavar="WHERE",
        help="where families are fitted: threads (the default), processes, dask or ray on this machine, or a cluster: "
        "dask:tcp://HOST:8786, ray:ray://HOST:10001",
    )
    group.add_argument("--workers", type=int, metavar="N", help="families fitted side by side (default: the cores)")
    group.add_argument("--seed", type=int, default=SEED, metavar="N", help="seed of fits and searches (%(default)s)")
    group.add_argument("--json", action="store_true", help="the last line of standard output is one JSON object")
    group.add_argument("--quiet", action="store_true", help="no progress, only the outcome")
