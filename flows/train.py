"""The command line of the main job: `python flows/train.py --help`. Not here: its steps (retrain.py)."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    # Run as a script, the first entry of the path is this folder; the packages are beside it.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from flows.arguments import build_parser, to_values
from flows.command_line import Command, run_command

if TYPE_CHECKING:
    from prefect import Flow
    from rich.console import Console

    from flows.parameters import RetrainParameters


def main(argv: list[str] | None = None) -> int:
    """Run the main job as asked for; returns the exit status."""
    return run_command(Command(build_parser, to_values, _parameters, _flow, _show, _stop), argv)


def _parameters() -> type[RetrainParameters]:
    from flows.parameters import RetrainParameters  # noqa: PLC0415 - not needed for --help

    return RetrainParameters


def _flow() -> Flow[..., Any]:
    from flows.retrain import retrain  # noqa: PLC0415 - after the environment is set

    return retrain


def _show(result: dict[str, Any], console: Console, server: str | None) -> None:
    from flows.console import show_result  # noqa: PLC0415
    from resource_prediction.summary.aside import Aside  # noqa: PLC0415
    from tasks.run import run_record  # noqa: PLC0415

    aside = Aside.of(run_record(result["store"], result["run_id"])["aside"])
    show_result(result, aside, console, server=server)


def _stop(interrupt: ModuleType) -> str:
    return str(interrupt.stop_run())


if __name__ == "__main__":
    sys.exit(main())
