from __future__ import annotations

import numpy as np
import pytest

from resource_prediction.errors import ParameterError
from resource_prediction.models.binning import PeakBins, learn_components, neighbour_shares


def test_log_bins_double() -> None:
    peaks = np.array([1.0, 1.5, 3.0, 6.0, 12.0, 16.0])
    bins = PeakBins.learn(peaks, 4, "log")
    np.testing.assert_allclose(bins.edges_gib, [2, 4, 8], rtol=0.02)
    np.testing.assert_array_equal(bins.assign(peaks), [0, 0, 1, 2, 3, 3])


def test_a_range_without_a_peak_is_joined_with_the_next() -> None:
    bins = PeakBins.learn(np.array([1.0, 100.0]), 24, "log")
    assert bins.count == 2
    np.testing.assert_array_equal(bins.assign(np.array([1.0, 100.0, 1000.0])), [0, 1, 1])


@pytest.mark.parametrize("strategy", ["log", "quantile", "uniform"])
@pytest.mark.parametrize("n_bins", [1, 2, 24, 200])
def test_every_bin_holds_a_training_peak(strategy: str, n_bins: int) -> None:
    peaks = np.exp(np.random.default_rng(1).normal(3, 1.5, 500)).round(1) + 0.1
    bins = PeakBins.learn(peaks, n_bins, strategy)  # type: ignore[arg-type]
    assert bins.count <= n_bins
    assert (np.bincount(bins.assign(peaks), minlength=bins.count) > 0).all()


def test_equal_peaks_make_one_bin() -> None:
    assert PeakBins.learn(np.full(9, 4.0), 24, "quantile").count == 1


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ParameterError, match="strategy='kmeans'; expected at least 1 bin, and a strategy out of log"):
        PeakBins.learn(np.ones(3), 24, "kmeans")  # type: ignore[arg-type]


def test_components_never_move_a_peak_down() -> None:
    peaks = np.sort(np.exp(np.random.default_rng(2).normal(3, 1, 3000)))
    bins = PeakBins.learn(peaks, 24, "log")
    components = learn_components(peaks, bins.assign(peaks), bins.count)
    np.testing.assert_allclose(components.weights.sum(axis=1), 1)
    shares = np.bincount(bins.assign(peaks)) / peaks.size
    above = shares @ components.exceedance
    truth = (peaks[:, None] > components.support_gib).mean(axis=0)
    np.testing.assert_allclose(above, truth, atol=1e-12)
    assert shares @ components.means_gib == pytest.approx(peaks.mean(), rel=0.02)
    assert components.support_gib[-1] == pytest.approx(peaks.max() * 1.05)


def test_smoothing_shares_most_with_the_nearest_bin_and_loses_nothing() -> None:
    shares = neighbour_shares(5, 1.0)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    # A Gaussian falls to 0.61 after one spread and to 0.14 after two.
    np.testing.assert_allclose(shares[2] / shares[2, 2], [0.135, 0.607, 1, 0.607, 0.135], atol=1e-3)


def test_smoothing_of_0_leaves_probabilities_where_they_are() -> None:
    np.testing.assert_array_equal(neighbour_shares(3, 0.0), np.eye(3))


@pytest.mark.parametrize("spread", [-1.0, np.inf, np.nan])
def test_a_smoothing_that_is_no_spread_is_refused(spread: float) -> None:
    with pytest.raises(ParameterError, match=r"bin_smoothing=.*; expected a finite number of bins, at least 0"):
        neighbour_shares(3, spread)
