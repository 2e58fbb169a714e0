"""Corrected risks: nothing learned changes nothing, order is kept, one block alone moves little, segments differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.allocation import CAP_RISK
from resource_prediction.errors import ScoringError
from resource_prediction.risk_correction import MIN_SLOPE, RiskCorrection, learn_risk_correction

BLOCK_US = 6 * 3_600_000_000


def jobs(rate: float, *, blocks: int, jobs_a_block: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes with the same rate in each block, shape (n, 1), and times; the rate times 50 is a whole number."""
    is_under = np.tile(np.arange(jobs_a_block) < rate * jobs_a_block, blocks)[:, None]
    return is_under, np.repeat(np.arange(blocks), jobs_a_block) * BLOCK_US


def learn(rate: float, *, promised: float = 0.1, blocks: int = 40) -> RiskCorrection:
    is_under, submitted_us = jobs(rate, blocks=blocks)
    return learn_risk_correction(
        np.full(is_under.shape, promised), is_under, submitted_us, np.full(len(is_under), "one")
    )


def promise(correction: RiskCorrection, risk: float, segment: str = "one") -> float:
    return float(correction.apply(np.array([risk]), np.array([segment]))[0])


def test_without_jobs_a_risk_stays_what_it_is() -> None:
    nothing = np.empty((0, 3))
    learned = learn_risk_correction(nothing, nothing.astype(np.bool_), np.empty(0, np.int64), np.empty(0, np.str_))
    risk = np.array([0.0, 0.0004, 0.3, 1.0])
    assert learned == RiskCorrection()
    np.testing.assert_array_equal(learned.apply(risk, np.full(4, "any")), risk)


def test_many_blocks_that_saw_twice_the_promise_bring_it_near_what_was_seen() -> None:
    assert 0.18 < promise(learn(0.2), 0.1) < 0.2
    assert 0.02 < promise(learn(0.02), 0.1) < 0.03


def test_a_promise_that_was_kept_stays() -> None:
    assert promise(learn(0.1), 0.1) == pytest.approx(0.1, abs=0.002)


def test_one_block_alone_moves_a_promise_little_however_many_jobs_it_has() -> None:
    is_under, submitted_us = jobs(0.2, blocks=1, jobs_a_block=5_000)
    of_one = learn_risk_correction(np.full(is_under.shape, 0.1), is_under, submitted_us, np.full(len(is_under), "one"))
    of_many = learn(0.2, blocks=100)
    assert (of_one.jobs, of_many.jobs) == (5_000, 5_000)
    assert of_one.offset < 0.5 * (of_many.offset + of_many.segments["one"])


def test_segments_are_told_apart_and_an_unknown_one_gets_what_they_share() -> None:
    is_under, submitted_us = jobs(0.5, blocks=60, jobs_a_block=10)
    segment = np.tile(np.repeat(["often", "never"], 5), 60)
    assert is_under[segment == "often"].all()
    learned = learn_risk_correction(np.full(is_under.shape, 0.5), is_under, submitted_us, segment)
    assert promise(learned, 0.5, "never") < 0.3 < promise(learned, 0.5, "new") < 0.7 < promise(learned, 0.5, "often")


def test_a_slope_is_learned_where_low_risks_are_too_low_and_high_ones_are_not() -> None:
    low, submitted_us = jobs(0.04, blocks=100)
    high, _ = jobs(0.2, blocks=100)
    risk = np.stack([np.full(len(low), 0.01), np.full(len(low), 0.2)], axis=1)
    is_under = np.concatenate([low, high], axis=1)
    learned = learn_risk_correction(risk, is_under, submitted_us, np.full(len(low), "one"))
    assert learned.slope < 0.9
    assert promise(learned, 0.01) > 0.02
    assert promise(learned, 0.2) == pytest.approx(0.2, abs=0.05)


def test_each_job_counts_once_at_however_many_penalties_it_was_asked() -> None:
    is_under, submitted_us = jobs(0.2, blocks=8)
    segment = np.full(len(is_under), "one")
    once = learn_risk_correction(np.full(is_under.shape, 0.1), is_under, submitted_us, segment)
    thrice = learn_risk_correction(
        np.full((len(is_under), 3), 0.1), np.repeat(is_under, 3, axis=1), submitted_us, segment
    )
    assert once.offset == pytest.approx(thrice.offset, abs=2e-3)


def test_a_risk_of_zero_is_shown_as_no_less_than_that_of_the_cap() -> None:
    assert promise(learn(0.02), 0.0) == CAP_RISK


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 60), penalties=st.integers(1, 3), segments=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_whatever_was_seen_a_higher_risk_never_becomes_a_lower_one(
    seed: int, rows: int, penalties: int, segments: int
) -> None:
    random = np.random.default_rng(seed)
    # Outcomes that contradict the risks: the higher ones held.
    risk = random.random((rows, penalties)) ** 3
    is_under = random.random((rows, penalties)) > risk
    names = random.integers(0, segments, rows).astype(np.str_)
    learned = learn_risk_correction(risk, is_under, random.integers(0, 20 * BLOCK_US, rows), names)
    assert learned.slope >= MIN_SLOPE
    shown = learned.apply(np.sort(random.random(50)), np.full(50, names[0]))
    assert (np.diff(shown) >= 0).all()
    assert ((shown >= CAP_RISK) & (shown <= 1 - CAP_RISK)).all()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ScoringError, match=r"got risks of shape \(2, 1\) and outcomes of shape \(2, 2\) for 2 times"):
        learn_risk_correction(np.zeros((2, 1)), np.zeros((2, 2), np.bool_), np.zeros(2, np.int64), np.array(["a", "b"]))
