"""How a run's log lines look on the console: our errors once, as one line. Not here: what is logged."""

from __future__ import annotations

import logging

from resource_prediction.errors import ResourcePredictionError
from tasks.run_logs import OPTUNA, OUR_LOGGERS

PREFECT_LOGGERS = ("prefect.task_runs", "prefect.flow_runs")

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
    # Where fits run is told by their progress; what a cluster says of itself is not.
    for name in ("distributed", "prefect.task_runner"):
        logging.getLogger(name).setLevel(logging.ERROR if quiet else logging.WARNING)
    # Optuna tells each trial on a handler of its own; the search's own line says how many are left.
    logging.getLogger(OPTUNA).setLevel(logging.WARNING)
