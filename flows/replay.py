"""The command line of a replay: `python flows/replay.py --help`. Not here: its steps (walk_forward.py)."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    # Run as a script, the first entry of the path is this folder; the packages are beside it.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from flows.command_line import Command, run_command
from flows.replay_arguments import build_parser, to_values

if TYPE_CHECKING:
    from prefect import Flow
    from rich.console import Console

    from flows.replay_parameters import ReplayParameters


def main(argv: list[str] | None = None) -> int:
    """Replay as asked for; returns the exit status."""
    return run_command(Command(build_parser, to_values, _parameters, _flow, _show, _stop), argv)


def _parameters() -> type[ReplayParameters]:
    from flows.replay_parameters import ReplayParameters  # noqa: PLC0415 - not needed for --help

    return ReplayParameters


def _flow() -> Flow[..., Any]:
    from flows.walk_forward import replay  # noqa: PLC0415 - after the environment is set

    return replay


def _show(result: dict[str, Any], console: Console, _server: str | None) -> None:
    from flows.replay_console import show_replay  # noqa: PLC0415

    show_replay(result, console)


def _stop(interrupt: ModuleType) -> str:
    interrupt.stop_servers()
    return "Stopped. Kept: what was ingested, and every fit that had finished; the same command takes them over."


if __name__ == "__main__":
    sys.exit(main())
