"""Errors of where fits run: a runner's name, its packages, its cluster, its workers. Not here: the store itself."""

from __future__ import annotations

from resource_prediction.errors.root import ResourcePredictionError
from resource_prediction.errors.store import StoreError


class RunnerError(ResourcePredictionError):
    """A runner that cannot be used as it was asked for."""


class RunnerNameError(RunnerError):
    """A text that names no runner."""

    def __init__(self, text: str, expected: str) -> None:
        self.text = text
        super().__init__(
            "runner", got=repr(text), expected=expected, next_step="`docs/runners.md` says when to take which."
        )


class MissingExtraError(RunnerError):
    """A runner whose packages are not installed."""

    def __init__(self, runner: str, package: str) -> None:
        self.runner = runner
        self.package = package
        super().__init__(
            f"runner {runner}",
            got=f"no package {package}",
            expected=f"the extra {runner}, which brings it",
            next_step=f"In the checkout: .venv/bin/python -m pip install --editable '.[{runner}]'",
        )


class UnreachableClusterError(RunnerError):
    """A cluster that does not answer at its address."""

    def __init__(self, runner: str, address: str, reason: str) -> None:
        self.runner = runner
        self.address = address
        super().__init__(
            f"runner {runner}:{address}",
            got=reason,
            expected="a cluster that answers there",
            next_step=f"Start it or correct the address; --runner {runner} alone makes a cluster on this machine.",
        )


class LostWorkerError(RunnerError):
    """A task whose worker died each time that it ran; the others go on."""

    def __init__(self, task: str, reason: str) -> None:
        self.task = task
        super().__init__(
            f"worker of {task}",
            got=reason,
            expected="a worker that lives until its task is done",
            next_step="Mostly its memory ran out: take fewer --workers, or give them more memory.",
        )


class UnseenStoreError(StoreError):
    """A worker on another machine than the store, with no exchange between them."""

    def __init__(self, store: str, worker: str, flow: str) -> None:
        self.store = store
        self.worker = worker
        super().__init__(
            f"store {store}",
            got=f"a worker on {worker}, and no exchange",
            expected=f"workers on {flow}, where the flow runs, or an exchange between the two",
            next_step="Set RESOURCE_PREDICTION_EXCHANGE for the flow to a place that both reach, such as "
            "s3://bucket/prefix or a folder on a shared disk.",
        )


class ExchangeError(StoreError):
    """An exchange that cannot be read or written, or that holds another content than its name says."""

    def __init__(self, place: str, got: str, expected: str = "an exchange that can be read and written") -> None:
        self.place = place
        super().__init__(
            f"exchange {place}",
            got=got,
            expected=expected,
            next_step="Look at RESOURCE_PREDICTION_EXCHANGE, its server and its credentials; then run again: what had "
            "finished is kept.",
        )
