"""`python -m warehouse`: arguments, output and exit status. Not here: what the commands answer (commands.py)."""

from __future__ import annotations

import argparse
import getpass
import json
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from resource_prediction.errors import ResourcePredictionError, StoreFaultError

if TYPE_CHECKING:
    from warehouse.commands import Answer

PROGRAM = "python -m warehouse"
PIPE_WIDTH = 200

HELP: dict[str, tuple[str, str]] = {
    "champion": ("who serves, and how it did on the hold-out of its run", f"{PROGRAM} champion"),
    "history": ("every promotion and every verdict, with its reason", f"{PROGRAM} history --store var/own"),
    "quarantine": ("every rejected row: file, line, and which rule it broke", f"{PROGRAM} quarantine"),
    "verify": ("check every artifact and part against its digest; status 1 if one differs", f"{PROGRAM} verify --json"),
    "rollback": (
        "let an earlier version serve again; the history keeps who, when and why",
        f'{PROGRAM} rollback 0003-lightgbm_classification-1a2b3c4d --why "jobs are killed since 0004"',
    ),
}
"""Of each command: what it answers, and a line to copy."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one command.

    Returns:
        0 when it was answered, 1 when something in the store is damaged, 2 on wrong usage or a store that is none.
    """
    options = build_parser().parse_args(arguments)
    # After parsing, so that --help and wrong usage answer at once.
    from warehouse.commands import COMMANDS, find_store, roll_back  # noqa: PLC0415
    from warehouse.settings import Settings  # noqa: PLC0415
    from warehouse.store import is_synthetic  # noqa: PLC0415

    store = options.store
    try:
        store = store or Settings().store_to_read()
        layout = find_store(store)
        if options.command == "rollback":
            answer = roll_back(layout, options.version, options.why, by=getpass.getuser(), at=datetime.now(UTC))
        else:
            answer = COMMANDS[options.command](layout)
        synthetic = is_synthetic(layout)
    except StoreFaultError as error:
        return _fail(str(error), status=1)
    except ResourcePredictionError as error:
        return _fail(str(error), status=2)
    except (sqlite3.Error, OSError) as error:
        return _fail(f"store {store}: {error}. `{PROGRAM} verify` names what is damaged.", status=1)
    if options.json:
        _show_json(answer, store, synthetic=synthetic)
    else:
        _show_tables(answer, synthetic=synthetic)
    return answer.status


def build_parser() -> argparse.ArgumentParser:
    """The parser; its help teaches by example."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Look into a store: who serves, why, and whether all is as stored. Only rollback changes it.",
        epilog=_examples([example for _, example in HELP.values()]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, example) in HELP.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=_examples([example]),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--store",
            type=Path,
            metavar="DIR",
            help="the store (default: RESOURCE_PREDICTION_STORE, else var/own if it has a champion, else var/demo)",
        )
        if name == "rollback":
            command.add_argument("version", metavar="VERSION", help="an earlier version, as `history` names it")
            command.add_argument("--why", required=True, metavar="TEXT", help="the reason, for those who look back")
        command.add_argument("--json", action="store_true", help="one JSON object as the last line of standard output")
    return parser


def _examples(lines: Sequence[str]) -> str:
    return "\n".join(["examples:" if len(lines) > 1 else "example:", *(f"  {line}" for line in lines)])


def _show_json(answer: Answer, store: Path, *, synthetic: bool) -> None:
    values = {"store": str(store), "synthetic": synthetic, **answer.values}
    print(json.dumps(values, default=_json_value, allow_nan=False))


def _show_tables(answer: Answer, *, synthetic: bool) -> None:
    from rich.console import Console  # noqa: PLC0415 - after parsing, as above

    from resource_prediction.demo_farm import SYNTHETIC_NOTE  # noqa: PLC0415

    # A pipe has no width of its own: wide enough for a version and its reason on one line.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    # Reasons and rejected rows are data: what looks like markup in them is not.
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    for part in [SYNTHETIC_NOTE, *answer.shown] if synthetic else answer.shown:
        # A sentence is left to the terminal to wrap, so that a path in it can be copied.
        console.print(part, soft_wrap=isinstance(part, str))


def _json_value(value: object) -> str:
    if isinstance(value, datetime):
        # Telemetry's times have no zone and are UTC.
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value).isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _fail(message: str, *, status: int) -> int:
    print(f"{PROGRAM}: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
