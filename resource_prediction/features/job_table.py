"""All accepted jobs with what it takes to describe any of them when asked. Not here: how features are made, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import BoolArray, Matrix
from resource_prediction.features.asof import AsofIndex, Positions
from resource_prediction.features.keys import LEVEL_NAMES, level_keys
from resource_prediction.features.point_in_time import History
from resource_prediction.features.raw_rows import (
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    Submissions,
    TextColumn,
    read_submissions,
)
from resource_prediction.outcomes import Outcomes, read_outcomes

Arrays = dict[str, npt.NDArray[Any]]
Words = dict[str, list[str | None]]

_HISTORY = ("rows", "known_us", "peak_gib", "ratios", "instants_us")
_INDEX = ("order", "keys", "starts", "places")


class Described(Protocol):
    """Point-in-time features by row: a matrix, or a table that describes rows when they are asked for."""

    def __getitem__(self, rows: Any, /) -> Any: ...  # noqa: ANN401 - as numpy's own arrays say it


@dataclass(frozen=True)
class JobPart:
    """Some consecutive accepted jobs: what they say of themselves and what became of them, n."""

    submissions: Submissions
    outcomes: Outcomes
    is_twin: BoolArray

    @classmethod
    def read(cls, rows: pd.DataFrame, label_delay_us: int) -> JobPart:
        """Read accepted rows in contract columns in the order of (time, id)."""
        return cls(read_submissions(rows), read_outcomes(rows, label_delay_us), rows["is_twin"].to_numpy(dtype=bool))

    @classmethod
    def join(cls, parts: Sequence[JobPart]) -> JobPart:
        """Put parts one behind the other; at least one."""
        joined = {
            field.name: _joined([getattr(part.outcomes, field.name) for part in parts]) for field in fields(Outcomes)
        }
        return cls(
            _join_submissions([part.submissions for part in parts]),
            Outcomes(**joined),
            _joined([part.is_twin for part in parts]),
        )


@dataclass(frozen=True)
class JobTable:
    """All accepted jobs in the order of (time, id), n, and their history; indexing it gives features.

    A fit sees some ten thousand rows and a score the newest ones: of the other millions only their peaks are needed,
    by key. So rows are described when they are asked for.

    Attributes:
        jobs: What is known of each.
        history: Of the final ones, with the keys of all.
    """

    jobs: JobPart
    history: History

    @classmethod
    def build(cls, jobs: JobPart, workers: int) -> JobTable:
        """Index jobs; ``workers`` threads, which change no result."""
        keys, outcomes = level_keys(jobs.submissions), jobs.outcomes
        return cls(jobs, History.build(keys, outcomes.known_us, outcomes.peak_gib, workers, outcomes.is_final))

    def __len__(self) -> int:
        return len(self.jobs.is_twin)

    def __getitem__(self, rows: slice | Positions | BoolArray) -> Matrix:
        """POINT_IN_TIME_FEATURES of some jobs, shape (rows, features)."""
        return self.history.describe(self.history.keys[rows], self.jobs.submissions.submitted_us[rows])

    @cached_property
    def until_us(self) -> int:
        """The instant just after the newest thing that the rows tell: a submission, or an end where ends are told."""
        outcomes, submitted_us = self.jobs.outcomes, self.jobs.submissions.submitted_us
        newest_us = int(submitted_us.max())
        is_told = ~np.isnan(outcomes.run_hours)
        return max(newest_us, int(outcomes.known_us[is_told].max(initial=newest_us))) + 1

    def to_arrays(self) -> tuple[Arrays, Words]:
        """The table as plain arrays and the words that its codes stand for."""
        submissions, history = self.jobs.submissions, self.history
        arrays: Arrays = {"submitted_us": submissions.submitted_us, "is_twin": self.jobs.is_twin, "keys": history.keys}
        arrays |= {f"text.{name}": column.codes.astype(np.int32) for name, column in submissions.text.items()}
        arrays |= {f"number.{name}": numbers for name, numbers in submissions.numbers.items()}
        arrays |= {f"outcome.{field.name}": getattr(self.jobs.outcomes, field.name) for field in fields(Outcomes)}
        arrays |= {f"history.{name}": getattr(history, name) for name in _HISTORY}
        for level, index in zip(LEVEL_NAMES, history.indexes, strict=True):
            arrays |= {f"{level}.{name}": getattr(index, name) for name in _INDEX}
        return arrays, {name: column.values for name, column in submissions.text.items()}

    @classmethod
    def from_arrays(cls, arrays: Arrays, words: Words, workers: int = 1) -> JobTable:
        """Read what `to_arrays` gave; the arrays may be mapped files."""
        submissions = Submissions(
            arrays["submitted_us"],
            {name: TextColumn(arrays[f"text.{name}"], words[name]) for name in TEXT_COLUMNS},
            {name: arrays[f"number.{name}"] for name in NUMBER_COLUMNS},
        )
        outcomes = Outcomes(**{field.name: arrays[f"outcome.{field.name}"] for field in fields(Outcomes)})
        stride = len(arrays["history.instants_us"]) + 1
        indexes = [
            AsofIndex(stride=stride, **{name: arrays[f"{level}.{name}"] for name in _INDEX}) for level in LEVEL_NAMES
        ]
        history = History(
            keys=arrays["keys"],
            indexes=indexes,
            workers=workers,
            **{name: arrays[f"history.{name}"] for name in _HISTORY},
        )
        return cls(JobPart(submissions, outcomes, arrays["is_twin"]), history)


def _join_submissions(parts: Sequence[Submissions]) -> Submissions:
    return Submissions(
        _joined([part.submitted_us for part in parts]),
        {name: _join_text([part.text[name] for part in parts]) for name in TEXT_COLUMNS},
        {name: _joined([part.numbers[name] for part in parts]) for name in NUMBER_COLUMNS},
    )


def _join_text(columns: Sequence[TextColumn]) -> TextColumn:
    """One column with one code a word; every column has its missing word, so None has a code too."""
    places: dict[str | None, int] = {}
    codes = []
    for column in columns:
        new = np.array([places.setdefault(word, len(places)) for word in column.values], dtype=np.int32)
        codes.append(new[column.codes])
    return TextColumn(_joined(codes), list(places))


def _joined(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
