from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.arrays import FloatArray
from resource_prediction.distribution import Atoms
from resource_prediction.shared_rows import SharedRows

POINTS = np.array([1.0, 2.0, 4.0])
WEIGHTS = np.array([[0.5, 0.5, 0.0], [0.0, 0.25, 0.75]])
OWN_POINTS = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]])
GROUP = np.array([1, 0, 1], dtype=np.intp)


def test_rows_of_a_group_have_its_figures() -> None:
    shared = SharedRows(Atoms(np.broadcast_to(POINTS, WEIGHTS.shape), WEIGHTS), GROUP)
    assert shared.rows == 3
    np.testing.assert_allclose(shared.mean(), [3.5, 1.5, 3.5])
    np.testing.assert_allclose(shared.quantiles([0.5]), [[4], [1], [4]])
    # Two rows of one group, each with an allocation of its own.
    np.testing.assert_allclose(shared.exceedance([2.0, 1.0, 4.0]), [0.75, 0.5, 0.0])


@pytest.mark.parametrize("points", [np.broadcast_to(POINTS, (2, 3)), OWN_POINTS])
@pytest.mark.parametrize("weights", [WEIGHTS, np.array([0.2, 0.3, 0.5])])
@given(risk_cost=st.floats(1, 1000), waste_cost=st.floats(1, 100))
@settings(max_examples=20, deadline=None)
def test_sharing_changes_no_answer(
    points: FloatArray, weights: FloatArray, risk_cost: float, waste_cost: float
) -> None:
    shared = SharedRows(Atoms(points, weights), GROUP)
    apart = Atoms(points[GROUP], weights if weights.ndim == 1 else weights[GROUP])
    np.testing.assert_array_equal(
        shared.cheapest(risk_cost, waste_cost, 0.3), apart.cheapest(risk_cost, waste_cost, 0.3)
    )
    np.testing.assert_array_equal(shared.as_atoms().values_gib, apart.values_gib)
    np.testing.assert_array_equal(shared.quantiles([0, 0.5, 1]), apart.quantiles([0, 0.5, 1]))
    np.testing.assert_array_equal(shared.mean(), apart.mean())
