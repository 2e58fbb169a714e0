"""Checks of a command line before anything is started: values, places, store. Not here: flags, rules of values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import argparse

    from flows.parameters import RetrainParameters

Parameters = TypeVar("Parameters", bound="RetrainParameters")


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
    """Raise where there is nothing to read, or no store can be, before anything is started."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from warehouse.layout import Layout  # noqa: PLC0415
    from warehouse.settings import Settings  # noqa: PLC0415
    from warehouse.sources.opening import check_places as check_sources  # noqa: PLC0415
    from warehouse.store import check_place  # noqa: PLC0415

    layout = Layout(Path(parameters.store or Settings().store_to_write(demo=parameters.is_demo)))
    check_place(layout)
    if not parameters.is_demo:
        # Whether a store has rows is known for certain only under its lock: the flow looks again.
        may_be_empty = layout.engine_file.exists() or layout.current.exists()
        check_sources(parameters.source, datetime.now(UTC), may_be_empty=may_be_empty)
