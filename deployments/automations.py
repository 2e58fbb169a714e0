"""The command that ships the automations to Prefect's server. Not here: what they are (watches.py)."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if __name__ == "__main__":
    # Run as a script, the first entry of the path is this folder; the packages are beside it.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from flows.arguments import OneLineParser
from flows.exit_status import BAD_USAGE, DONE
from flows.server import require_server
from resource_prediction.errors import ResourcePredictionError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.events.schemas.automations import AutomationCore

CHAMPION_DAYS = 7.0
LATE_MINUTES = 15.0

_DESCRIPTION = """\
Ship four automations to the Prefect server: a failed night, a night that did not start, a run that went silent, and a
champion that is older than some days. What is there by the same name is changed in place."""

_EXAMPLES = """\
examples:
  python deployments/automations.py                                  all four; firings are events in the UI
  python deployments/automations.py --champion-days 3 --late-minutes 60
  python deployments/automations.py --notify slack-webhook/on-call   a message too; make the block in the UI first
  python deployments/automations.py --remove

What each one means, and what to do then: docs/runbook.md"""


class UnknownBlockError(ResourcePredictionError):
    """A notification block that the Prefect server does not have."""

    def __init__(self, block: str) -> None:
        self.block = block
        super().__init__(
            "notification block",
            got=repr(block),
            expected="TYPE/NAME of a block on the server, such as slack-webhook/on-call",
            next_step="Make it in the UI under Blocks; `prefect block ls` lists those that are there.",
        )


def main(argv: list[str] | None = None) -> int:
    """Ship or remove the automations; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        server = require_server(os.environ)
        said = _remove() if arguments.remove else _ship(arguments)
    except ResourcePredictionError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    print("\n".join([*said, f"{server.removesuffix('/api')}/automations"]))
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser("python deployments/automations.py", _DESCRIPTION, _EXAMPLES)
    parser.add_argument(
        "--champion-days",
        type=_positive,
        default=CHAMPION_DAYS,
        metavar="N",
        help="tell of a champion that nothing new followed for N days (%(default)g)",
    )
    parser.add_argument(
        "--late-minutes",
        type=_positive,
        default=LATE_MINUTES,
        metavar="N",
        help="tell of a run that has not started N minutes after it was late (%(default)g)",
    )
    parser.add_argument("--notify", metavar="TYPE/NAME", help="notification block of the server to send messages with")
    parser.add_argument("--remove", action="store_true", help="take the four away")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 100_000:
        raise argparse.ArgumentTypeError(f"got {text}; expected a number above 0")
    return value


def _ship(arguments: argparse.Namespace) -> list[str]:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - not needed for --help

    from deployments.watches import Limits, all_automations  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        notify = _block_id(client, arguments.notify) if arguments.notify else None
        limits = Limits(arguments.champion_days, arguments.late_minutes, notify)
        return [_create_or_update(client, automation) for automation in all_automations(limits)]


def _create_or_update(client: SyncPrefectClient, automation: AutomationCore) -> str:
    there = client.read_automations_by_name(automation.name)
    if there:
        client.update_automation(there[0].id, automation)
        return f"changed  {automation.name}"
    client.create_automation(automation)
    return f"made     {automation.name}"


def _remove() -> list[str]:
    from prefect.client.orchestration import get_client  # noqa: PLC0415

    from deployments.watches import NAMES  # noqa: PLC0415

    said = []
    with get_client(sync_client=True) as client:
        for name in NAMES:
            for automation in client.read_automations_by_name(name):
                client.delete_automation(automation.id)
                said.append(f"removed  {name}")
    return said or ["none of them was there"]


def _block_id(client: SyncPrefectClient, block: str) -> UUID:
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415

    block_type, _, name = block.partition("/")
    try:
        return client.read_block_document_by_name(name, block_type).id
    except (ObjectNotFound, ValueError) as error:
        raise UnknownBlockError(block) from error


if __name__ == "__main__":
    sys.exit(main())
