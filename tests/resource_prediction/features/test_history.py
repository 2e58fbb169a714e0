import numpy as np
import pytest

from resource_prediction.features.history import DEPTH, PEAK_FEATURES, RATIO_DEPTH, describe_windows, running_sum

US_PER_MINUTE = 60_000_000


def describe(peaks_newest_first: list[float], count: int | None = None) -> dict[str, float]:
    peaks = np.full((DEPTH, 1), np.nan)
    peaks[: len(peaks_newest_first), 0] = peaks_newest_first
    ratios = np.full((RATIO_DEPTH, 1), np.nan)
    seen = np.array([len(peaks_newest_first) if count is None else count])
    values = describe_windows(peaks, ratios, seen, np.array([9 * US_PER_MINUTE]))
    return dict(zip(PEAK_FEATURES, values[:, 0], strict=True))


def test_the_last_peaks_are_described_by_their_plain_statistics() -> None:
    described = describe([4.0, 2.0, 6.0, 8.0])
    assert described["last_gib"] == 4.0
    assert described["mean_3_gib"] == 4.0
    assert described["mean_10_gib"] == 5.0
    assert described["max_5_gib"] == 8.0
    assert described["min_10_gib"] == 2.0
    assert described["median_20_gib"] == 5.0
    assert described["q90_20_gib"] == pytest.approx(7.4)
    assert described["spread_20"] == pytest.approx(np.sqrt(5.0) / 5.0)
    assert described["log_count"] == pytest.approx(np.log(5))
    assert described["log_age_minutes"] == pytest.approx(np.log(10))


def test_the_moving_average_halves_a_weight_every_three_jobs() -> None:
    assert describe([1.0, 0.0, 0.0, 1.0])["ewma_gib"] == pytest.approx(
        1.5 / (1 + 0.5 ** (1 / 3) + 0.5 ** (2 / 3) + 0.5)
    )


def test_a_key_without_history_is_described_by_missing_values() -> None:
    assert all(np.isnan(value) for value in describe([]).values())


def test_only_the_last_thirty_peaks_count_but_all_jobs_are_counted() -> None:
    described = describe([1.0] * DEPTH, count=1_000)
    assert described["mean_30_gib"] == 1.0
    assert described["log_count"] == pytest.approx(np.log(1_001))


def test_a_sum_has_the_same_bits_alone_and_among_many() -> None:
    rows = np.random.default_rng(0).lognormal(size=(DEPTH, 5_000))
    together = running_sum(rows)[-1]
    alone = np.array([running_sum(np.ascontiguousarray(rows[:, place : place + 1]))[-1, 0] for place in range(500)])
    assert together[:500].tobytes() == alone.tobytes()
