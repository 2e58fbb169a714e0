"""Which runner is asked for, and whether it can be used here. Light: `--help` imports it. Not here: running tasks."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from importlib.util import find_spec

from resource_prediction.errors import MissingExtraError, RunnerNameError, UnreachableClusterError

THREADS, PROCESSES, DASK, RAY = "threads", "processes", "dask", "ray"

PATTERN = r"^(threads|processes|(dask|ray)(:(auto|((tcp|tls|ray)://)?[^/\s:@]+:[0-9]{1,5}))?)$"
"""Of the text that names a runner; also what the form in Prefect's UI checks."""

EXPECTED = "threads, processes, dask, ray, dask:ADDRESS or ray:ADDRESS, such as dask:tcp://10.0.0.5:8786"

PACKAGES = {DASK: "prefect_dask", RAY: "prefect_ray"}
"""What the extra of a runner brings."""

ANSWER_SECONDS = 5.0
"""How long a cluster may take to answer."""


@dataclass(frozen=True)
class Runner:
    """Where fits run.

    Attributes:
        kind: ``threads``, ``processes``, ``dask`` or ``ray``.
        address: Of a cluster that is there; None makes one on this machine for the run.
    """

    kind: str
    address: str | None = None

    @classmethod
    def parse(cls, text: str) -> Runner:
        """Read what was asked for.

        Raises:
            RunnerNameError: The text names no runner.
        """
        kind, _, address = text.partition(":")
        is_local_name = address == "auto" or address.startswith("ray://")
        if re.fullmatch(PATTERN, text) is None or (kind == DASK and is_local_name):
            raise RunnerNameError(text, EXPECTED)
        return cls(kind, address or None)

    @property
    def crosses_machines(self) -> bool:
        """Whether its workers may be on other machines."""
        return self.address is not None

    def check(self) -> None:
        """Look whether it can be used, before anything is started.

        Raises:
            MissingExtraError: Its packages are not installed.
            UnreachableClusterError: Nothing answers at its address.
        """
        package = PACKAGES.get(self.kind)
        if package is not None and find_spec(package) is None:
            raise MissingExtraError(self.kind, package.replace("_", "-"))
        if self.address is None or self.address == "auto":
            return  # which cluster `auto` means is known to Ray alone
        host, _, port = self.address.rpartition("://")[2].rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise UnreachableClusterError(self.kind, self.address, str(error)) from error
