"""Runs the tasks of a fan-out on threads, processes, Dask or Ray, and what a dead worker costs. Not here: the tasks."""

from __future__ import annotations

import multiprocessing
import os
import platform
import signal
import threading
from collections.abc import Container, Generator, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from prefect import Task, get_run_logger
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture, as_completed
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.callables import get_call_parameters

from flows.runner import DASK, PROCESSES, RAY, THREADS, Runner
from flows.server import RUN_ENVIRONMENT
from resource_prediction.errors import LostWorkerError, StoreError, UnreachableClusterError
from tasks.elsewhere import Origin, send_inputs
from tasks.features import Cut, Features
from warehouse.settings import Settings

LOCAL_HOST = "127.0.0.1"

WORKER_ENVIRONMENT = {**RUN_ENVIRONMENT, "PYTHONWARNINGS": "ignore:resource_tracker:UserWarning"}
"""Of processes that are started here. Python's tracker of semaphores warns of what Ctrl-C leaves, after cleaning up."""

TOGETHER = 2
"""How often a broken pool of processes is made anew for all that were in it; from then on one family at a time."""

RAY_OBJECTS_BYTES = 100 * 1024**2
"""Memory that a local Ray sets aside for objects; nearly the least that it takes, as only paths and scores cross."""

Calls = Mapping[str, Mapping[str, Any]]
"""Arguments of a task by what it is called for, such as the family."""


@dataclass(frozen=True)
class Ended:
    """How one task ended.

    Attributes:
        value: What it returned, where it did.
        error: Why it failed, in one line; None where it did not.
    """

    value: Any = None
    error: str | None = None


class FitRunner:
    """Runs tasks where a run was asked to; what that takes is begun with the first task, and ends with the run.

    Tasks on threads are the flow's own. A cluster runs the tasks of a worker that died again by itself, three times;
    a pool of processes is broken as a whole by one, and is made anew here.

    Args:
        runner: Where.
        workers: How many tasks side by side; a cluster with an address has workers of its own.
    """

    def __init__(self, runner: Runner, workers: int) -> None:
        self.runner = runner
        self._workers = workers
        self._opened: TaskRunner[Any] | None = None
        self._others: frozenset[multiprocessing.process.BaseProcess] = frozenset()

    def __enter__(self) -> FitRunner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for what runs, except where the process is to end: its children end with it."""
        if error is None or isinstance(error, Exception):
            self.close()

    def origin(self, store: str, features: Features, cut: Cut, *, of_replay: bool = False) -> Origin | None:
        """Where orders for its workers come from; sends them what they need, where an exchange is set.

        Raises:
            ExchangeError: The exchange cannot be written.
        """
        if self.runner.kind == THREADS:
            return None
        exchange = Settings().exchange if self.runner.crosses_machines else None
        parcel = exchange and send_inputs(store, features, cut, exchange, of_replay=of_replay)
        return Origin(platform.node(), parcel or None)

    def run(
        self, task: Task[..., Any], calls: Calls, here: Container[str] = frozenset()
    ) -> Iterator[tuple[str, Ended]]:
        """Run a task once for each set of arguments, side by side; yields each with how it ended, as they end.

        Args:
            task: Of Prefect.
            calls: Arguments.
            here: Calls that run on the flow's own threads, as they only look something up.

        Raises:
            StoreError: A task could not read or write the store, which is no fault of what it was called for.
        """
        left, broken = dict(calls), 0
        while left:
            alone = broken >= TOGETHER
            batch = dict(list(left.items())[: 1 if alone else None])
            lost: dict[str, str] = {}
            for name, ended in self._run_together(task, batch, here, lost):
                del left[name]
                yield name, ended
            if not lost:
                continue
            broken += 1
            self._kill_processes()
            self._end_workers()
            if self.runner.kind == PROCESSES and not alone:
                get_run_logger().warning("a worker process died; begun again: %s", ", ".join(lost))
                continue
            for name, reason in lost.items():
                del left[name]
                yield name, Ended(error=self._why_lost(name, reason))

    def close(self) -> None:
        """Drop what has not begun and wait for what has: a run that has ended leaves nobody at work in the store."""
        self._end_workers()
        context = FlowRunContext.get()
        if context is not None and isinstance(context.task_runner, ThreadPoolTaskRunner):
            context.task_runner.cancel_all()

    def _kill_processes(self) -> None:
        """End what is left of a broken pool, which waits for ever for a worker that began while another died."""
        if self.runner.kind == PROCESSES:
            for child in set(multiprocessing.active_children()) - self._others:
                child.kill()

    def _end_workers(self) -> None:
        if self._opened is not None:
            opened, self._opened = self._opened, None
            opened.__exit__(None, None, None)

    def _why_lost(self, name: str, reason: str) -> str:
        """What to tell of a task that was lost: its cluster is gone as a whole, or its worker alone."""
        try:
            self.runner.check()
        except UnreachableClusterError as error:
            return str(error)
        return str(LostWorkerError(name, reason))

    def _run_together(
        self, task: Task[..., Any], calls: Calls, here: Container[str], lost: dict[str, str]
    ) -> Generator[tuple[str, Ended], None, None]:
        """Yield tasks that ended; those whose worker was lost go into ``lost`` with the reason."""
        futures = {self._submit(task, call, here=name in here): name for name, call in calls.items()}
        for future in as_completed(list(futures)):
            name = futures[future]
            try:
                value = future.result(raise_on_failure=False)
            except self._lost_errors() as error:
                lost[name] = f"{type(error).__name__}: {error}".partition("\n")[0]
                continue
            if isinstance(value, StoreError):
                # No fault of the family: the others would fail for the same reason.
                raise value
            future.wait()  # the server may still call a task running that has just ended here
            state = future.state
            yield name, Ended(value) if state.is_completed() else Ended(error=str(state.message or state.name))

    def _submit(self, task: Task[..., Any], call: Mapping[str, Any], *, here: bool) -> PrefectFuture[Any]:
        if here or self.runner.kind == THREADS:
            begun: PrefectFuture[Any] = task.submit(**call)
            return begun
        try:
            if self._opened is None:
                self._others = frozenset(multiprocessing.active_children())
                self._opened = _make(self.runner, self._workers).__enter__()
                _warn_of_a_server_out_of_reach(self.runner)
            with _server_that_workers_reach():
                future: PrefectFuture[Any] = self._opened.submit(task, get_call_parameters(task.fn, (), dict(call)))
        except OSError as error:
            address = self.runner.address or LOCAL_HOST
            raise UnreachableClusterError(self.runner.kind, address, _last_line(error)) from error
        return future

    def _lost_errors(self) -> tuple[type[Exception], ...]:
        """What a future raises itself where its task could not come to an end."""
        if self.runner.kind == DASK:
            from distributed import KilledWorker  # noqa: PLC0415 - an extra

            return KilledWorker, CancelledError, OSError
        if self.runner.kind == RAY:
            from ray.exceptions import RayError  # noqa: PLC0415 - an extra

            return (RayError,)
        return BrokenExecutor, CancelledError, OSError


def end_with_parent() -> None:
    """Let this process end when the one that started it has, in whatever way; Ctrl-C is the other one's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, name="end with parent", daemon=True).start()


def _make(runner: Runner, workers: int) -> TaskRunner[Any]:
    """Prefect's task runner, set for one fit a worker and one thread a fit, and for this machine only."""
    for name, value in WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if runner.kind == PROCESSES:
        return ProcessPoolTaskRunner(workers, initializer=end_with_parent)
    if runner.kind == DASK:
        from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415 - an extra

        # Dask kills a worker at its share of the memory, which pages of the shared matrix count into.
        local = {"n_workers": workers, "threads_per_worker": 1, "host": LOCAL_HOST, "memory_limit": None}
        made: TaskRunner[Any] = DaskTaskRunner(
            address=runner.address, cluster_kwargs=None if runner.address else {**local, "dashboard_address": None}
        )
        return made
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from prefect_ray.task_runners import RayTaskRunner  # noqa: PLC0415 - an extra

    values: dict[str, Any] = {"address": runner.address}
    if runner.address is None:
        values = {"address": "local", "num_cpus": workers, "include_dashboard": False}
        values |= {"_node_ip_address": LOCAL_HOST, "object_store_memory": RAY_OBJECTS_BYTES}
    ray_runner: TaskRunner[Any] = RayTaskRunner(init_kwargs={**values, "log_to_driver": False})
    return ray_runner


def _warn_of_a_server_out_of_reach(runner: Runner) -> None:
    """Say where workers on other machines would look for Prefect's server on their own."""
    api = PREFECT_API_URL.value() or LOCAL_HOST
    if runner.address is not None and _is_local(api) and not _is_local(runner.address):
        get_run_logger().warning(
            "workers of %s cannot reach a Prefect server of this machine only: set PREFECT_API_URL to an address that "
            "they reach",
            runner.address,
        )


def _last_line(error: OSError) -> str:
    """What an error says in one line; Ray puts a traceback of its server before it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


def _is_local(address: str) -> bool:
    return address == "auto" or any(name in address for name in (LOCAL_HOST, "localhost"))


@contextmanager
def _server_that_workers_reach() -> Iterator[None]:
    """Name the temporary server to workers, which would start one each where no server is named."""
    servers = [server for server in SubprocessASGIServer._instances.values() if server.running]
    if PREFECT_API_URL.value() or not servers:
        yield
        return
    settings: AbstractContextManager[Any] = temporary_settings({PREFECT_API_URL: servers[0].api_url})
    with settings:
        yield
