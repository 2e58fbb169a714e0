"""The gate's rule: every threshold of a verdict in one place. Not here: applying them."""

from __future__ import annotations

from dataclasses import dataclass

from resource_prediction.comparison import PairedBlocks
from resource_prediction.errors import GateError
from resource_prediction.improvement import Improvement, improvement
from resource_prediction.scoring import UNDER_COST


@dataclass(frozen=True)
class GateRule:
    """Thresholds of a verdict.

    Attributes:
        under_cost: Points for each percent of under-allocated jobs.
        margin: Fewest points that a switch must gain; smaller gains are not worth another model.
        level: Confidence of the one-sided bound on the nightly gains.
        nights: Nights that confirm a nomination.
        night_rows: Fewest jobs of a night; a smaller one is joined to the next.
        patience_days: A nomination without a decision by then ends.
        min_blocks: Fewest 6-hour blocks for an interval or a switch.
        min_days: Fewest UTC days for an interval or a switch.
        refresh_tolerance: Points by which a refreshed fit may be worse: staleness costs more.
        refresh_probability: A refresh is refused where it is worse than the tolerance with this probability.
        refresh_worse_share: A refresh is refused where it costs more than this share above its older fit on the same
            hold-out.
        refresh_rows: Fewest jobs of a hold-out for that.
        segment_rows: Fewest jobs of a segment that can veto a switch.
        segment_probability: A segment vetoes where it is worse with this probability.
        resamples: Draws of each bootstrap.
        seed: Seed of each bootstrap.
    """

    under_cost: float = UNDER_COST
    margin: float = 2.0
    level: float = 0.98
    nights: int = 7
    night_rows: int = 50
    patience_days: int = 28
    min_blocks: int = 20
    min_days: int = 5
    refresh_tolerance: float = 2.0
    refresh_probability: float = 0.95
    refresh_worse_share: float = 0.2
    refresh_rows: int = 500
    segment_rows: int = 200
    segment_probability: float = 0.95
    resamples: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse thresholds under which a verdict would mean nothing."""
        _check("margin", self.margin, self.margin > 0, "a number above 0, else equal recipes could switch")
        _check("nights", self.nights, self.nights >= 2, "at least 2, else there is no spread between nights")
        _check("patience_days", self.patience_days, self.patience_days >= self.nights, "at least as many as nights")
        _check("min_blocks", self.min_blocks, self.min_blocks >= 2, "at least 2")
        _check("resamples", self.resamples, self.resamples >= 100, "at least 100")
        _check(
            "refresh_tolerance", self.refresh_tolerance, self.refresh_tolerance >= 0, "a number of points, at least 0"
        )
        _check(
            "refresh_worse_share",
            self.refresh_worse_share,
            self.refresh_worse_share > 0,
            "a share above 0, else chance refuses every other night",
        )
        for name in ("level", "refresh_probability", "segment_probability"):
            value = getattr(self, name)
            _check(name, value, 0.5 < value < 1, "a probability above 0.5 and below 1")

    def improvement(self, pairs: PairedBlocks) -> Improvement | None:
        """Gain with its interval, or None where the evidence is below this rule's minimum."""
        return improvement(
            pairs,
            self.under_cost,
            min_blocks=self.min_blocks,
            min_days=self.min_days,
            resamples=self.resamples,
            seed=self.seed,
        )

    def probability_worse(self, pairs: PairedBlocks, points: float) -> float:
        """Probability that the challenger loses more than ``points`` on these blocks."""
        gains = pairs.resampled_gains(self.under_cost, resamples=self.resamples, seed=self.seed)
        return float((gains < -points).mean())


def _check(name: str, value: float, legal: bool, rule: str) -> None:
    if not legal:
        raise GateError(f"gate rule {name}", got=value, expected=rule, next_step="Correct the gate's settings.")
