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

from flows.checking import check, check_places
from flows.exit_status import BAD_USAGE, DONE, FAILED, INTERRUPTED, TERMINATED
from flows.replay_arguments import build_parser, to_values
from resource_prediction.errors import ResourcePredictionError

if TYPE_CHECKING:
    import argparse

    from prefect.client.schemas.objects import State

    from flows.replay_parameters import ReplayParameters


def main(argv: list[str] | None = None) -> int:
    """Replay as asked for; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_at_once)
    try:
        from flows.replay_parameters import ReplayParameters  # noqa: PLC0415 - not needed for --help

        parameters = check(ReplayParameters, to_values(arguments), build_parser())
        check_places(parameters)
        from flows.server import set_process_environment  # noqa: PLC0415 - usage is checked first, and fast

        set_process_environment()
    except ResourcePredictionError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    return _run(parameters, arguments)


def _run(parameters: ReplayParameters, arguments: argparse.Namespace) -> int:
    from flows.interrupt import FitThreads  # noqa: PLC0415 - after the environment is set
    from flows.logs import set_up_logs  # noqa: PLC0415
    from flows.night import CORES  # noqa: PLC0415
    from flows.retrain import BAD_INPUT  # noqa: PLC0415
    from flows.walk_forward import replay  # noqa: PLC0415

    set_up_logs(quiet=arguments.quiet)
    runner: Any = FitThreads(max_workers=parameters.workers or CORES)
    state: State[Any] = replay.with_options(task_runner=runner)(parameters, return_state=True)
    if not state.is_completed():
        print(state.message, file=sys.stderr)
        return BAD_USAGE if state.name == BAD_INPUT else FAILED
    _show(state.result(), arguments)
    return DONE


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
