"""What Prefect costs: the same run with a real server and without any: `python benchmarks/orchestration.py --help`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import as_completed as threads_as_completed
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[1]
ROWS, DAYS = 220_000, 120
PORT = 4219
SERVER_SECONDS = 120

SENT = (
    "tasks.ui.create_table_artifact",
    "tasks.ui.create_markdown_artifact",
    "tasks.progress.create_progress_artifact",
    "tasks.progress.update_progress_artifact",
    "tasks.events.emit_event",
)
"""What tells the server of a run, beside Prefect's own reports."""


def main() -> int:
    """Time both ways in turn, each run in a process and a store of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="jobs of the synthetic farm (%(default)s)")
    parser.add_argument("--days", type=float, default=DAYS, help="its length in days (%(default)s)")
    parser.add_argument("--pairs", type=int, default=2, help="runs of each kind (%(default)s)")
    parser.add_argument("--child", choices=["with", "without"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(_run_here(arguments)))
        return 0
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as environment:
        seconds: dict[str, list[float]] = {"with": [], "without": []}
        for pair in range(arguments.pairs):
            for kind in ("with", "without") if pair % 2 == 0 else ("without", "with"):
                place = Path(folder) / f"{kind}-{pair}"
                seconds[kind].append(_run_apart(arguments, kind, place, environment))
    _report(seconds, arguments.rows)
    return 0


def _report(seconds: dict[str, list[float]], rows: int) -> None:
    print(f"{rows:,} synthetic jobs, {os.cpu_count()} cores; wall seconds of the run, processes already up")
    print("| run | " + " | ".join(f"pair {pair + 1}" for pair in range(len(seconds["with"]))) + " | median |")
    print("|---|" + "---:|" * (len(seconds["with"]) + 1))
    for kind in ("with", "without"):
        cells = [*seconds[kind], statistics.median(seconds[kind])]
        print(f"| {kind} Prefect | " + " | ".join(f"{value:.1f}" for value in cells) + " |")
    median = {kind: statistics.median(values) for kind, values in seconds.items()}
    print(f"\norchestration: {100 * (median['with'] - median['without']) / median['with']:.1f} % of the run")


def _run_apart(arguments: argparse.Namespace, kind: str, place: Path, environment: dict[str, str]) -> float:
    command = [sys.executable, __file__, "--child", kind, "--folder", str(place)]
    command += ["--rows", str(arguments.rows), "--days", str(arguments.days)]
    said = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return float(json.loads(said.splitlines()[-1]))


@contextmanager
def _server(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a run that reports to a server of its own."""
    sys.path.insert(0, str(ROOT))
    from flows.server import RUN_ENVIRONMENT, SERVER_ENVIRONMENT, ask  # noqa: PLC0415 - run as a script

    api = f"http://127.0.0.1:{PORT}/api"
    environment = {**os.environ, **SERVER_ENVIRONMENT, **RUN_ENVIRONMENT, "PREFECT_API_URL": api}
    environment["PREFECT_HOME"] = str(folder / "prefect")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(PORT)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + SERVER_SECONDS
        while ask(api) is not None and time.monotonic() < until:
            time.sleep(0.2)
        yield environment
    finally:
        server.terminate()
        server.wait()


def _run_here(arguments: argparse.Namespace) -> float:
    """Seconds of one run in this process; the farm is generated before."""
    sys.path.insert(0, str(ROOT))
    from flows.parameters import RetrainParameters  # noqa: PLC0415 - run as a script
    from flows.retrain import retrain  # noqa: PLC0415
    from warehouse.layout import Layout  # noqa: PLC0415
    from warehouse.sources.demo import write_demo_export  # noqa: PLC0415

    export = write_demo_export(Layout(arguments.folder / "export"), arguments.rows, arguments.days)
    parameters = RetrainParameters(source=(str(export),), store=str(arguments.folder / "store"))
    with _without_prefect() if arguments.child == "without" else nullcontext():
        began = time.perf_counter()
        state = (retrain.fn if arguments.child == "without" else retrain)(parameters, **_state_asked(arguments))
        seconds = time.perf_counter() - began
    if state.name != "First":
        raise RuntimeError(f"the run ended as {state.name}: {state.message}")
    return seconds


def _state_asked(arguments: argparse.Namespace) -> dict[str, bool]:
    return {"return_state": True} if arguments.child == "with" else {}


class _PlainFuture:
    """What the flow asks of a Prefect future, on one of the standard library."""

    def __init__(self, future: Future[Any]) -> None:
        self.future = future
        self.task_run_id = uuid4()

    @property
    def state(self) -> Any:  # noqa: ANN401 - a state of Prefect
        from prefect.states import Completed  # noqa: PLC0415

        return Completed(data=self.future.result())

    def result(self, raise_on_failure: bool = True) -> Any:  # noqa: ANN401 - whatever the task returns
        return self.future.result()

    def wait(self) -> None:
        self.future.exception()


@contextmanager
def _without_prefect() -> Iterator[None]:
    """Tasks as plain calls, submitted ones in threads; what is drawn and worded is not sent."""
    from prefect import Task  # noqa: PLC0415 - run as a script
    from prefect.states import Completed  # noqa: PLC0415

    pool = ThreadPoolExecutor(os.cpu_count())

    def call(task: Task[..., Any], *values: Any, return_state: bool = False, **named: Any) -> Any:  # noqa: ANN401
        answer = task.fn(*values, **named)
        return Completed(data=answer) if return_state else answer

    def submit(task: Task[..., Any], *values: Any, **named: Any) -> _PlainFuture:  # noqa: ANN401
        return _PlainFuture(pool.submit(task.fn, *values, **named))

    def as_they_end(futures: Iterable[_PlainFuture]) -> Iterator[_PlainFuture]:
        of = {future.future: future for future in futures}
        return (of[done] for done in threads_as_completed(of))

    with ExitStack() as patches:
        for name, value in {
            "prefect.Task.__call__": call,
            "prefect.Task.submit": submit,
            "flows.fit_runner.as_completed": as_they_end,
            "flows.retrain.logs_of_run": nullcontext,
            **dict.fromkeys(SENT, lambda *_values, **_named: None),
        }.items():
            patches.enter_context(patch(name, value))
        for module in ("flows.retrain", "flows.fan_out"):
            patches.enter_context(patch(f"{module}.get_run_logger", logging.getLogger))
        yield
    pool.shutdown()


if __name__ == "__main__":
    sys.exit(main())
