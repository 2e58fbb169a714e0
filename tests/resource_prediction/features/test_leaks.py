"""No feature sees what was not known at submission: by brute force, by scrambling, and through the audit."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.features.audit import _scramble, audit_leaks
from resource_prediction.features.keys import LEVEL_NAMES, level_keys
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES
from resource_prediction.features.raw_rows import Submissions, read_submissions
from resource_prediction.features.table import describe_table
from resource_prediction.outcomes import Outcomes, read_outcomes

HOUR_US = 3_600_000_000
MakeRows = Callable[..., pd.DataFrame]


def column(name: str) -> int:
    return POINT_IN_TIME_FEATURES.index(name)


def features(rows: pd.DataFrame, label_delay_us: int = HOUR_US) -> tuple[np.ndarray, Outcomes]:
    outcomes = read_outcomes(rows, label_delay_us)
    return describe_table(rows, outcomes, workers=1)[1], outcomes


def test_each_row_knows_exactly_the_jobs_that_a_plain_loop_finds(make_rows: MakeRows) -> None:
    rows = make_rows(300, seed=3)
    matrix, outcomes = features(rows)
    submitted_us = read_submissions(rows).submitted_us
    for level, name in enumerate(LEVEL_NAMES):
        keys = level_keys(read_submissions(rows))[:, level]
        for row in range(len(rows)):
            known = np.flatnonzero(outcomes.is_final & (outcomes.known_us < submitted_us[row]) & (keys == keys[row]))
            newest_first = known[np.argsort(outcomes.known_us[known], kind="stable")][::-1]
            if not len(known):
                assert np.isnan(matrix[row, column(f"{name}_last_gib")])
                continue
            peaks = outcomes.peak_gib[newest_first]
            assert matrix[row, column(f"{name}_last_gib")] == np.float32(peaks[0])
            assert matrix[row, column(f"{name}_mean_10_gib")] == pytest.approx(peaks[:10].mean())
            assert matrix[row, column(f"{name}_median_20_gib")] == pytest.approx(np.median(peaks[:20]))
            assert matrix[row, column(f"{name}_log_count")] == pytest.approx(np.log1p(len(known)))


def test_a_twin_never_sees_its_own_peak(make_rows: MakeRows) -> None:
    rows = make_rows(300, seed=4)
    matrix, outcomes = features(rows, label_delay_us=0)
    twins = np.flatnonzero(rows["is_twin"])
    assert len(twins) > 10
    peak_gib = outcomes.peak_gib.astype(np.float32)
    for level in LEVEL_NAMES:
        assert not (matrix[twins, column(f"{level}_last_gib")] == peak_gib[twins]).any()


def test_a_job_known_at_the_very_instant_of_a_submission_is_not_seen() -> None:
    rows = pd.DataFrame(
        {
            "atom_id": ["a", "b", "c"],
            "time": pd.to_datetime(
                ["2026-01-01 10:00", "2026-01-01 11:00", "2026-01-01 11:00:00.000001"], format="ISO8601"
            ),
            "buildProfile": "p",
            "max_rss": [2.0 * 1024**3, 1.0, 1.0],
            "is_twin": False,
        }
    )
    matrix, _ = features(rows)
    last = matrix[:, column("profile_last_gib")]
    assert np.isnan(last[0])
    assert np.isnan(last[1])
    assert last[2] == 2.0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**16), row=st.integers(1, 119), delay_us=st.sampled_from([0, 1, HOUR_US, 6 * HOUR_US]))
def test_scrambling_all_that_was_not_known_changes_no_feature(
    make_rows_once: MakeRows, seed: int, row: int, delay_us: int
) -> None:
    rows = make_rows_once(120, seed=seed)
    before, outcomes = features(rows, delay_us)
    submitted_us = read_submissions(rows).submitted_us
    unknown = (outcomes.known_us >= submitted_us[row]) | (np.arange(len(rows)) == row)
    scrambled = rows.copy()
    generator = np.random.default_rng(seed)
    scrambled.loc[unknown, "max_rss"] = generator.lognormal(20, 3, int(unknown.sum()))
    scrambled["memory_fail_count"] = generator.integers(0, 10, len(rows))
    scrambled["cgroup"] = generator.permutation(rows["atom_id"].to_numpy())
    after, _ = features(scrambled, delay_us)
    same_instant = submitted_us == submitted_us[row]
    assert before[same_instant].tobytes() == after[same_instant].tobytes()


def test_the_audit_passes_honest_features_and_says_what_it_saw(rows: pd.DataFrame) -> None:
    matrix, _ = features(rows)
    audit = audit_leaks([lambda: rows], HOUR_US, matrix, seed=7)
    assert audit.passed
    assert audit.finding is None
    assert audit.rows == len(rows)
    assert audit.twins > 0
    assert audit.ties > 0


def test_the_audit_finds_a_feature_that_saw_the_future(rows: pd.DataFrame) -> None:
    matrix, outcomes = features(rows)
    row = len(rows) - 5
    matrix[row, column("profile_last_gib")] = outcomes.peak_gib[row]
    audit = audit_leaks([lambda: rows], HOUR_US, matrix, seed=7)
    assert not audit.passed
    assert audit.finding is not None
    assert "profile_last_gib" in audit.finding
    assert rows["atom_id"].iloc[row] in audit.finding


def test_the_audit_finds_the_same_in_rows_that_come_in_parts(rows: pd.DataFrame) -> None:
    matrix, outcomes = features(rows)
    cuts = (0, 1, len(rows) // 3, len(rows) - 7, len(rows))
    parts = [partial(rows.iloc.__getitem__, slice(*ends)) for ends in pairwise(cuts)]
    honest = audit_leaks(parts, HOUR_US, matrix, seed=7)
    assert honest == audit_leaks([lambda: rows], HOUR_US, matrix, seed=7)
    assert honest.passed
    for row in (3, len(rows) // 2, len(rows) - 5):
        leaking = matrix.copy()
        leaking[row, column("branch_mean_3_gib")] = outcomes.peak_gib[row]
        finding = audit_leaks(parts, HOUR_US, leaking, seed=7).finding
        assert finding is not None
        assert finding.startswith(f"row {rows['atom_id'].iloc[row]}, feature branch_mean_3_gib")


def test_the_audit_finds_a_plain_lag_over_the_sorted_table(rows: pd.DataFrame) -> None:
    matrix, outcomes = features(rows)
    matrix[1:, column("profile_last_gib")] = outcomes.peak_gib[:-1]
    assert not audit_leaks([lambda: rows], HOUR_US, matrix, seed=7).passed


def test_the_audit_finds_a_key_made_of_what_is_known_only_afterwards(
    rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(raw: pd.DataFrame) -> Submissions:
        return read_submissions(raw.assign(jobs=raw["max_rss"] % 2))

    monkeypatch.setattr("resource_prediction.features.table.read_submissions", leaking)
    monkeypatch.setattr("resource_prediction.features.audit.read_submissions", leaking)
    matrix, _ = features(rows)
    audit = audit_leaks([lambda: rows], HOUR_US, matrix, seed=7)
    assert audit.finding is not None
    assert "placement_" in audit.finding


def test_scrambling_changes_what_comes_afterwards_of_unknown_jobs_and_nothing_else(rows: pd.DataFrame) -> None:
    raw = rows.assign(max_cache=1.0, memory_fail_count=0.0, cgroup="c", ts_phase="building", allocation=np.nan)
    is_unknown = np.arange(len(raw)) >= 300
    scrambled = _scramble(raw, is_unknown, np.random.default_rng(1))
    afterwards = ["max_rss", "max_cache", "memory_fail_count", "cgroup", "ts_phase", "allocation"]
    pd.testing.assert_frame_equal(scrambled[~is_unknown], raw[~is_unknown])
    pd.testing.assert_frame_equal(scrambled.drop(columns=afterwards), raw.drop(columns=afterwards))
    for name in afterwards:
        assert (scrambled[name][is_unknown] != raw[name][is_unknown]).all(), name
    assert (scrambled["max_rss"][is_unknown] > 0).all()


def test_a_label_delay_hides_jobs_that_ended_later(make_rows: MakeRows) -> None:
    rows = make_rows(200, seed=5)
    counts = [
        np.nansum(np.expm1(features(rows, delay_us)[0][:, column("profile_log_count")]))
        for delay_us in (0, HOUR_US, 9 * HOUR_US)
    ]
    assert counts[0] > counts[1] > counts[2] > 0


def test_an_end_time_stands_in_for_the_label_delay() -> None:
    rows = pd.DataFrame(
        {
            "atom_id": ["a", "b"],
            "time": pd.to_datetime(["2026-01-01 10:00", "2026-01-01 10:05"]),
            "finished_at": pd.to_datetime(["2026-01-01 10:01", None]),
            "buildProfile": "p",
            "max_rss": [2.0 * 1024**3, 1.0],
            "is_twin": False,
        }
    )
    assert features(rows)[0][1, column("profile_last_gib")] == 2.0
