"""Ctrl-C, SIGTERM and a killed process: end at once, say what is kept, leave no server. Not here: what a run does."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from prefect._internal.control_listener import get_intent
from prefect.exceptions import TerminationSignal
from prefect.server.api.server import SubprocessASGIServer
from prefect.task_runners import ThreadPoolTaskRunner

from flows.exit_status import TERMINATED
from resource_prediction.errors import ResourcePredictionError
from tasks.run import end_run
from warehouse.settings import Settings

RUNNING: list[tuple[str, str]] = []
"""Store and id of the run that this process is in the middle of; at most one."""

ENDED: list[tuple[str, str]] = []
"""Runs of this process that have ended."""

REPORTING_SECONDS = 5.0
"""What Prefect gets to report a termination; its worker kills after 30 s."""

_END_WITH_PARENT = 'read _; grep -qs prefect "/proc/$0/cmdline" && kill "$0"'
"""For a shell: wait until the other end of standard input is gone, in whatever way, and end the server."""

_WATCHERS: dict[int, subprocess.Popen[bytes]] = {}
"""The shell that watches over each temporary server, by the server's process id."""


class FitThreads(ThreadPoolTaskRunner[Any]):
    """Prefect's threads, which a termination does not wait for: nothing can interrupt a fit."""

    def limit(self, tasks: int) -> None:
        """Run at most so many tasks side by side; to be called before the first is submitted."""
        self._max_workers = tasks
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = ThreadPoolExecutor(tasks, initializer=self._register_worker_thread)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for what runs, except where the process is to end."""
        if isinstance(error, TerminationSignal) and self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
        super().__exit__(kind, error, traceback)


@contextmanager
def stoppable(store: str, run_id: str) -> Iterator[None]:
    """Note the run that a signal would stop, from its beginning to its end.

    Where the process handles Ctrl-C itself, as the command line does, SIGTERM is handled alike in the block: Prefect
    takes it for itself when a flow begins. Elsewhere Prefect keeps it, as its worker cancels a run with it.
    """
    RUNNING.append((store, run_id))
    with taking_signals():
        try:
            yield
        finally:
            ENDED.append(RUNNING.pop())


@contextmanager
def taking_signals() -> Iterator[None]:
    """Handle SIGTERM as Ctrl-C in the block, where the process handles Ctrl-C itself."""
    of_prefect, of_ctrl_c = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    is_ours = callable(of_ctrl_c) and of_ctrl_c is not signal.default_int_handler
    takes_over = is_ours and threading.current_thread() is threading.main_thread()
    if takes_over:
        signal.signal(signal.SIGTERM, of_ctrl_c)
        _end_servers_with_this_process()
    try:
        yield
    finally:
        if takes_over:
            signal.signal(signal.SIGTERM, of_prefect)


def stop_run() -> str:
    """Mark the run as stopped and end the temporary server; returns what to tell the user."""
    stop_servers()
    if not RUNNING:
        return _say_where_none_runs()
    store, run_id = RUNNING[-1]
    try:
        end_run(store, run_id, "stopped", None)
    except ResourcePredictionError as error:
        return f"Stopped. The run could not be marked as stopped: {error}"
    # Workers with folders of their own hand a study in when its search ends.
    trials = "trial" if Settings().exchange is None else "search"
    return (
        f"Stopped run {run_id}. Kept: what was ingested, and every family and {trials} that had finished; "
        f"the same command takes them over. `python -m warehouse champion --store {store}` tells who serves."
    )


def stop_servers() -> None:
    """End the temporary server, where there is one."""
    for server in list(SubprocessASGIServer._instances.values()):
        server.stop()


def leave_soon() -> None:
    """End the process after a termination, when Prefect has had its time to report it: Python waits for threads."""
    # A worker that cancels a run expects a clean end; any other termination is told by the status.
    status = 0 if get_intent() is not None else TERMINATED
    timer = threading.Timer(REPORTING_SECONDS, os._exit, [status])
    timer.daemon = True
    timer.start()


def _say_where_none_runs() -> str:
    if not ENDED:
        return "Stopped before the run began; nothing was changed."
    store, run_id = ENDED[-1]
    return f"Run {run_id} had ended. `python -m warehouse history --store {store}` tells how."


def _end_servers_with_this_process() -> None:
    """Let a shell end the temporary server where this process is killed and cannot."""
    for server in SubprocessASGIServer._instances.values():
        if server.server_process is not None and (pid := server.server_process.pid) not in _WATCHERS:
            # In a session of its own, so that what kills this process's group leaves it alone.
            _WATCHERS[pid] = subprocess.Popen(
                ["sh", "-c", _END_WITH_PARENT, str(pid)], stdin=subprocess.PIPE, start_new_session=True
            )
