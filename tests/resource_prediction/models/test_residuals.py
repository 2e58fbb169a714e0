from __future__ import annotations

import numpy as np

from resource_prediction.models.calibration import LevelCalibration
from resource_prediction.models.residuals import ResidualGroups


def test_a_row_takes_the_ratios_of_predictions_near_it() -> None:
    small, large = np.linspace(1, 2, 300), np.linspace(50, 60, 300)
    predicted = np.concatenate([small, large])
    peaks = np.concatenate([small * 2, large * 1.1])
    groups = ResidualGroups.learn(predicted, peaks)
    np.testing.assert_allclose(groups.distribution(np.array([1.5, 55.0])).mean(), [3.0, 60.5])


def test_few_rows_are_all_used() -> None:
    groups = ResidualGroups.learn(np.array([1.0, 1.0]), np.array([1.0, 3.0]))
    distribution = groups.distribution(np.array([10.0]))
    np.testing.assert_allclose(distribution.quantiles([0.5, 1.0]), [[10, 30]])


def test_a_prediction_of_zero_or_below_stays_a_distribution() -> None:
    groups = ResidualGroups.learn(np.array([1.0, -1.0, 2.0]), np.array([1.0, 2.0, 2.0]))
    values = groups.distribution(np.array([0.0, -5.0])).values_gib
    assert (np.isfinite(values) & (values > 0)).all()


def test_quantiles_that_were_too_low_get_their_true_weight() -> None:
    # Predicted 1 and 2 GiB for every row; of ten peaks two are at most 1, three at most 2, and five are 4.
    predicted = np.tile([1.0, 2.0], (10, 1))
    peaks = np.array([0.5, 1.0, 1.5, 2.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0])
    calibration = LevelCalibration.learn(predicted, peaks)
    distribution = calibration.distribution(np.array([[10.0, 20.0]]))
    np.testing.assert_allclose(distribution.exceedance(20.0), 0.5, atol=0.02)
    np.testing.assert_allclose(distribution.exceedance(10.0), 0.8, atol=0.02)
    np.testing.assert_allclose(distribution.quantiles(0.99), [[40.0]])


def test_quantiles_above_all_peaks_need_no_overshoot() -> None:
    calibration = LevelCalibration.learn(np.full((5, 2), 9.0), np.ones(5))
    np.testing.assert_array_equal(calibration.overshoot, 1.0)
