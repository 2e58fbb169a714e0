"""Which Prefect server a run reports to: one that answers, else a temporary one. Decided before Prefect is imported."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from resource_prediction.errors import ResourcePredictionError

LOCAL_API = "http://127.0.0.1:4200/api"
_HEALTH_SECONDS = 2.0

SERVER_ENVIRONMENT = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "DO_NOT_TRACK": "1",
}
"""Of a server that is started here: nothing phones home, and a restart keeps the slot of the night that runs."""

RUN_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""Of a run. Families run side by side: two fits of two threads each on two cores take many times as long as of one."""

_TEMPORARY_SERVER_SECONDS = "120"


class UnreachableServerError(ResourcePredictionError):
    """The Prefect server that environment or profile names does not answer."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        super().__init__(
            f"Prefect server {url}",
            got=reason,
            expected="a server that answers",
            next_step="Start it, or unset PREFECT_API_URL (also `prefect config unset PREFECT_API_URL`): a run without "
            "a server starts a temporary one.",
        )


class NoServerError(ResourcePredictionError):
    """No Prefect server where one is needed."""

    def __init__(self) -> None:
        super().__init__(
            f"Prefect server {LOCAL_API}",
            got="no answer",
            expected="a server that runs",
            next_step="Start one: `prefect server start --host 127.0.0.1`, or set PREFECT_API_URL.",
        )


def prepare_environment(environment: MutableMapping[str, str]) -> str | None:
    """Set what Prefect and the learners read from the environment when they are imported.

    Args:
        environment: The process's environment; changed in place.

    Returns:
        The API of the server that the run reports to; None where Prefect will start a temporary one.

    Raises:
        UnreachableServerError: The environment names a server that does not answer.
    """
    for name, value in {**SERVER_ENVIRONMENT, **RUN_ENVIRONMENT}.items():
        environment.setdefault(name, value)
    if named := environment.get("PREFECT_API_URL") or _server_of_profile(environment):
        if (problem := ask(named)) is not None:
            raise UnreachableServerError(named, problem)
        environment["PREFECT_API_URL"] = named
        return named
    if ask(LOCAL_API) is None:
        environment["PREFECT_API_URL"] = LOCAL_API
        return LOCAL_API
    environment.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", _TEMPORARY_SERVER_SECONDS)
    return None


def _server_of_profile(environment: Mapping[str, str]) -> str | None:
    """What `prefect config set PREFECT_API_URL=...` has stored; read here, as importing Prefect fixes its settings."""
    home = Path(environment.get("PREFECT_HOME") or "~/.prefect").expanduser()
    try:
        stored = tomllib.loads((home / "profiles.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # Prefect says what is wrong with its file, if it is there at all
    active = environment.get("PREFECT_PROFILE") or stored.get("active", "ephemeral")
    url = stored.get("profiles", {}).get(active, {}).get("PREFECT_API_URL")
    return str(url) if url else None


def require_server(environment: MutableMapping[str, str]) -> str:
    """`prepare_environment`, for what makes no sense without a server that stays.

    Raises:
        NoServerError: No server answers.
        UnreachableServerError: As there.
    """
    server = prepare_environment(environment)
    if server is None:
        raise NoServerError
    return server


def ask(api: str) -> str | None:
    """Why a server does not answer; None where it does.

    Args:
        api: URL of its API.
    """
    try:
        with urlopen(f"{api}/health", timeout=_HEALTH_SECONDS) as answer:  # noqa: S310 - http of the user's own server
            return None if answer.status == 200 else f"status {answer.status}"
    except (URLError, OSError, ValueError) as error:
        return str(error)


def set_process_environment() -> str | None:
    """`prepare_environment` of this process."""
    return prepare_environment(os.environ)
