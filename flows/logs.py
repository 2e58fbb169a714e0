"""How a run's log lines look on the console: our errors once, as one line. Not here: what is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.logging.handlers import APILogHandler

from resource_prediction.errors import ResourcePredictionError
from resource_prediction.models import DeployableModel

PREFECT_LOGGERS = ("prefect.task_runs", "prefect.flow_runs")

OUR_LOGGERS = ("resource_prediction", "warehouse", "tasks")
OPTUNA = "optuna"
MODEL_LOGGER = DeployableModel.__module__


DROPPED = "cancelled by the task runner"


class ErrorsOnce(logging.Filter):
    """Holds back what Prefect logs of an error of ours: the command line ends with it, and the UI has the state."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is shown."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        text = str(record.msg)
        # A flow that returns its failed or cancelled state has it told at level INFO.
        returned = any(words in text for words in ("state Failed(", ", type=FAILED)", "state Cancelled("))
        told_at_the_end = text.startswith("Finished in state") and (record.levelno >= logging.ERROR or returned)
        # Fits that a run dropped as it ended; Prefect calls that a crash.
        return not (isinstance(error, ResourcePredictionError) or told_at_the_end or DROPPED in text)


@contextmanager
def logs_of_run() -> Iterator[None]:
    """Send log lines of our layers and of Optuna to the run in Prefect, from the flow and from its tasks.

    Not by PREFECT_LOGGING_EXTRA_LOGGERS: a worker imports Prefect, which reads it, before anything of ours.
    """
    handler = APILogHandler()
    before = {name: logging.getLogger(name).level for name in (*OUR_LOGGERS, OPTUNA, MODEL_LOGGER)}
    for name in (*OUR_LOGGERS, OPTUNA):
        logger = logging.getLogger(name)
        if not any(isinstance(each, APILogHandler) for each in logger.handlers):
            logger.addHandler(handler)  # a user's PREFECT_LOGGING_EXTRA_LOGGERS may have been there first
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
    # Scoring every family on one hold-out would say of its unseen values as often as there are families.
    logging.getLogger(MODEL_LOGGER).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(level)


def set_up_logs(*, quiet: bool) -> None:
    """Keep Prefect's chatter, and its own telling of our errors, off the console.

    Args:
        quiet: Show errors only.
    """
    for name in PREFECT_LOGGERS:
        logging.getLogger(name).addFilter(ErrorsOnce())
    # Each task's start and end is in the UI; on the console our own progress lines say more.
    logging.getLogger("prefect.task_runs").setLevel(logging.ERROR if quiet else logging.WARNING)
    logging.getLogger("prefect").setLevel(logging.ERROR if quiet else logging.INFO)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR if quiet else logging.INFO)
    # Optuna tells each trial on a handler of its own; the search's own line says how many are left.
    logging.getLogger(OPTUNA).setLevel(logging.WARNING)
