"""Raw telemetry rows as typed arrays, the one way in for training and serving. Not here: what features make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.errors import MissingColumnError, TelemetryError
from resource_prediction.telemetry import COLUMN_BY_NAME

RawRows = pd.DataFrame | Sequence[Mapping[str, Any]]

TEXT_COLUMNS = ("location", "branch", "buildProfile", "makeType", "targets", "component")
NUMBER_COLUMNS = ("jobs", "localJobs", "memreq")
REQUIRED_COLUMNS = ("time", "buildProfile")
_FEW_ROWS = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TextColumn:
    """A column of words: ``codes`` (n,) point into ``values``; a missing word is None."""

    codes: npt.NDArray[np.intp]
    values: list[str | None]


@dataclass(frozen=True)
class Submissions:
    """What is known of n jobs when they are submitted.

    Attributes:
        submitted_us: Time of submission, microseconds since 1970 UTC, shape (n,).
        text: A `TextColumn` for each of TEXT_COLUMNS.
        numbers: Float array (n,) for each of NUMBER_COLUMNS, NaN where missing; units as in the contract.
    """

    submitted_us: IntArray
    text: dict[str, TextColumn]
    numbers: dict[str, FloatArray]

    def __len__(self) -> int:
        return len(self.submitted_us)

    def part(self, rows: slice | npt.NDArray[np.intp]) -> Submissions:
        """Some of the jobs."""
        return Submissions(
            self.submitted_us[rows],
            {name: TextColumn(column.codes[rows], column.values) for name, column in self.text.items()},
            {name: numbers[rows] for name, numbers in self.numbers.items()},
        )

    def empty_columns(self) -> list[str]:
        """Columns without any value in these rows; none where there are no rows."""
        empty = [name for name, column in self.text.items() if not any(column.values)]
        empty += [name for name, values in self.numbers.items() if np.isnan(values).all()]
        return empty if len(self) else []


def read_submissions(rows: RawRows) -> Submissions:
    """Read raw rows; order of columns and index do not matter.

    Args:
        rows: Data frame or list of dicts in contract columns, n rows; other columns are ignored.

    Raises:
        MissingColumnError: Where ``time`` or ``buildProfile`` is not there.
        TelemetryError: Where a value has the wrong type, naming column and value.
    """
    if not isinstance(rows, pd.DataFrame):
        _check_list(rows)
    return Submissions(
        submitted_us=_time_us(_column(rows, "time")),
        text={name: _text(name, _column(rows, name)) for name in TEXT_COLUMNS},
        numbers={name: read_number(name, _column(rows, name)) for name in NUMBER_COLUMNS},
    )


def _check_list(rows: object) -> None:
    """One job is a list of one dict: a bare dict, or anything else, would be read as something it is not."""
    is_list = isinstance(rows, Sequence) and not isinstance(rows, str | bytes)
    if not (is_list and all(isinstance(row, Mapping) for row in cast("Sequence[object]", rows))):
        raise TelemetryError(
            "raw rows",
            got=f"a {type(rows).__name__}" + ("" if not is_list else " of other things than dicts"),
            expected="a data frame, or a list of dicts",
            next_step="Put a single job in a list: predict([job]).",
        )


def _column(rows: RawRows, name: str) -> Any:  # noqa: ANN401 - a series, a list, or None where the column is missing
    if isinstance(rows, pd.DataFrame):
        if name in rows.columns:
            return rows[name]
        columns = [str(column) for column in rows.columns]
    else:
        if not rows or any(name in row for row in rows):
            return [row.get(name) for row in rows]
        columns = list(rows[0])
    if name in REQUIRED_COLUMNS:
        raise MissingColumnError(name, columns)
    return [None] * len(rows)


def _text(name: str, values: Any) -> TextColumn:  # noqa: ANN401
    if len(values) > _FEW_ROWS:
        codes, uniques = pd.factorize(values if isinstance(values, pd.Series) else pd.Series(values, dtype=object))
        if name in REQUIRED_COLUMNS and (codes < 0).any():
            raise _wrong_type(name, None, "text")
        words = [_word(name, value) for value in uniques]
        return TextColumn(np.where(codes < 0, len(words), codes), [*words, None])
    words = [_word(name, value) for value in values]
    return TextColumn(np.arange(len(words)), words)


def _word(name: str, value: Any) -> str | None:  # noqa: ANN401
    if isinstance(value, str):
        if value or name not in REQUIRED_COLUMNS:
            return value or None
    elif name not in REQUIRED_COLUMNS and (value is None or value is pd.NA or value != value):  # noqa: PLR0124 - NaN
        return None
    raise _wrong_type(name, value, "text")


def read_number(name: str, values: Any) -> FloatArray:  # noqa: ANN401
    """Read one column of counts or sizes, shape (n,); NaN where missing.

    Raises:
        TelemetryError: On a word, a negative or an infinite value.
    """
    if isinstance(values, pd.Series) and values.dtype != object and not isinstance(values.dtype, pd.StringDtype):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        numbers = np.array([_as_float(name, value) for value in values], dtype=np.float64)
    wrong = (numbers < 0) | np.isinf(numbers)
    if wrong.any():
        raise _wrong_type(name, numbers[wrong][0], "a finite number that is not negative")
    return numbers


def _as_float(name: str, value: Any) -> float:  # noqa: ANN401
    if value is None or value is pd.NA or value == "":
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _wrong_type(name, value, f"a number ({COLUMN_BY_NAME[name].type})") from None


def _time_us(values: Any) -> IntArray:  # noqa: ANN401
    if len(values) <= _FEW_ROWS and not isinstance(values, pd.Series):
        return np.array([_instant_us(value) for value in values], dtype=np.int64)
    instants = read_instants("time", pd.Series(values))
    if instants.isna().any():
        raise _wrong_type("time", "a missing value", "a time stamp in each row")
    return instants.to_numpy(dtype="datetime64[us]").astype(np.int64)


def read_instants(name: str, values: pd.Series[Any]) -> pd.Series[pd.Timestamp]:
    """Read one column of times, shape (n,), as microseconds in UTC; NaT where missing, UTC where there is no zone.

    Raises:
        TelemetryError: On anything but time stamps and ISO text.
    """
    if not (_may_hold_times(values.dtype) or values.isna().all()):
        raise _wrong_type(name, f"values of type {values.dtype}", "time stamps or ISO text")
    if values.dtype == object:
        for value in values:
            if not isinstance(value, str | datetime | np.datetime64) and not pd.isna(value):
                raise _wrong_type(name, value, "time stamps or ISO text")
    try:
        return pd.to_datetime(values, utc=True, format="ISO8601").dt.as_unit("us")
    except (ValueError, TypeError) as error:
        raise _wrong_type(name, error, "time stamps or ISO text") from error


def _may_hold_times(dtype: Any) -> bool:  # noqa: ANN401 - numpy's and pandas' types have no common root
    return dtype.kind in "MO" or isinstance(dtype, pd.StringDtype | pd.DatetimeTZDtype)


def _instant_us(value: Any) -> int:  # noqa: ANN401
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _wrong_type("time", value, "a time stamp or ISO text") from None
    elif isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if not isinstance(value, datetime) or value is pd.NaT:
        raise _wrong_type("time", value, "a time stamp or ISO text")
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    delta = value - _EPOCH
    return int((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds)


def _wrong_type(name: str, value: object, expected: str) -> TelemetryError:
    return TelemetryError(
        f"column {name!r}", got=repr(value), expected=expected, next_step="Mend the value, or leave the column out."
    )
