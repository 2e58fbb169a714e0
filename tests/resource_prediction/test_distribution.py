from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resource_prediction.distribution import Atoms, Components, Distribution, Mixture, mix
from resource_prediction.errors import DistributionError

SUPPORT = np.array([1.0, 2.0, 4.0, 8.0])


def half_small_half_large() -> Mixture:
    """Component 0 is 1 or 2 GiB, component 1 is 4 or 8 GiB; row 0 is all small, row 1 is both alike."""
    weights = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.75, 0.25]])
    return Mixture(np.array([[1.0, 0.0], [0.5, 0.5]]), Components(SUPPORT, weights))


@pytest.mark.parametrize("distribution", [half_small_half_large(), half_small_half_large().as_atoms()])
def test_figures_that_a_reader_can_check(distribution: Distribution) -> None:
    assert distribution.rows == 2
    np.testing.assert_allclose(distribution.mean(), [1.5, 3.25])
    np.testing.assert_allclose(distribution.quantiles([0.5, 0.9]), [[1, 2], [2, 8]])
    np.testing.assert_allclose(distribution.exceedance([1.0, 2.0]), [0.5, 0.5])
    np.testing.assert_allclose(distribution.exceedance(3.9), [0.0, 0.5])


def test_a_peak_equal_to_its_allocation_fits() -> None:
    atoms = Atoms(np.array([[3.0]]), np.array([1.0]))
    assert atoms.exceedance(3.0)[0] == 0
    assert atoms.exceedance(2.999)[0] == 1


def test_equal_atoms_count_as_one_point() -> None:
    atoms = Atoms(np.array([[2.0, 2.0, 2.0, 9.0]]), np.full(4, 0.25))
    assert atoms.cheapest(risk_cost=1.0, waste_cost=1.0, max_risk=0.25)[0] == 2.0


@st.composite
def atom_rows(draw: st.DrawFn) -> Atoms:
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 12)))
    values = draw(arrays(np.float64, shape, elements=st.floats(0.01, 500)))
    weights = draw(arrays(np.float64, shape, elements=st.floats(0.01, 1)))
    return Atoms.of(values, weights)


@given(atom_rows(), st.floats(0.1, 1000), st.floats(0.01, 100), st.floats(0.01, 0.9))
@settings(max_examples=60, deadline=None)
def test_no_other_point_is_cheaper_within_the_risk(atoms: Atoms, risk: float, waste: float, max_risk: float) -> None:
    chosen = atoms.cheapest(risk, waste, max_risk)
    each = np.broadcast_to(atoms.weights, atoms.values_gib.shape)
    for values, weights, allocation in zip(atoms.values_gib, each, chosen, strict=True):

        def cost(a: float, values: np.ndarray = values, weights: np.ndarray = weights) -> tuple[float, float]:
            above = weights[values > a].sum()
            return above, risk * above + waste * (weights * np.maximum(a - values, 0)).sum()

        grid = np.concatenate([values, np.linspace(values[0], values[-1], 50)])
        allowed = [cost(a)[1] for a in grid if cost(a)[0] <= max_risk - 1e-9]
        assert cost(allocation)[0] <= max_risk + 1e-9
        assert cost(allocation)[1] <= min(allowed) * (1 + 1e-9) + 1e-9


@given(atom_rows(), st.lists(st.floats(0, 1), min_size=2, max_size=6))
@settings(max_examples=60, deadline=None)
def test_quantiles_hold_their_level_and_rise_with_it(atoms: Atoms, levels: list[float]) -> None:
    wanted = np.sort(levels)
    quantiles = atoms.quantiles(wanted)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    for column, level in enumerate(wanted):
        assert (atoms.exceedance(quantiles[:, column]) <= 1 - level + 1e-9).all()


def test_a_mixture_and_its_atoms_choose_the_same() -> None:
    random = np.random.default_rng(3)
    components = Components(np.sort(random.uniform(1, 90, 60)), random.dirichlet(np.ones(60), size=5))
    mixture = Mixture(random.dirichlet(np.ones(5), size=40), components)
    for under_cost in (0.5, 5.0, 50.0):
        np.testing.assert_allclose(
            mixture.cheapest(under_cost, 0.02, 0.3), mixture.as_atoms().cheapest(under_cost, 0.02, 0.3)
        )


def test_mixing_weighs_the_parts() -> None:
    one, three = Atoms(np.array([[1.0]]), np.ones(1)), Atoms(np.array([[3.0]]), np.ones(1))
    mixed = mix([three, one], [1.0, 3.0])
    np.testing.assert_allclose(mixed.mean(), [1.5])
    np.testing.assert_allclose(mixed.exceedance(2.0), [0.25])


def test_mixing_rows_that_differ_is_refused() -> None:
    one, two = Atoms(np.ones((1, 1)), np.ones(1)), Atoms(np.ones((2, 1)), np.ones(1))
    with pytest.raises(DistributionError, match=r"got rows \[1, 2\]"):
        mix([one, two], [1.0, 1.0])


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DistributionError, match="for 4 support points"):
        Components(SUPPORT, np.ones((2, 3)))
    with pytest.raises(DistributionError, match="at least one atom"):
        Atoms(np.ones((2, 0)), np.ones(0))
    with pytest.raises(DistributionError, match=r"Write 0\.95 for the 95th percentile"):
        half_small_half_large().quantiles([95])


def test_many_rows_are_no_other_rows() -> None:
    one = half_small_half_large()
    many = Mixture(np.tile(one.row_weights, (3000, 1)), one.components)
    np.testing.assert_array_equal(many.cheapest(5, 1, 0.3), np.tile(one.cheapest(5, 1, 0.3), 3000))


@pytest.mark.parametrize("share", [True, False], ids=["one support for all rows", "values of each row"])
def test_a_row_among_thousands_gets_what_it_gets_alone_bit_for_bit(share: bool) -> None:
    random = np.random.default_rng(4)
    shape = (2_000, 60)
    values = np.sort(random.uniform(1, 90, shape), axis=1)
    if share:
        values = np.broadcast_to(values[0], shape)
    atoms = Atoms(values, random.dirichlet(np.full(60, 0.1), size=2_000))
    together = atoms.cheapest(500.0, 3.0, 0.3)
    alone = [
        Atoms(values[row : row + 1], atoms.weights[row : row + 1]).cheapest(500.0, 3.0, 0.3)[0]
        for row in range(0, 2_000, 50)
    ]
    np.testing.assert_array_equal(together[::50], alone)
