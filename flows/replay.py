"""The command line of a replay: `python flows/replay.py --help`. Not here: its steps (walk_forward.py)."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

if __name__ == "__main__":
    # Run as a script, the first entry of the path is this folder; the packages are beside it.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from flows.command_line import prepare, run_to_end
from flows.exit_status import BAD_USAGE, DONE, INTERRUPTED, TERMINATED
from flows.replay_arguments import build_parser, to_values
from resource_prediction.errors import ResourcePredictionError

if TYPE_CHECKING:
    import argparse

    from prefect import Flow


def main(argv: list[str] | None = None) -> int:
    """Replay as asked for; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_at_once)
    try:
        from flows.replay_parameters import ReplayParameters  # noqa: PLC0415 - not needed for --help

        parameters, _ = prepare(ReplayParameters, to_values(arguments), build_parser())
    except ResourcePredictionError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    status, result = run_to_end(_flow, parameters, quiet=arguments.quiet)
    if status == DONE:
        _show(result, arguments)
    return status


def _flow() -> Flow[..., Any]:
    from flows.walk_forward import replay  # noqa: PLC0415 - after the environment is set

    return replay


def _show(result: dict[str, Any], arguments: argparse.Namespace) -> None:
    from rich.console import Console  # noqa: PLC0415

    from flows.replay_console import show_replay  # noqa: PLC0415

    console = Console(stderr=arguments.json)
    show_replay(result, console)
    if arguments.json:
        print(json.dumps(result, allow_nan=False))


def _stop_at_once(number: int, _frame: FrameType | None) -> NoReturn:
    """End within a second: fits run in threads that nothing can interrupt, and finished ones are in the store."""
    logging.disable(logging.CRITICAL)
    if interrupt := sys.modules.get("flows.interrupt"):
        interrupt.stop_servers()
    print(
        "\nStopped. Kept: what was ingested, and every fit that had finished; the same command takes them over.",
        file=sys.stderr,
        flush=True,
    )
    os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
