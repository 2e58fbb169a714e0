"""The telemetry contract rendered as SQL fragments: types, texts to values, faults. Not here: statements (sql/)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from resource_prediction.date_range import DateRange
from resource_prediction.telemetry import COLUMNS, EARLIEST_TIME, FUTURE_TOLERANCE, STATUS_RANK, Column

SQL_TYPE = {"text": "VARCHAR", "count": "BIGINT", "bytes": "BIGINT", "mib": "BIGINT", "time": "TIMESTAMP"}
IDENTITY = "atom_id"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def naive_utc(moment: datetime) -> datetime:
    """A moment as the store keeps it; without a zone it is UTC already."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def column_names() -> str:
    """All contract columns, in the contract's order."""
    return ", ".join(quoted(column.name) for column in COLUMNS)


def typed_columns() -> str:
    """Names and SQL types, for CREATE TABLE."""
    return ", ".join(f"{quoted(column.name)} {SQL_TYPE[column.type]}" for column in COLUMNS)


def texts(present: Mapping[str, str]) -> str:
    """One text column for each contract column, named ``text_<name>``; NULL where the source has none.

    Args:
        present: SQL expression of each contract column that the source has.
    """
    return ", ".join(
        f"text_value({present[column.name]}) AS {_text(column)}"
        if column.name in present
        else f"CAST(NULL AS VARCHAR) AS {_text(column)}"
        for column in COLUMNS
    )


def typed_values() -> str:
    """Each contract column as its type, from the columns of `texts`; a faulty text gives NULL.

    The identity of a row without one is the digest of all its values, so `12` and `12.0` are the same row.
    """
    rest = [column for column in COLUMNS if column.name != IDENTITY]
    content = ", ".join(f"coalesce(CAST({_value(column)} AS VARCHAR), '')" for column in rest)
    own = f"CASE WHEN {_text_name(IDENTITY)} IS NULL THEN 'digest-' || md5(concat_ws(chr(31), {content})) "
    identity = f"{own} ELSE {_text_name(IDENTITY)} END AS {quoted(IDENTITY)}"
    return ", ".join([identity, *(f"{_value(column)} AS {quoted(column.name)}" for column in rest)])


def suspect(now: datetime) -> str:
    """A cheap condition that is true for exactly the rows that have a fault.

    Args:
        now: Time of ingest; what is later than the tolerance after it is a fault.
    """
    return " OR ".join(test for column in COLUMNS for test in _suspicions(column, _latest(now)))


def faults(now: datetime) -> str:
    """Every fault of a row as ``column:code`` or NULL; computed only where `suspect` is true."""
    latest = _latest(now)
    return ", ".join(fault for column in COLUMNS if (fault := _fault(column, latest)))


def in_range(dates: DateRange) -> str:
    """Whether a row lies in a range of days; one whose time cannot be read lies in every range."""
    bounds = ((">=", dates.since), ("<", dates.until))
    tests = [f"{quoted('time')} {sign} TIMESTAMP '{day} 00:00:00'" for sign, day in bounds if day is not None]
    return f"coalesce({' AND '.join(tests)}, true)" if tests else "true"


def status_ranks() -> str:
    """The WHEN branches that rank a status word."""
    return " ".join(
        f"WHEN status IS NULL THEN {rank}" if word is None else f"WHEN status = {literal(word)} THEN {rank}"
        for word, rank in STATUS_RANK.items()
    )


def updates() -> str:
    """SET list of an update from ``fresh``: empty values keep what is stored, the status is replaced."""
    rest = [quoted(column.name) for column in COLUMNS if column.name not in (IDENTITY, "ts_status")]
    kept = ", ".join(f"{name} = coalesce(fresh.{name}, telemetry.{name})" for name in rest)
    return f"{kept}, ts_status = fresh.ts_status"


def _latest(now: datetime) -> str:
    return f"TIMESTAMP '{naive_utc(now) + FUTURE_TOLERANCE}'"


def _text_name(name: str) -> str:
    return quoted(f"text_{name}")


def _text(column: Column) -> str:
    return _text_name(column.name)


def _value(column: Column) -> str:
    if column.type == "text":
        return _text(column)
    return f"utc_time({_text(column)})" if column.type == "time" else f"whole_number({_text(column)})"


def _suspicions(column: Column, latest: str) -> list[str]:
    name, text = quoted(column.name), _text(column)
    tests = [f"{name} IS NULL" if column.needed_to_train else f"({name} IS NULL AND {text} IS NOT NULL)"]
    if column.type == "text":
        tests = tests if column.needed_to_train else []
    if column.positive:
        tests.append(f"{name} = 0")
    if column.type == "time":
        tests += [f"{name} > {latest}", f"{name} < TIMESTAMP '{EARLIEST_TIME}'"]
    if column.name == "finished_at":
        tests.append("finished_at < time")
    if column.name == "ts_status":
        # Not NOT IN: DuckDB makes a join of it, and the rows lose the file's order, which their line numbers rest on.
        tests.append("status_rank(ts_status) IS NULL")
    return tests


def _fault(column: Column, latest: str) -> str:
    name, text = quoted(column.name), _text(column)
    branches = [f"WHEN {text} IS NULL THEN 'missing'"] if column.needed_to_train else []
    if column.type == "time":
        branches += [
            f"WHEN {text} IS NOT NULL AND {name} IS NULL THEN 'not_a_time'",
            f"WHEN {name} > {latest} THEN 'in_future'",
            f"WHEN {name} < TIMESTAMP '{EARLIEST_TIME}' THEN 'too_early'",
        ]
    elif column.type != "text":
        branches.append(f"WHEN number_fault({text}) IS NOT NULL THEN number_fault({text})")
    if column.positive:
        branches.append(f"WHEN {name} = 0 THEN 'zero'")
    if column.name == "finished_at":
        branches.append("WHEN finished_at < time THEN 'before_submission'")
    if column.name == "ts_status":
        branches.append("WHEN status_rank(ts_status) IS NULL THEN 'unknown_status'")
    return f"{literal(column.name + ':')} || CASE {' '.join(branches)} END" if branches else ""
