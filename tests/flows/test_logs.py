"""Console lines of a run: an error of ours is one line, any other keeps its traceback."""

from __future__ import annotations

import logging
import sys

import pytest

from flows.logs import OUR_LOGGERS, PREFECT_LOGGERS, OneLineErrors, set_up_logs
from resource_prediction.errors import FitError, TooFewRowsError


def record_of(error: Exception) -> logging.LogRecord:
    """What Prefect logs of an error that leaves a task."""
    try:
        raise error
    except type(error):
        found = sys.exc_info()
    return logging.LogRecord("prefect.task_runs", logging.ERROR, __file__, 1, "Task run %s", ("failed",), found)


def test_an_error_of_ours_is_its_own_text_without_a_traceback() -> None:
    record = record_of(TooFewRowsError(12, 50))
    assert OneLineErrors().filter(record)
    line = logging.Formatter().format(record)
    assert line.startswith("training rows before the hold-out: got 12; expected at least 50")
    assert "\n" not in line


def test_any_other_error_keeps_its_traceback() -> None:
    record = record_of(ValueError("a defect"))
    assert OneLineErrors().filter(record)
    text = logging.Formatter().format(record)
    assert text.startswith("Task run failed\nTraceback")
    assert "ValueError: a defect" in text


def test_a_record_without_an_error_is_left_alone() -> None:
    record = logging.LogRecord("prefect", logging.INFO, __file__, 1, "%d of %d families", (1, 2), None)
    assert OneLineErrors().filter(record)
    assert record.getMessage() == "1 of 2 families"


@pytest.mark.usefixtures("loggers")
def test_progress_is_shown_and_quiet_shows_errors_only() -> None:
    progress = ("prefect.flow_runs", *OUR_LOGGERS)
    set_up_logs(quiet=False)
    assert all(logging.getLogger(name).getEffectiveLevel() <= logging.INFO for name in progress)
    set_up_logs(quiet=True)
    assert all(logging.getLogger(name).getEffectiveLevel() == logging.ERROR for name in progress)


@pytest.mark.usefixtures("loggers")
def test_the_filter_is_on_both_kinds_of_runs() -> None:
    set_up_logs(quiet=False)
    record = record_of(FitError("fit", got=1, expected="2", next_step="Add one."))
    for name in PREFECT_LOGGERS:
        assert any(isinstance(each, OneLineErrors) for each in logging.getLogger(name).filters)
        assert logging.getLogger(name).filter(record)
