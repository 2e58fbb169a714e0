"""The command line of the main job: `python flows/train.py --help`. Not here: its steps (retrain.py)."""

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

from flows.arguments import build_parser, to_values
from flows.command_line import prepare, run_to_end
from flows.exit_status import BAD_USAGE, DONE, INTERRUPTED, TERMINATED
from resource_prediction.errors import ResourcePredictionError

if TYPE_CHECKING:
    import argparse

    from prefect import Flow


def main(argv: list[str] | None = None) -> int:
    """Run the main job as asked for; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_at_once)
    try:
        from flows.parameters import RetrainParameters  # noqa: PLC0415 - not needed for --help

        parameters, server = prepare(RetrainParameters, to_values(arguments), build_parser())
    except ResourcePredictionError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    status, result = run_to_end(_flow, parameters, quiet=arguments.quiet)
    if status == DONE:
        _show(result, arguments, server)
    return status


def _flow() -> Flow[..., Any]:
    from flows.retrain import retrain  # noqa: PLC0415 - after the environment is set

    return retrain


def _show(result: dict[str, Any], arguments: argparse.Namespace, server: str | None) -> None:
    from rich.console import Console  # noqa: PLC0415

    from flows.console import TABLE_COLUMNS, show_result  # noqa: PLC0415
    from resource_prediction.summary.aside import Aside  # noqa: PLC0415
    from tasks.run import run_record  # noqa: PLC0415

    console = Console(stderr=arguments.json)
    if not console.is_terminal:
        console.width = TABLE_COLUMNS
    aside = Aside.of(run_record(result["store"], result["run_id"])["aside"])
    show_result(result, aside, console, server=server)
    if arguments.json:
        print(json.dumps(result, allow_nan=False))


def _stop_at_once(number: int, _frame: FrameType | None) -> NoReturn:
    """End within a second: fits run in threads that nothing can interrupt, and finished ones are in the store."""
    logging.disable(logging.CRITICAL)
    said = "Stopped before the run began; nothing was changed."
    if interrupt := sys.modules.get("flows.interrupt"):
        said = interrupt.stop_run()
    print(f"\n{said}", file=sys.stderr, flush=True)
    os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
