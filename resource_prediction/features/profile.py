"""What a job says of itself: codes of words, build profile, targets. Not here: other jobs (history.py)."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from resource_prediction.arrays import FloatArray
from resource_prediction.features.raw_rows import Submissions, TextColumn

MAX_CATEGORIES = 255
"""Words with a code of their own in a column: the most frequent ones; the others are missing values."""

HEAVY_TARGETS = 16
_MIN_TARGET_ROWS = 20

_PARTS = ("architecture", "compiler", "optimisation")
_WORDS = ("buildProfile", "makeType", "component", "location")
CODE_FEATURES: tuple[str, ...] = (*(f"{name}_code" for name in _WORDS), *(f"{part}_code" for part in _PARTS))
TARGET_FEATURES: tuple[str, ...] = ("target_count", *(f"heavy_target_{rank}" for rank in range(HEAVY_TARGETS)))
NUMBER_FEATURES: tuple[str, ...] = ("jobs", "localJobs")
PROFILE_FEATURES: tuple[str, ...] = (*NUMBER_FEATURES, *CODE_FEATURES, *TARGET_FEATURES)


@dataclass(frozen=True)
class ProfileEncoder:
    """Words to numbers, as learned from the rows that a model was fitted on.

    Attributes:
        categories: For each of CODE_FEATURES its words, the most frequent first: a word's code is its place.
        heavy_targets: The targets whose jobs have the highest mean peak, at most HEAVY_TARGETS.
    """

    categories: dict[str, list[str]]
    heavy_targets: list[str]

    @classmethod
    def fit(cls, submissions: Submissions, peak_gib: FloatArray) -> ProfileEncoder:
        """Learn words from the n rows of a fit; nothing else may be handed in.

        Args:
            submissions: The rows that are fitted, n.
            peak_gib: Their peaks, shape (n,).
        """
        columns = _code_columns(submissions)
        categories = {name: _most_frequent(column) for name, column in columns.items()}
        return cls(categories, _heaviest(submissions.text["targets"], peak_gib))

    def encode(self, submissions: Submissions) -> list[FloatArray]:
        """PROFILE_FEATURES of n submissions, each of shape (n,); NaN for an unseen or a missing word or number."""
        encoded = [submissions.numbers[name] for name in NUMBER_FEATURES]
        for name, column in _code_columns(submissions).items():
            codes = self._codes[name]
            encoded.append(np.array([codes.get(word, np.nan) for word in column.values])[column.codes])
        targets = submissions.text["targets"]
        counts = [np.nan if text is None else float(len(split_targets(text))) for text in targets.values]
        encoded.append(np.array(counts)[targets.codes])
        flags = np.array([self._flags(text) for text in targets.values]).reshape(-1, HEAVY_TARGETS)
        return [*encoded, *flags[targets.codes].T]

    def unseen(self, submissions: Submissions, reported: Set[str]) -> Iterator[tuple[str, str | None]]:
        """The first missing or unseen word of each column that is not among ``reported``, as (column, word)."""
        for name in _WORDS:
            if name not in reported:
                codes, column = self._codes[f"{name}_code"], submissions.text[name]
                places = [place for place, word in enumerate(column.values) if word not in codes]
                present = [place for place in places if (column.codes == place).any()]
                if present:
                    yield name, column.values[present[0]]

    @cached_property
    def _codes(self) -> dict[str, dict[str | None, float]]:
        return {name: {word: float(code) for code, word in enumerate(words)} for name, words in self.categories.items()}

    def _flags(self, text: str | None) -> list[float]:
        if text is None:
            return [np.nan] * HEAVY_TARGETS
        targets = set(split_targets(text))
        known = [float(target in targets) for target in self.heavy_targets]
        return known + [0.0] * (HEAVY_TARGETS - len(known))


def split_targets(text: str) -> list[str]:
    """The targets of a job, as written: separated by commas."""
    return [target for part in text.split(",") if (target := part.strip())]


def _code_columns(submissions: Submissions) -> dict[str, TextColumn]:
    columns = {f"{name}_code": submissions.text[name] for name in _WORDS}
    profile = submissions.text["buildProfile"]
    for place, part in enumerate(_PARTS):
        words = [_part(text, place) for text in profile.values]
        columns[f"{part}_code"] = TextColumn(profile.codes, words)
    return columns


def _part(profile: str | None, place: int) -> str | None:
    parts = profile.split("-") if profile else []
    return parts[place] if place < len(parts) else None


def _most_frequent(column: TextColumn) -> list[str]:
    counts: dict[str, int] = {}
    for word, count in zip(column.values, np.bincount(column.codes, minlength=len(column.values)), strict=True):
        if word is not None and count:
            counts[word] = counts.get(word, 0) + int(count)
    return sorted(counts, key=lambda word: (-counts[word], word))[:MAX_CATEGORIES]


def _heaviest(column: TextColumn, peak_gib: FloatArray) -> list[str]:
    rows = np.bincount(column.codes, minlength=len(column.values))
    totals = np.bincount(column.codes, weights=peak_gib, minlength=len(column.values))
    by_target: dict[str, tuple[int, float]] = {}
    for text, count, total in zip(column.values, rows, totals, strict=True):
        for target in set(split_targets(text or "")):
            seen, sum_gib = by_target.get(target, (0, 0.0))
            by_target[target] = (seen + int(count), sum_gib + float(total))
    means = {target: total / count for target, (count, total) in by_target.items() if count >= _MIN_TARGET_ROWS}
    return sorted(means, key=lambda target: (-means[target], target))[:HEAVY_TARGETS]
