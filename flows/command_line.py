"""What the command lines of flows share: signals, checks before anything starts, the run. Not here: flags, texts."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from flows.exit_status import BAD_USAGE, DONE, FAILED, INTERRUPTED, TERMINATED
from resource_prediction.errors import ResourcePredictionError

if TYPE_CHECKING:
    import argparse

    from prefect.client.schemas.objects import State
    from rich.console import Console

    from flows.parameters import RetrainParameters

Parameters = TypeVar("Parameters", bound="RetrainParameters")

STOPPED_BEFORE = "Stopped before the run began; nothing was changed."


@dataclass(frozen=True)
class Command:
    """What one command line has of its own. What loads Prefect or learners is a function, so that --help is fast.

    Attributes:
        build_parser: The parser.
        to_values: Values for the parameters out of parsed arguments.
        load_parameters: Imports the class of the parameters.
        load_flow: Imports the flow, once the environment is set.
        show: Shows the result to people; takes the result, where to, and the API of the server that was reported to.
        stop: Ends what runs where a signal comes, and says what is kept; takes the module of interrupts.
    """

    build_parser: Callable[[], argparse.ArgumentParser]
    to_values: Callable[[argparse.Namespace], dict[str, Any]]
    load_parameters: Callable[[], type[RetrainParameters]]
    load_flow: Callable[[], Any]
    show: Callable[[dict[str, Any], Console, str | None], None]
    stop: Callable[[ModuleType], str]


def run_command(command: Command, argv: list[str] | None) -> int:
    """Run a flow as asked for at the command line; returns the exit status."""
    arguments = command.build_parser().parse_args(argv)
    _take_signals(command)
    try:
        values, kind = command.to_values(arguments), command.load_parameters()
        parameters, server = prepare(kind, values, command.build_parser())
    except ResourcePredictionError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_USAGE
    status, result = run_to_end(command.load_flow, parameters, quiet=arguments.quiet)
    if status == DONE:
        _show(command, result, server, as_json=arguments.json)
    return status


def _take_signals(command: Command) -> None:
    """End within a second: fits run in threads that nothing can interrupt, and finished ones are in the store."""

    def stop_at_once(number: int, _frame: FrameType | None) -> NoReturn:
        logging.disable(logging.CRITICAL)
        interrupt = sys.modules.get("flows.interrupt")
        sys.stderr.write(f"\n{STOPPED_BEFORE if interrupt is None else command.stop(interrupt)}\n")
        sys.stderr.flush()
        os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_at_once)


def _show(command: Command, result: dict[str, Any], server: str | None, *, as_json: bool) -> None:
    from rich.console import Console  # noqa: PLC0415 - not needed for --help

    from flows.console import TABLE_COLUMNS  # noqa: PLC0415

    console = Console(stderr=as_json)
    if not console.is_terminal:
        console.width = TABLE_COLUMNS
    command.show(result, console, server)
    if as_json:
        sys.stdout.write(json.dumps(result, allow_nan=False) + "\n")


def prepare(
    kind: type[Parameters], values: dict[str, Any], parser: argparse.ArgumentParser
) -> tuple[Parameters, str | None]:
    """Check what was asked for, and set the environment before Prefect is imported.

    Returns:
        The parameters; and the API of the server that the run reports to, None where Prefect starts a temporary one.

    Raises:
        ResourcePredictionError: Something that was asked for cannot be.
    """
    parameters = check(kind, values, parser)
    check_places(parameters)
    from flows.server import set_process_environment  # noqa: PLC0415 - usage is checked first, and fast

    return parameters, set_process_environment()


def run_to_end(load: Callable[[], Any], parameters: RetrainParameters, *, quiet: bool) -> tuple[int, Any]:
    """Run a flow; returns the exit status, and the result where there is one. What went wrong is told in one line.

    Args:
        load: Imports the flow, once the environment is set.
        parameters: Of the flow.
        quiet: No progress.
    """
    from flows.interrupt import FitThreads  # noqa: PLC0415 - after the environment is set
    from flows.logs import set_up_logs  # noqa: PLC0415
    from flows.night import CORES  # noqa: PLC0415
    from flows.retrain import BAD_INPUT  # noqa: PLC0415

    set_up_logs(quiet=quiet)
    runner: Any = FitThreads(max_workers=parameters.workers or CORES)
    state: State[Any] = load().with_options(task_runner=runner)(parameters, return_state=True)
    if not state.is_completed():
        sys.stderr.write(f"{state.message}\n")
        return (BAD_USAGE if state.name == BAD_INPUT else FAILED), None
    return DONE, state.result()


def check(kind: type[Parameters], values: dict[str, Any], parser: argparse.ArgumentParser) -> Parameters:
    """Parameters out of values; ends the program with status 2 and one line where they are wrong."""
    from pydantic import ValidationError  # noqa: PLC0415 - not needed for --help

    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "arguments"
        text = first["msg"].removeprefix("Value error, ").replace("Input should be", "expected a value")
        parser.error(f"{name.replace('_', '-')}: got {first['input']!r}; {text}" if first["loc"] else text)


def check_places(parameters: RetrainParameters) -> None:
    """Raise where there is nothing to read, no store can be, or nothing can fit, before anything is started."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from flows.runner import Runner  # noqa: PLC0415
    from warehouse.exchange import check_exchange  # noqa: PLC0415
    from warehouse.layout import Layout  # noqa: PLC0415
    from warehouse.settings import Settings  # noqa: PLC0415
    from warehouse.sources.opening import check_places as check_sources  # noqa: PLC0415
    from warehouse.store import check_place  # noqa: PLC0415

    layout = Layout(Path(parameters.store or Settings().store_to_write(demo=parameters.is_demo)))
    check_place(layout)
    runner = Runner.parse(parameters.runner)
    runner.check()
    if runner.crosses_machines and (exchange := Settings().exchange):
        check_exchange(exchange)
    if not parameters.is_demo:
        # Whether a store has rows is known for certain only under its lock: the flow looks again.
        may_be_empty = layout.engine_file.exists() or layout.current.exists()
        check_sources(parameters.source, datetime.now(UTC), may_be_empty=may_be_empty)
