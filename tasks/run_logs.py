"""Log lines of our layers into the run in Prefect, from the flow and from its workers. Not here: the console."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.logging.handlers import APILogHandler

from resource_prediction.models import DeployableModel

OUR_LOGGERS = ("resource_prediction", "warehouse", "tasks")
OPTUNA = "optuna"
MODEL_LOGGER = DeployableModel.__module__


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


@contextmanager
def logs_of_worker() -> Iterator[None]:
    """`logs_of_run` for a task in a process of its own, whose console is nobody's: the end of a task is in the UI."""
    logging.getLogger("prefect.task_runs").setLevel(logging.WARNING)
    with logs_of_run():
        yield
