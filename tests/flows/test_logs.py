"""Console lines of a run: an error of ours is told once, at the end; any other keeps its traceback."""

from __future__ import annotations

import logging
import sys

import pytest
from prefect.logging.handlers import APILogHandler
from prefect.states import Completed, Failed

from flows.logs import PREFECT_LOGGERS, ErrorsOnce, set_up_logs
from resource_prediction.errors import FitError, TooFewRowsError
from tasks.run_logs import OPTUNA, OUR_LOGGERS, logs_of_run


def record_of(error: Exception) -> logging.LogRecord:
    """What Prefect logs of an error that leaves a task."""
    try:
        raise error
    except type(error):
        found = sys.exc_info()
    return logging.LogRecord("prefect.task_runs", logging.ERROR, __file__, 1, "Task run %s", ("failed",), found)


def test_an_error_of_ours_is_left_to_the_last_line() -> None:
    assert not ErrorsOnce().filter(record_of(TooFewRowsError(12, 50)))


def test_the_end_of_a_failed_run_is_left_to_the_last_line_and_any_other_end_is_told() -> None:
    for level, shown in ((logging.ERROR, False), (logging.INFO, True)):
        record = logging.LogRecord("prefect", level, __file__, 1, "Finished in state %s", ("it",), None)
        assert ErrorsOnce().filter(record) == shown


@pytest.mark.parametrize(("name", "shown"), [("Failed", False), ("Bad input", False), ("Kept", True)])
def test_a_failed_state_that_the_flow_returned_is_told_once(name: str, shown: bool) -> None:
    state = Failed(name=name, message="one line") if not shown else Completed(name=name, message="one line")
    record = logging.LogRecord("prefect", logging.INFO, __file__, 1, f"Finished in state {state}", (), None)
    assert ErrorsOnce().filter(record) == shown


def test_any_other_error_keeps_its_traceback() -> None:
    record = record_of(ValueError("a defect"))
    assert ErrorsOnce().filter(record)
    text = logging.Formatter().format(record)
    assert text.startswith("Task run failed\nTraceback")
    assert "ValueError: a defect" in text


def test_a_record_without_an_error_is_left_alone() -> None:
    record = logging.LogRecord("prefect", logging.INFO, __file__, 1, "%d of %d families", (1, 2), None)
    assert ErrorsOnce().filter(record)
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
        assert any(isinstance(each, ErrorsOnce) for each in logging.getLogger(name).filters)
        assert not logging.getLogger(name).filter(record)


@pytest.mark.usefixtures("loggers")
def test_for_the_time_of_a_run_our_lines_and_optunas_go_to_prefect_and_then_no_more() -> None:
    optuna = logging.getLogger(OPTUNA)
    level = optuna.level
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    with logs_of_run():
        for name in (*OUR_LOGGERS, OPTUNA):
            assert sum(isinstance(each, APILogHandler) for each in logging.getLogger(name).handlers) == 1
        assert {logging.getLogger(name).level for name in OUR_LOGGERS} == {logging.INFO}
    for name in (*OUR_LOGGERS, OPTUNA):
        assert not any(isinstance(each, APILogHandler) for each in logging.getLogger(name).handlers)
    assert {logging.getLogger(name).level for name in OUR_LOGGERS} == {logging.NOTSET}
    assert optuna.level == level


@pytest.mark.usefixtures("loggers")
def test_a_run_does_not_speak_up_where_the_command_line_asked_for_quiet() -> None:
    set_up_logs(quiet=True)
    with logs_of_run():
        assert {logging.getLogger(name).level for name in OUR_LOGGERS} == {logging.ERROR}
        assert logging.getLogger(OPTUNA).level == logging.WARNING
