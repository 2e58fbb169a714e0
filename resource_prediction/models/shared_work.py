"""Work that the fits of one search share: what is made of features, grown learners. Not here: what a family shares."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from resource_prediction.models.base import Framework

T = TypeVar("T")

MOST_PREPARED = 32
"""Prepared inputs that stay: a regression with 3 folds and 5 time blocks has 18 sets of rows."""


@dataclass(eq=False)
class SharedWork:
    """What fits on equal inputs need not make again. It belongs to one search, and so to one thread.

    Inputs are known by their content, so a family's code is the same inside and outside a search.
    """

    _prepared: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _grown: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def prepare(self, key: str, make: Callable[[], T]) -> T:
        """What ``make`` returns, made once for a key; of many keys the ones asked for last stay."""
        if key not in self._prepared:
            self._prepared[key] = make()
        self._prepared.move_to_end(key)
        while len(self._prepared) > MOST_PREPARED:
            self._prepared.popitem(last=False)
        found: T = self._prepared[key]
        return found

    def grow(self, key: str, size: int, make: Callable[[], T]) -> T:
        """A learner of at least that size: an earlier one with the same key, else what ``make`` returns."""
        if key not in self._grown or self._grown[key][0] < size:
            self._grown[key] = size, make()
        found: T = self._grown[key][1]
        return found

    def forget_grown(self) -> None:
        """Drop all learners: the next trial grows others."""
        self._grown.clear()


def content_key(what: str, arrays: Iterable[npt.NDArray[Any] | None]) -> str:
    """Digest of a name and of arrays; None is an array that is not there."""
    digest = hashlib.blake2b(what.encode(), digest_size=16)
    for array in arrays:
        digest.update(b"none" if array is None else f"{array.dtype}{array.shape}".encode())
        if array is not None:
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


class SharesWork:
    """What a family calls for work that a search can share; elsewhere everything is made where it is asked for."""

    cut_parameters: ClassVar[tuple[str, ...]] = ()
    """Parameters that a learner from `grown` follows without growing again; ``n_estimators`` only downwards."""

    _framework: Framework

    def share_work(self, work: SharedWork | None) -> Self:
        """Share work with the other fits of a search; results do not depend on it."""
        self._framework.work = work
        return self

    def prepared(self, what: str, inputs: Sequence[npt.NDArray[Any] | None], make: Callable[[], T]) -> T:
        """What ``make`` makes of inputs, such as binned features; in a search it is made once for equal inputs.

        Args:
            what: What is made, with every setting that it depends on.
            inputs: All arrays that it is made of.
            make: Makes it; fits may not change it but for the target.
        """
        work = self._framework.work
        return make() if work is None else work.prepare(content_key(what, inputs), make)

    def grown(self, what: str, inputs: Sequence[npt.NDArray[Any] | None], make: Callable[[], T]) -> T:
        """A learner of at least ``n_estimators`` trees, of which the first are those of a smaller one.

        In a search a larger one may be there, from a trial whose parameters are equal but for `cut_parameters`.

        Args:
            what: Which of the model's learners.
            inputs: All arrays that it learns from.
            make: Grows it with ``n_estimators`` trees.
        """
        work = self._framework.work
        if work is None:
            return make()
        settings = {
            name: value for name, value in self._framework.parameters.items() if name not in self.cut_parameters
        }
        named = json.dumps([type(self).__name__, what, settings], sort_keys=True)
        return work.grow(content_key(named, inputs), self._framework.parameters.get("n_estimators", 0), make)
