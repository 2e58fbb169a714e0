"""How a run's log lines look on the console: our errors as one line. Not here: what is logged."""

from __future__ import annotations

import logging

from resource_prediction.errors import ResourcePredictionError
from resource_prediction.models import DeployableModel

PREFECT_LOGGERS = ("prefect.task_runs", "prefect.flow_runs")

OUR_LOGGERS = ("resource_prediction", "warehouse", "tasks")
MODEL_LOGGER = DeployableModel.__module__


class OneLineErrors(logging.Filter):
    """Takes the traceback off a record about an error of ours: its text says what to do."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record where it is due; every record passes."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, ResourcePredictionError):
            record.msg, record.args, record.exc_info, record.exc_text = str(error), (), None, None
        return True


def set_up_logs(*, quiet: bool) -> None:
    """Keep Prefect's chatter and the traceback of our own errors off the console.

    Args:
        quiet: Show errors only.
    """
    for name in PREFECT_LOGGERS:
        logging.getLogger(name).addFilter(OneLineErrors())
    # Each task's start and end is in the UI; on the console our own progress lines say more.
    logging.getLogger("prefect.task_runs").setLevel(logging.ERROR if quiet else logging.WARNING)
    logging.getLogger("prefect").setLevel(logging.ERROR if quiet else logging.INFO)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR if quiet else logging.INFO)
    # Scoring every family on one hold-out would say of its unseen values as often as there are families.
    logging.getLogger(MODEL_LOGGER).setLevel(logging.ERROR)
