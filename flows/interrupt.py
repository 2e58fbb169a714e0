"""Ctrl-C: mark the run as stopped, end the temporary server, say what is kept. Not here: leaving the process."""

from __future__ import annotations

from prefect.server.api.server import SubprocessASGIServer

from resource_prediction.errors import ResourcePredictionError
from tasks.run import end_run

RUNNING: list[tuple[str, str]] = []
"""Store and id of the run that this process is in the middle of; at most one."""


def stop_run() -> str:
    """Mark the run as stopped and end the temporary server; returns what to tell the user."""
    for server in list(SubprocessASGIServer._instances.values()):
        server.stop()
    if not RUNNING:
        return "Stopped before the run began; nothing was changed."
    store, run_id = RUNNING[-1]
    try:
        end_run(store, run_id, "stopped", None)
    except ResourcePredictionError as error:
        return f"Stopped. The run could not be marked as stopped: {error}"
    return (
        f"Stopped run {run_id}. Kept: what was ingested, and every family that had finished; "
        f"the same command takes them over. `python -m warehouse champion --store {store}` tells who serves."
    )
