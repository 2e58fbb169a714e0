"""All accepted jobs with what it takes to describe any of them when asked. Not here: how features are made, files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import BoolArray, Matrix
from resource_prediction.features.asof import AsofIndex, Positions
from resource_prediction.features.keys import LEVEL_NAMES, KeyArray, level_keys
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
    """Some consecutive accepted jobs: what they say of themselves and what became of them, n.

    Attributes:
        submissions: What is known at submission.
        outcomes: What became of them.
        is_twin: Shape (n,).
        keys: `level_keys`, shape (n, levels).
    """

    submissions: Submissions
    outcomes: Outcomes
    is_twin: BoolArray
    keys: KeyArray

    @classmethod
    def read(cls, rows: pd.DataFrame, label_delay_us: int) -> JobPart:
        """Read accepted rows in contract columns in the order of (time, id)."""
        submissions, is_twin = read_submissions(rows), rows["is_twin"].to_numpy(dtype=bool)
        return cls(submissions, read_outcomes(rows, label_delay_us), is_twin, level_keys(submissions))

    @classmethod
    def join(cls, parts: Iterable[JobPart], rows: int) -> JobPart:
        """Put parts of ``rows`` jobs in all one behind the other; each may go as soon as the next one comes."""
        arrays: Arrays = {}
        places: dict[str, dict[str | None, int]] = {name: {} for name in TEXT_COLUMNS}
        first = 0
        for part in parts:
            found = part._arrays(places)
            for name, values in found.items():
                if name not in arrays:
                    arrays[name] = np.empty((rows, *values.shape[1:]), dtype=values.dtype)
                arrays[name][first : first + len(values)] = values
            first += len(part.is_twin)
        return cls.from_arrays(arrays, {name: list(words) for name, words in places.items()})

    def to_arrays(self) -> tuple[Arrays, Words]:
        """The part as plain arrays and the words that its codes stand for."""
        places: dict[str, dict[str | None, int]] = {name: {} for name in TEXT_COLUMNS}
        arrays = self._arrays(places)
        return arrays, {name: list(words) for name, words in places.items()}

    @classmethod
    def from_arrays(cls, arrays: Arrays, words: Words) -> JobPart:
        """Read what `to_arrays` gave; the arrays may be mapped files."""
        submissions = Submissions(
            arrays["submitted_us"],
            {name: TextColumn(arrays[f"text.{name}"], words[name]) for name in TEXT_COLUMNS},
            {name: arrays[f"number.{name}"] for name in NUMBER_COLUMNS},
        )
        outcomes = Outcomes(**{field.name: arrays[f"outcome.{field.name}"] for field in fields(Outcomes)})
        return cls(submissions, outcomes, arrays["is_twin"], arrays["keys"])

    def _arrays(self, places: dict[str, dict[str | None, int]]) -> Arrays:
        """Arrays by name; words get codes of ``places``, to which new words are added."""
        arrays: Arrays = {"submitted_us": self.submissions.submitted_us, "is_twin": self.is_twin, "keys": self.keys}
        for name, column in self.submissions.text.items():
            known = places[name]
            codes = np.array([known.setdefault(word, len(known)) for word in column.values], dtype=np.int32)
            arrays[f"text.{name}"] = codes[column.codes]
        arrays |= {f"number.{name}": numbers for name, numbers in self.submissions.numbers.items()}
        return arrays | {f"outcome.{field.name}": getattr(self.outcomes, field.name) for field in fields(Outcomes)}


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
        outcomes = jobs.outcomes
        return cls(jobs, History.build(jobs.keys, outcomes.known_us, outcomes.peak_gib, workers, outcomes.is_final))

    def __len__(self) -> int:
        return len(self.jobs.is_twin)

    def __getitem__(self, rows: slice | Positions | BoolArray) -> Matrix:
        """POINT_IN_TIME_FEATURES of some jobs, shape (rows, features)."""
        return self.history.describe(self.jobs.keys[rows], self.jobs.submissions.submitted_us[rows])

    @cached_property
    def until_us(self) -> int:
        """The instant just after the newest thing that the rows tell: a submission, or an end where ends are told."""
        outcomes, submitted_us = self.jobs.outcomes, self.jobs.submissions.submitted_us
        newest_us = int(submitted_us.max())
        is_told = ~np.isnan(outcomes.run_hours)
        return max(newest_us, int(outcomes.known_us[is_told].max(initial=newest_us))) + 1

    def to_arrays(self) -> tuple[Arrays, Words]:
        """The table as plain arrays and the words that its codes stand for."""
        arrays, words = self.jobs.to_arrays()
        arrays |= {f"history.{name}": getattr(self.history, name) for name in _HISTORY}
        for level, index in zip(LEVEL_NAMES, self.history.indexes, strict=True):
            arrays |= {f"{level}.{name}": getattr(index, name) for name in _INDEX}
        return arrays, words

    @classmethod
    def from_arrays(cls, arrays: Arrays, words: Words, workers: int = 1) -> JobTable:
        """Read what `to_arrays` gave; the arrays may be mapped files."""
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
        return cls(JobPart.from_arrays(arrays, words), history)
