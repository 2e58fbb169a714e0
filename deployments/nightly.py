"""The deployment retrain/nightly as values: name, schedule, environment of its runs. Not here: starting anything."""

from __future__ import annotations

from flows.server import RUN_ENVIRONMENT

NAME = "nightly"
CRON = "0 2 * * *"
TIME_ZONE = "UTC"
TAGS = ["resource-prediction"]
DESCRIPTION = "Learn from the telemetry that is new, and promote a model that is better than the champion."

WORK_POOL = "local"

HEARTBEAT_SECONDS = 30
"""How often a run says that it lives; Prefect takes no less."""

JOB_ENVIRONMENT = {**RUN_ENVIRONMENT, "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS)}
"""What the process of a run finds in its environment."""
