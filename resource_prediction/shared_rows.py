"""A distribution that several rows share, worked out once. Not here: which rows are alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import FloatArray
from resource_prediction.distribution import Atoms


@dataclass(frozen=True, eq=False)
class SharedRows:
    """n rows that fall into g groups; see `Distribution` for what the methods say.

    Attributes:
        groups: A distribution for each group, g rows.
        group: Group of each row, shape (n,).
    """

    groups: Atoms
    group: npt.NDArray[np.intp]

    @property
    def rows(self) -> int:
        """How many jobs it describes."""
        return len(self.group)

    def cheapest(self, risk_cost: float, waste_cost: float, max_risk: float) -> FloatArray:
        """See `Distribution.cheapest`."""
        return self.groups.cheapest(risk_cost, waste_cost, max_risk)[self.group]

    def quantiles(self, levels: npt.ArrayLike) -> FloatArray:
        """See `Distribution.quantiles`."""
        return self.groups.quantiles(levels)[self.group]

    def exceedance(self, allocation_gib: npt.ArrayLike) -> FloatArray:
        """See `Distribution.exceedance`; rows of one group may have allocations of their own."""
        return self.as_atoms().exceedance(allocation_gib)

    def mean(self) -> FloatArray:
        """See `Distribution.mean`."""
        return self.groups.mean()[self.group]

    def as_atoms(self) -> Atoms:
        """See `Distribution.as_atoms`."""
        return self._atoms

    @cached_property
    def _atoms(self) -> Atoms:
        values, weights = self.groups.values_gib, self.groups.weights
        is_shared = values.strides[0] == 0
        each = np.broadcast_to(values[0], (self.rows, values.shape[1])) if is_shared else values[self.group]
        return Atoms(each, weights if weights.ndim == 1 else weights[self.group])
