"""As-of look-up: which finished jobs of a key were known strictly before an instant. Not here: what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import IntArray
from resource_prediction.features.keys import KeyArray

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class AsofIndex:
    """Finished jobs sorted by key and by the instant at which they became known.

    Attributes:
        order: Positions of the jobs in the table they came from, in the order of this index, shape (n,).
        keys: Distinct keys, sorted, shape (k,).
        starts: Where each key's jobs begin in ``order``; one more entry ends the last, shape (k + 1,).
        instants: Distinct instants, sorted; ``places`` counts in them.
        places: ``key number * (len(instants) + 1) + rank of the instant``: one sorted integer a job, shape (n,).
    """

    order: Positions
    keys: KeyArray
    starts: Positions
    instants: IntArray
    places: IntArray

    @classmethod
    def build(cls, keys: KeyArray, known_us: IntArray) -> AsofIndex:
        """Index n jobs that are handed in the order in which they became known (ties by time and id)."""
        distinct, numbers = np.unique(keys, return_inverse=True)
        instants, ranks = np.unique(known_us, return_inverse=True)
        places = numbers.astype(np.int64) * (len(instants) + 1) + ranks
        order = np.argsort(places, kind="stable")
        starts = np.searchsorted(numbers[order], np.arange(len(distinct) + 1))
        return cls(order, distinct, starts, instants, places[order])

    def find_keys(self, keys: KeyArray) -> Positions:
        """Number of each key, -1 where the index does not have it; shape (m,)."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.intp)
        number = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        return np.where(self.keys[number] == keys, number, -1)

    def rank(self, instant_us: IntArray) -> Positions:
        """How many distinct instants lie strictly before each given one; any shape."""
        return self.instants.searchsorted(instant_us)

    def ends(self, numbers: Positions, ranks: Positions) -> Positions:
        """Where in ``order`` the jobs known before an instant end; its key's start where there is none.

        Fast where the look-ups come sorted by (number, rank): they stay in the processor's cache.

        Args:
            numbers: Key numbers of `find_keys`; the result for -1 is 0.
            ranks: `rank` of the instants, of a shape that fits.
        """
        found = self.places.searchsorted(numbers * (len(self.instants) + 1) + ranks)
        return np.where(numbers < 0, 0, found)

    def known_before(self, numbers: Positions, instant_us: IntArray) -> Positions:
        """Where in ``order`` the jobs known strictly before an instant end, shape (m,); see `ends`."""
        return self.ends(numbers, self.rank(instant_us))
