"""Predictive distributions of a job's peak: mixtures over one support, and atoms of each row. Not here: the rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import FloatArray
from resource_prediction.errors import DistributionError

_PRODUCT_ROWS = 2048
"""Rows whose products with the components' tables are made at once."""

_CELLS = 1 << 15
"""Cells of a (rows, support) table that are handled at once: several such tables stay in the processor's cache."""


class Distribution(Protocol):
    """What a family predicts for each of n jobs: a discrete distribution of its peak in GiB."""

    @property
    def rows(self) -> int:
        """How many jobs it describes."""

    def cheapest(self, risk_cost: float, waste_cost: float, max_risk: float) -> FloatArray:
        """Support point a of each row that minimises ``risk_cost * P(Y > a) + waste_cost * E[(a - Y)+]``.

        Only points with ``P(Y > a) <= max_risk`` count; of equal ones the smallest is taken, so that the result never
        falls when ``risk_cost`` rises. Shape (n,), GiB.
        """

    def quantiles(self, levels: npt.ArrayLike) -> FloatArray:
        """Smallest support point that holds each level, shape (n, q), GiB."""

    def exceedance(self, allocation_gib: npt.ArrayLike) -> FloatArray:
        """P(peak > allocation) of each row, shape (n,); a peak equal to its allocation fits."""

    def mean(self) -> FloatArray:
        """Expected peak, shape (n,), GiB."""

    def as_atoms(self) -> Atoms:
        """The same distribution, each row with its own atoms."""


@dataclass(frozen=True, eq=False)
class Components:
    """K distributions over one support, such as the training peaks within each memory bin.

    Attributes:
        support_gib: Ascending points, shape (G,), GiB, > 0.
        weights: Probability of each point, shape (K, G); rows sum to 1.
    """

    support_gib: FloatArray
    weights: FloatArray

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or self.weights.shape[1] != self.support_gib.size or not self.support_gib.size:
            raise DistributionError(
                "components of a mixture",
                got=f"weights of shape {self.weights.shape} for {self.support_gib.size} support points",
                expected="weights of shape (components, support points), at least one point",
                next_step="Give a weight for each support point.",
            )

    @cached_property
    def exceedance(self) -> FloatArray:
        """P(Y > support point), shape (K, G); exactly 0 at the last point."""
        return _mass_above(self.weights)

    @cached_property
    def excess_gib(self) -> FloatArray:
        """E[(support point - Y)+], shape (K, G), GiB."""
        return _expected_excess(self.support_gib, self.weights)

    def cost(self, risk_cost: float, waste_cost: float) -> FloatArray:
        """Expected cost of each support point as an allocation, shape (K, G); the last answer is kept."""
        asked = (risk_cost, waste_cost)
        kept = self._kept_costs.get(asked)
        if kept is None:
            self._kept_costs.clear()
            kept = self._kept_costs[asked] = risk_cost * self.exceedance + waste_cost * self.excess_gib
        return kept

    @cached_property
    def _kept_costs(self) -> dict[tuple[float, float], FloatArray]:
        return {}

    @cached_property
    def means_gib(self) -> FloatArray:
        """Expected peak of each component, shape (K,), GiB."""
        return self.weights @ self.support_gib


@dataclass(frozen=True, eq=False)
class Mixture:
    """Rows that weigh the same components differently: what a classifier on memory bins predicts.

    Costs are linear in the weights, so a batch is one matrix product with the components' tables.

    Attributes:
        row_weights: Weight of each component, shape (n, K); rows sum to 1.
        components: What is weighed.
    """

    row_weights: FloatArray
    components: Components

    @property
    def rows(self) -> int:
        """How many jobs it describes."""
        return len(self.row_weights)

    def cheapest(self, risk_cost: float, waste_cost: float, max_risk: float) -> FloatArray:
        """See `Distribution.cheapest`."""
        table = self.components.cost(risk_cost, waste_cost)
        chosen = np.empty(self.rows, dtype=np.intp)
        for part in _chunks(self.rows, _PRODUCT_ROWS):
            weights = self.row_weights[part]
            cost = weights @ table
            best = cost.argmin(axis=1)
            # The limit of risk rarely binds, so it is looked at where it does only.
            risk = np.einsum("nk,kn->n", weights, self.components.exceedance[:, best])
            (risky,) = np.nonzero(risk > max_risk)
            if risky.size:
                cost = cost[risky]
                cost[weights[risky] @ self.components.exceedance > max_risk] = np.inf
                best[risky] = cost.argmin(axis=1)
            chosen[part] = best
        return self.components.support_gib[chosen]

    def quantiles(self, levels: npt.ArrayLike) -> FloatArray:
        """See `Distribution.quantiles`."""
        wanted = _levels(levels)
        result = np.empty((self.rows, wanted.size))
        for part in _chunks(self.rows, _PRODUCT_ROWS):
            above = self.row_weights[part] @ self.components.exceedance
            for column, level in enumerate(wanted):
                result[part, column] = self.components.support_gib[(above <= _room_above(level)).argmax(axis=1)]
        return result

    def exceedance(self, allocation_gib: npt.ArrayLike) -> FloatArray:
        """See `Distribution.exceedance`."""
        allocation = np.broadcast_to(np.asarray(allocation_gib, dtype=np.float64), (self.rows,))
        position = np.searchsorted(self.components.support_gib, allocation, side="right")
        table = np.concatenate([np.ones((len(self.components.weights), 1)), self.components.exceedance], axis=1)
        return np.asarray(np.einsum("nk,kn->n", self.row_weights, table[:, position]))

    def mean(self) -> FloatArray:
        """See `Distribution.mean`."""
        return np.asarray(self.row_weights @ self.components.means_gib)

    def as_atoms(self) -> Atoms:
        """See `Distribution.as_atoms`."""
        values = np.broadcast_to(self.components.support_gib, (self.rows, self.components.support_gib.size))
        return Atoms(values, self.row_weights @ self.components.weights)


@dataclass(frozen=True, eq=False)
class Atoms:
    """Rows with atoms of their own: quantiles, a prediction times residuals, or the jobs in a forest's leaves.

    Attributes:
        values_gib: Ascending in each row, shape (n, k), GiB, > 0. `Atoms.of` sorts.
        weights: Probability of each atom, shape (k,) for all rows or (n, k); sums to 1.
    """

    values_gib: FloatArray
    weights: FloatArray

    def __post_init__(self) -> None:
        legal = (self.values_gib.shape, self.values_gib.shape[1:])
        if self.values_gib.ndim != 2 or not self.values_gib.shape[1] or self.weights.shape not in legal:
            raise DistributionError(
                "atoms of a distribution",
                got=f"values of shape {self.values_gib.shape} with weights of shape {self.weights.shape}",
                expected="values of shape (rows, atoms) and weights of that shape or (atoms,), at least one atom",
                next_step="Give a weight for each atom.",
            )

    @classmethod
    def of(cls, values_gib: FloatArray, weights: FloatArray) -> Atoms:
        """Sort the atoms of each row with their weights, and scale the weights to sum to 1."""
        order = np.argsort(values_gib, axis=1, kind="stable")
        each = np.broadcast_to(weights, values_gib.shape)
        each = each / each.sum(axis=1, keepdims=True)
        return cls(np.take_along_axis(values_gib, order, axis=1), np.take_along_axis(each, order, axis=1))

    @property
    def rows(self) -> int:
        """How many jobs it describes."""
        return len(self.values_gib)

    def cheapest(self, risk_cost: float, waste_cost: float, max_risk: float) -> FloatArray:
        """See `Distribution.cheapest`; costs rise between atoms and fall at them, so one of them is the minimum."""
        best = np.empty(self.rows, dtype=np.intp)
        for part in _chunks(self.rows, _CELLS // self.values_gib.shape[1]):
            values, weights = self._points(part), self._weights(part)
            above = _mass_above(weights)
            cost = _expected_excess(values, weights)
            cost *= waste_cost
            cost += risk_cost * above
            np.copyto(cost, np.inf, where=above > max_risk)
            best[part] = cost.argmin(axis=1)
        return self.values_gib[np.arange(self.rows), best]

    def quantiles(self, levels: npt.ArrayLike) -> FloatArray:
        """See `Distribution.quantiles`."""
        above = np.broadcast_to(_mass_above(self.weights), self.values_gib.shape)
        first = [(above <= _room_above(level)).argmax(axis=1) for level in _levels(levels)]
        return np.take_along_axis(self.values_gib, np.stack(first, axis=1), axis=1)

    def exceedance(self, allocation_gib: npt.ArrayLike) -> FloatArray:
        """See `Distribution.exceedance`."""
        allocation = np.broadcast_to(np.asarray(allocation_gib, dtype=np.float64), (self.rows,))
        return np.asarray(((self.values_gib > allocation[:, None]) * self.weights).sum(axis=1))

    def mean(self) -> FloatArray:
        """See `Distribution.mean`."""
        return np.asarray((self.values_gib * self.weights).sum(axis=1))

    def as_atoms(self) -> Atoms:
        """See `Distribution.as_atoms`."""
        return self

    def _points(self, part: slice) -> FloatArray:
        """Values of some rows; one row of them where all rows share it, as those of a forest do."""
        values = self.values_gib[part]
        return values if values.strides[0] else values[:1]

    def _weights(self, part: slice) -> FloatArray:
        return self.weights if self.weights.ndim == 1 else self.weights[part]


def mix(parts: list[Distribution], shares: list[float]) -> Atoms:
    """Mix several distributions of the same rows.

    Args:
        parts: One distribution or more, each of n rows.
        shares: Non-negative share of each part; scaled to sum to 1.

    Raises:
        DistributionError: Where rows or numbers differ.
    """
    if not parts or len(parts) != len(shares) or len({part.rows for part in parts}) != 1 or not sum(shares) > 0:
        raise DistributionError(
            "mixing distributions",
            got=f"rows {[part.rows for part in parts]} with shares {shares}",
            expected="one or more distributions of the same rows, a share each, at least one above 0",
            next_step="Predict the same rows with each model first.",
        )
    atoms = [part.as_atoms() for part in parts]
    weights = [np.broadcast_to(a.weights, a.values_gib.shape) * s for a, s in zip(atoms, shares, strict=True)]
    return Atoms.of(np.concatenate([a.values_gib for a in atoms], axis=1), np.concatenate(weights, axis=1))


def _mass_above(weights: FloatArray) -> FloatArray:
    """Sum of the weights after each point along the last axis; summed from the end, so the last is exactly 0."""
    above = np.zeros_like(weights, dtype=np.float64)
    np.cumsum(weights[..., :0:-1], axis=-1, out=above[..., -2::-1])
    return above


def _expected_excess(values: FloatArray, weights: FloatArray) -> FloatArray:
    """E[(value - Y)+] at each ascending value: the sum over steps of step width times the mass below it."""
    below = np.cumsum(weights[..., :-1], axis=-1)
    excess = np.zeros(np.broadcast_shapes(values.shape, weights.shape))
    np.cumsum(np.diff(values, axis=-1) * below, axis=-1, out=excess[..., 1:])
    return excess


def _room_above(level: float) -> float:
    """Mass that may lie above a quantile; a rounding error must not push it to the next point."""
    return max(1.0 - level, 0.0) + 1e-12


def _levels(levels: npt.ArrayLike) -> FloatArray:
    wanted = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    if wanted.ndim != 1 or not np.all((wanted >= 0) & (wanted <= 1)):
        raise DistributionError(
            "quantile levels",
            got=wanted.tolist(),
            expected="numbers between 0 and 1",
            next_step="Write 0.95 for the 95th percentile.",
        )
    return wanted


def _chunks(rows: int, size: int) -> list[slice]:
    step = max(size, 1)
    return [slice(start, start + step) for start in range(0, rows, step)]
