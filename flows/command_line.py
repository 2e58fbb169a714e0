"""What the command lines of flows share: checks before anything is started, and the run. Not here: flags, output."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flows.exit_status import BAD_USAGE, DONE, FAILED

if TYPE_CHECKING:
    import argparse

    from prefect.client.schemas.objects import State

    from flows.parameters import RetrainParameters

Parameters = TypeVar("Parameters", bound="RetrainParameters")


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
