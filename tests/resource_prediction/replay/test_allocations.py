"""Promises of what a fit offers: headroom after it is the rule's own, and arrays bring back what they were given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.allocation import AllocationRule, allocate
from resource_prediction.distribution import Atoms
from resource_prediction.replay.allocations import Allocations, Offers, offered_costs

GIB = st.floats(0.1, 100)
CAPS = st.one_of(st.just(float("nan")), GIB)


def offers(peaks: list[float], caps: list[float]) -> tuple[Atoms, Offers]:
    """What the rule gives jobs of one distribution without headroom; no guard changes anything but the cap."""
    predicted = Atoms(np.tile(np.sort(peaks), (len(caps), 1)), np.full(len(peaks), 1 / len(peaks)))
    cap_gib = np.array(caps)
    free, capped = (allocate(predicted, AllocationRule(), 10.0, limit) for limit in (None, cap_gib))
    plain = Allocations(capped, capped, {"request_cap": free, "risk_limit": capped})
    return predicted, Offers({5.0: plain}, cap_gib)


@given(
    peaks=st.lists(GIB, min_size=1, max_size=6),
    caps=st.lists(CAPS, min_size=1, max_size=6),
    headroom_pct=st.floats(0, 100),
)
def test_headroom_after_the_fit_is_bit_for_bit_what_the_rule_gives_with_it(
    peaks: list[float], caps: list[float], headroom_pct: float
) -> None:
    predicted, offered = offers(peaks, caps)
    rule = AllocationRule(headroom_pct=headroom_pct)
    found = offered.at(5.0, headroom_pct)
    np.testing.assert_array_equal(found.frozen, allocate(predicted, rule, 10.0, np.array(caps)))
    np.testing.assert_array_equal(found.live, found.frozen)
    np.testing.assert_array_equal(found.without["request_cap"], allocate(predicted, rule, 10.0))
    np.testing.assert_array_equal(found.without["headroom"], offered.plain[5.0].frozen)


def test_headroom_by_head_ends_at_the_cap() -> None:
    _, offered = offers([4.0], [4.2, 10.0, float("nan")])
    assert offered.at(5.0, 10.0).frozen == pytest.approx([4.2, 4.4, 4.4])


def test_arrays_bring_back_what_was_offered_and_miss_what_was_not() -> None:
    _, offered = offers([4.0, 6.0], [5.0])
    arrays = offered.to_arrays()
    found = Offers.from_arrays(arrays, [5.0])
    np.testing.assert_array_equal(found.at(5.0, 7.0).frozen, offered.at(5.0, 7.0).frozen)
    with pytest.raises(KeyError, match=r"frozen:20\.0"):
        Offers.from_arrays(arrays, [20.0])


def test_a_fit_is_asked_for_the_presets_and_for_what_the_replay_is_scored_with() -> None:
    assert offered_costs(5) == (2.0, 5.0, 20.0)
    assert offered_costs(7) == (2.0, 5.0, 7.0, 20.0)
