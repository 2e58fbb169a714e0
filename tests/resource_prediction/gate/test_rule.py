"""A rule under which a verdict means nothing is refused."""

from __future__ import annotations

import pytest

from resource_prediction.errors import GateError
from resource_prediction.gate import GateRule


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        ({"margin": 0.0}, "gate rule margin: got 0.0; expected a number above 0"),
        ({"nights": 1}, "gate rule nights"),
        ({"level": 1.0}, "gate rule level"),
        ({"segment_probability": 0.4}, "gate rule segment_probability"),
        ({"patience_days": 3}, "gate rule patience_days"),
        ({"resamples": 10}, "gate rule resamples"),
        ({"refresh_tolerance": -1.0}, "gate rule refresh_tolerance"),
        ({"refresh_worse_share": 0.0}, "gate rule refresh_worse_share: got 0.0; expected a share above 0"),
        ({"min_blocks": 1}, "gate rule min_blocks"),
    ],
)
def test_a_rule_under_which_a_verdict_means_nothing_is_refused(threshold: dict[str, float], message: str) -> None:
    with pytest.raises(GateError, match=message):
        GateRule(**threshold)  # type: ignore[arg-type]
