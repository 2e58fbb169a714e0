from __future__ import annotations

import numpy as np

from resource_prediction.features.keys import LEVEL_NAMES, LEVELS, NO_KEY
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES, History
from resource_prediction.features.recall import REACH_US, Recall
from resource_prediction.features.state import HistoryState

MINUTE_US = 60_000_000
BEGIN_US = 10 * REACH_US
Jobs = tuple[np.ndarray, np.ndarray, np.ndarray]


def jobs(count: int, seed: int = 4, minutes: int = 10) -> Jobs:
    """Keys of three kinds of job, when they became known from BEGIN_US on, their peaks."""
    generator = np.random.default_rng(seed)
    keys = generator.integers(2, 5, (count, 1)) + 10 * np.arange(len(LEVELS))
    known_us = BEGIN_US + np.sort(generator.integers(0, count * minutes, count)) * MINUTE_US
    return keys.astype(np.uint64), known_us, generator.lognormal(1.0, 0.5, count)


def recall_from_nothing() -> Recall:
    """A recall whose base holds no job."""
    nothing = History.build(np.empty((0, len(LEVELS)), np.uint64), np.empty(0, np.int64), np.empty(0))
    return Recall.of(HistoryState.at(nothing, BEGIN_US))


def test_a_job_is_described_as_the_whole_table_describes_it_at_its_submission() -> None:
    keys, known_us, peak_gib = jobs(120)
    submitted_us = np.maximum(known_us - np.resize([5, 60, 200], 120) * MINUTE_US, BEGIN_US)
    expected = History.build(keys, known_us, peak_gib).describe(keys, submitted_us)
    recall = recall_from_nothing()
    for place in range(0, 120, 7):
        told = slice(place, place + 7)
        recall.learn(keys[told], known_us[told], peak_gib[told])
        found, is_described = recall.describe(keys[told], submitted_us[told])
        assert is_described.all()
        assert found.tobytes() == expected[told].tobytes()


def test_what_was_not_known_at_the_submission_changes_nothing() -> None:
    keys, known_us, peak_gib = jobs(40)
    instant_us = known_us[20:21]
    described = []
    for factor in (1.0, 100.0):
        recall = recall_from_nothing()
        recall.learn(keys, known_us, np.where(known_us < instant_us, peak_gib, factor * peak_gib))
        described.append(recall.describe(keys[20:21], instant_us)[0].tobytes())
    assert described[0] == described[1]


def test_a_job_from_before_the_base_is_not_described() -> None:
    keys, known_us, peak_gib = jobs(3)
    recall = recall_from_nothing()
    recall.learn(keys, known_us, peak_gib)
    found, is_described = recall.describe(keys, np.array([BEGIN_US - 1, BEGIN_US, BEGIN_US + 1]))
    assert is_described.tolist() == [False, True, True]
    assert np.isnan(found[0]).all()
    assert found.shape == (3, len(POINT_IN_TIME_FEATURES))


def test_what_lies_further_back_than_the_reach_is_kept_in_the_base_only() -> None:
    keys, known_us, peak_gib = jobs(600)
    recall = recall_from_nothing()
    for place in range(600):
        one = slice(place, place + 1)
        recall.learn(keys[one], known_us[one], peak_gib[one])
        recall.describe(keys[one], known_us[one])
    assert recall.known_us[0] >= known_us[-1] - REACH_US
    assert recall.begin_us == known_us[-1] - REACH_US
    expected = History.build(keys, known_us, peak_gib).describe(keys[-1:], known_us[-1:])
    assert recall.describe(keys[-1:], known_us[-1:])[0].tobytes() == expected.tobytes()


def test_jobs_without_a_branch_are_described_as_the_whole_table_describes_them() -> None:
    keys, known_us, peak_gib = jobs(60)
    keys[::2, [name.startswith("branch") for name in LEVEL_NAMES]] = NO_KEY
    history = History.build(keys, known_us, peak_gib)
    until_us = int(known_us[-1]) + 1
    submitted_us = np.full(60, until_us)
    expected, too_old = HistoryState.at(history, until_us).describe(keys, submitted_us)
    assert too_old == 0
    assert history.describe(keys, submitted_us).tobytes() == expected.tobytes()


def test_the_order_of_submissions_changes_no_feature() -> None:
    keys, known_us, peak_gib = jobs(200)
    history = History.build(keys, known_us, peak_gib)
    shuffled = np.random.default_rng(5).permutation(200)
    found = history.describe(keys[shuffled], known_us[shuffled])
    assert found.tobytes() == history.describe(keys, known_us)[shuffled].tobytes()
