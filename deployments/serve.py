"""The one-command way for a laptop: serve retrain/nightly, and a server where none runs. Not here: prefect.yaml."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if __name__ == "__main__":
    # Run as a script, the first entry of the path is this folder; the packages are beside it.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from deployments.nightly import CRON, DESCRIPTION, JOB_ENVIRONMENT, NAME, TAGS, TIME_ZONE
from flows.arguments import OneLineParser
from flows.exit_status import BAD_USAGE, DONE
from flows.server import LOCAL_API, NoServerError, ask, prepare_environment
from resource_prediction.errors import ResourcePredictionError

if TYPE_CHECKING:
    from flows.parameters import RetrainParameters

SERVER_SECONDS = 120
"""How long a server may take to answer."""

_DESCRIPTION = """\
Serve the deployment retrain/nightly from this process: the schedule, runs that are started by hand, and, where no
Prefect server answers, a server of its own with its UI at http://127.0.0.1:4200. Ctrl-C ends it all. On a machine
that is to stay, use prefect.yaml with a worker instead; not both, as they share the deployment's name."""

_EXAMPLES = """\
examples:
  python deployments/serve.py                                            the demo farm, every night at 02:00 UTC
  python deployments/serve.py --source exports/ --time-zone Europe/Berlin
  python deployments/serve.py --source exports/ --cron "30 3 * * 1-5"    half past three on working days
  python deployments/serve.py --parameters '{"source": ["exports/"], "holdout": "24h"}'

in another terminal:
  prefect deployment run retrain/nightly --watch"""


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted; returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        parameters = _parameters(arguments)
    except ValueError as error:
        # pydantic's own text names each field with what it got and what is legal.
        parser.error(" ".join(str(error).split()))
    os.environ |= {name: value for name, value in JOB_ENVIRONMENT.items() if name not in os.environ}
    try:
        with _server() as url:
            print(f"retrain/{NAME}: {arguments.cron} {arguments.time_zone}; {url.removesuffix('/api')}/deployments")
            _serve(arguments, parameters)
    except ResourcePredictionError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser("python deployments/serve.py", _DESCRIPTION, _EXAMPLES)
    parser.add_argument("--source", nargs="+", metavar="WHERE", help="as in flows/train.py (default: demo)")
    parser.add_argument("--store", metavar="DIR", help="as there (default: RESOURCE_PREDICTION_STORE, else var/...)")
    parser.add_argument("--cron", default=CRON, help="when (%(default)r)")
    parser.add_argument(
        "--time-zone", type=_time_zone, default=TIME_ZONE, metavar="ZONE", help="of the schedule (%(default)s)"
    )
    parser.add_argument(
        "--parameters", type=json.loads, default={}, metavar="JSON", help="any other parameters of the runs"
    )
    return parser


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a time zone such as Europe/Berlin") from error
    return text


def _parameters(arguments: argparse.Namespace) -> RetrainParameters:
    from flows.parameters import RetrainParameters  # noqa: PLC0415 - not needed for --help

    named = {name: getattr(arguments, name) for name in ("source", "store") if getattr(arguments, name)}
    return RetrainParameters(**(arguments.parameters | named))


@contextmanager
def _server() -> Iterator[str]:
    """The API of a server that answers; one that is started here ends with the block."""
    running = prepare_environment(os.environ)
    if running:
        yield running
        return
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    print("No Prefect server answers: starting one.", flush=True)
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server)
        os.environ["PREFECT_API_URL"] = LOCAL_API
        yield LOCAL_API
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SERVER_SECONDS
    while ask(LOCAL_API) is not None:
        if server.poll() is not None or time.monotonic() > until:
            raise NoServerError
        time.sleep(0.5)


def _serve(arguments: argparse.Namespace, parameters: RetrainParameters) -> None:
    from prefect import serve  # noqa: PLC0415 - after the environment is set
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy  # noqa: PLC0415
    from prefect.schedules import Cron  # noqa: PLC0415

    from flows.retrain import retrain  # noqa: PLC0415

    # Typed by Prefect as possibly a coroutine, which it is in an event loop only.
    nightly: Any = retrain.to_deployment(
        NAME,
        schedule=Cron(arguments.cron, timezone=arguments.time_zone),
        parameters={"parameters": parameters.model_dump(mode="json")},
        # A night that finds another one at work is cancelled, not queued: it would find nothing new.
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        description=DESCRIPTION,
        tags=TAGS,
    )
    serve(nightly, pause_on_shutdown=False, limit=2)


if __name__ == "__main__":
    sys.exit(main())
