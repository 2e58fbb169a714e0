"""As-of look-up: which finished jobs of a key were known strictly before an instant. Not here: what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import IntArray
from resource_prediction.features.keys import KeyArray

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Instants:
    """When n jobs became known: made once for the indexes of all levels.

    Attributes:
        distinct: Distinct instants, ascending, microseconds.
        ranks: Place of each job's instant among them, shape (n,).
    """

    distinct: IntArray
    ranks: Positions

    @classmethod
    def of(cls, known_us: IntArray) -> Instants:
        """Rank ascending instants, shape (n,)."""
        is_new = np.diff(known_us, prepend=known_us[:1] - 1) > 0
        return cls(known_us[is_new], np.cumsum(is_new) - 1)

    def before(self, instant_us: IntArray) -> Positions:
        """How many distinct instants lie strictly before each given one; any shape."""
        return self.distinct.searchsorted(instant_us)


@dataclass(frozen=True)
class AsofIndex:
    """Finished jobs sorted by key and by the instant at which they became known.

    Attributes:
        order: Positions of the jobs in the table they came from, in the order of this index, shape (n,).
        keys: Distinct keys, sorted, shape (k,).
        starts: Where each key's jobs begin in ``order``; one more entry ends the last, shape (k + 1,).
        stride: Integers that each key has in ``places``: one more than there are instants.
        places: ``key number * stride + rank of the instant``: one sorted integer a job, shape (n,).
    """

    order: npt.NDArray[np.int32]
    keys: KeyArray
    starts: Positions
    stride: int
    places: IntArray

    @classmethod
    def build(cls, keys: KeyArray, instants: Instants) -> AsofIndex:
        """Index n jobs; those of one key and instant stay in the order in which they are handed in.

        Args:
            keys: One key for each of the instants' jobs, or for several copies of them one behind the other.
            instants: When the jobs became known.
        """
        distinct, numbers = _number(keys)
        stride = len(instants.distinct) + 1
        copies = len(keys) // max(len(instants.ranks), 1)
        ranks = np.tile(instants.ranks, copies) if copies > 1 else instants.ranks
        # Jobs come in the order of their instants, copy by copy, so that a stable sort by key alone sorts both.
        order = stable_order(numbers, len(distinct)) if copies == 1 else np.lexsort((ranks, numbers))
        starts = np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=len(distinct)))])
        return cls(order.astype(np.int32), distinct, starts, stride, numbers[order] * stride + ranks[order])

    def find_keys(self, keys: KeyArray) -> Positions:
        """Number of each key, -1 where the index does not have it; shape (m,)."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.intp)
        number = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        return np.where(self.keys[number] == keys, number, -1)

    def ends(self, numbers: Positions, ranks: Positions) -> Positions:
        """Where in ``order`` the jobs known before an instant end; its key's start where there is none.

        Fast where the look-ups come sorted by (number, rank): they stay in the processor's cache.

        Args:
            numbers: Key numbers of `find_keys`; the result for -1 is 0.
            ranks: `Instants.before` of the instants, of a shape that fits.
        """
        found = self.places.searchsorted(numbers * self.stride + ranks)
        return np.where(numbers < 0, 0, found)


def stable_order(numbers: IntArray, end: int) -> Positions:
    """Positions that sort small integers from 0 to below ``end``, equal ones in the order in which they come.

    Least significant digits first: numpy sorts 16 bits by counting, several times as fast as 64 bits by comparing.
    """
    order = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    for shift in range(16, max(end - 1, 0).bit_length(), 16):
        digits = ((numbers >> shift) & 0xFFFF).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


def _number(keys: KeyArray) -> tuple[KeyArray, IntArray]:
    """Distinct keys, sorted, and the place of each key among them; by hashing, which beats sorting them all."""
    codes, found = pd.factorize(keys)
    order = np.argsort(found)
    places = np.empty(len(found), dtype=np.int64)
    places[order] = np.arange(len(found))
    return found[order], places[codes]
