"""Key levels of the history, and the 64-bit keys that rows have at each. Not here: what is kept for a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from resource_prediction.features.raw_rows import Submissions

KeyArray = npt.NDArray[np.uint64]
Key = TypeVar("Key", KeyArray, int)
"""Keys of many rows, or of one: the same arithmetic works on both."""

NO_KEY = np.uint64(0)
"""The key of a row that lacks the level's first column: it has no history there."""


@dataclass(frozen=True)
class Level:
    """Jobs that count as alike.

    Attributes:
        name: Prefix of the level's features.
        columns: Submission columns that alike jobs share; the first one must be present.
    """

    name: str
    columns: tuple[str, ...]


_CONFIGURATION = ("buildProfile", "makeType", "targets", "component")

LEVELS: tuple[Level, ...] = (
    Level("profile", ("buildProfile",)),
    Level("configuration", _CONFIGURATION),
    Level("placement", (*_CONFIGURATION, "jobs", "localJobs", "location")),
    Level("branch", ("branch",)),
    Level("branch_profile", ("branch", "buildProfile")),
    Level("branch_configuration", ("branch", *_CONFIGURATION)),
)
LEVEL_NAMES: tuple[str, ...] = tuple(level.name for level in LEVELS)
CONFIGURATION = LEVEL_NAMES.index("configuration")

_COLUMNS = tuple(dict.fromkeys(name for level in LEVELS for name in level.columns))
_64_BITS = 2**64 - 1


def level_keys(submissions: Submissions) -> KeyArray:
    """Hash each row's values at each level, shape (n, levels).

    Strings are hashed once a distinct value, so that sorting and looking up work on integers. 64 bits make a collision
    among a million keys less likely than 1 in 10 million.
    """
    hashes = {name: _column_hashes(submissions, name) for name in _COLUMNS}
    absent = np.stack([hashes[level.columns[0]] == NO_KEY for level in LEVELS], axis=1)
    if len(submissions) == 1:
        # In plain integers: for one row a call of numpy costs more than its arithmetic.
        row = {name: int(column[0]) for name, column in hashes.items()}
        keys = np.array([[_join(_hash(level.name), level, row) for level in LEVELS]], dtype=np.uint64)
    else:
        seeds = [np.full(len(submissions), _hash(level.name), dtype=np.uint64) for level in LEVELS]
        keys = np.stack([_join(seed, level, hashes) for seed, level in zip(seeds, LEVELS, strict=True)], axis=1)
    return np.where(absent, NO_KEY, np.maximum(keys, np.uint64(1)))


def _join(seed: Key, level: Level, hashes: Mapping[str, Key]) -> Key:
    key = seed
    for name in level.columns:
        key = _mix(key ^ hashes[name])
    return key


def _mix(key: Key) -> Key:
    """Spread the bits of 64-bit integers (the finaliser of SplitMix64; Steele, Lea, Flood 2014, figure 17)."""
    mixed: Any = key  # numpy's types do not know that a plain integer leaves uint64 as it is
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _64_BITS
    return cast("Key", mixed ^ (mixed >> 31))


def _column_hashes(submissions: Submissions, name: str) -> KeyArray:
    if name in submissions.text:
        column = submissions.text[name]
        return np.array([NO_KEY if value is None else _hash(value) for value in column.values], np.uint64)[column.codes]
    numbers = submissions.numbers[name]
    return np.where(np.isnan(numbers), np.float64(-1.0), numbers).view(np.uint64)


@lru_cache(maxsize=65_536)
def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") or 1
