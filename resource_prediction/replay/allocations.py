"""What one fit would have given the jobs of a period: by penalty, headroom and guard. Not here: scoring, the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from resource_prediction.allocation import PRESETS, AllocationRule, allocate, request_cap
from resource_prediction.arrays import FloatArray
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.models.parts import PART_ROWS
from resource_prediction.models.unified_wrapper import DeployableModel

_NO_LIMIT = float(np.nextafter(1.0, 0.0))

REQUEST_CAP, RISK_LIMIT, HEADROOM = "request_cap", "risk_limit", "headroom"
GUARDS = (REQUEST_CAP, RISK_LIMIT, HEADROOM)
"""The guards that exist; each is taken off by itself, the others stay on."""

Lift = Callable[[AllocationRule, FloatArray], tuple[AllocationRule, FloatArray]]
"""Takes a guard off: rule and caps with it, to rule and caps without it."""

_LIFTS: MappingProxyType[str, Lift] = MappingProxyType(
    {
        REQUEST_CAP: lambda rule, cap_gib: (rule, np.full_like(cap_gib, np.nan)),
        RISK_LIMIT: lambda rule, cap_gib: (replace(rule, max_risk=_NO_LIMIT), cap_gib),
    }
)
"""Guards that only a fit can take off; headroom is arithmetic on what it gave."""

Arrays = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Allocations:
    """What one fit gives n jobs under one rule, shape (n,) each, GiB.

    Attributes:
        frozen: With history as it stood at the cut-off.
        live: With history moving on.
        without: ``frozen`` without a guard, by its name; baselines have none.
    """

    frozen: FloatArray
    live: FloatArray
    without: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Offers:
    """What one fit offers n jobs: what a penalty or headroom changes needs no other fit.

    Attributes:
        plain: Allocations without headroom, by penalty.
        cap_gib: Highest allocation of each job, shape (n,); NaN is no cap.
    """

    plain: Mapping[float, Allocations]
    cap_gib: FloatArray

    def at(self, under_cost: float, headroom_pct: float) -> Allocations:
        """Allocations under a penalty that was asked for when the offers were made, with headroom, bit for bit."""
        plain = self.plain[under_cost]

        def raised(gib: FloatArray) -> FloatArray:
            return gib * (1 + headroom_pct / 100)

        def capped(gib: FloatArray) -> FloatArray:
            # As `allocate` does: the cap comes last, so a job that had reached it stays there.
            return np.where(np.isnan(self.cap_gib), raised(gib), np.minimum(raised(gib), self.cap_gib))

        return Allocations(
            capped(plain.frozen),
            capped(plain.live),
            {
                REQUEST_CAP: raised(plain.without[REQUEST_CAP]),
                RISK_LIMIT: capped(plain.without[RISK_LIMIT]),
                HEADROOM: plain.frozen,
            },
        )

    def to_arrays(self) -> Arrays:
        """As plain arrays, for a file."""
        arrays = {"cap_gib": self.cap_gib}
        for under_cost, given in self.plain.items():
            named = {"frozen": given.frozen, "live": given.live, **given.without}
            arrays |= {f"{name}:{under_cost!r}": gib for name, gib in named.items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.float64]], under_costs: Sequence[float]) -> Offers:
        """Read what `to_arrays` gave.

        Raises:
            KeyError: A penalty is not among them.
        """
        plain = {
            under_cost: Allocations(
                arrays[f"frozen:{under_cost!r}"],
                arrays[f"live:{under_cost!r}"],
                {guard: arrays[f"{guard}:{under_cost!r}"] for guard in _LIFTS},
            )
            for under_cost in under_costs
        }
        return cls(plain, arrays["cap_gib"])


def offered_costs(under_cost: float) -> tuple[float, ...]:
    """Penalties that a replay asks a fit for: the one it is scored with, and the presets."""
    return tuple(sorted({float(under_cost), *(rule.under_cost for rule in PRESETS.values())}))


def make_offers(model: DeployableModel, jobs: ScoredJobs, under_costs: Sequence[float]) -> Offers:
    """Allocate for jobs that came after a model's cut-off.

    Args:
        model: Fitted on nothing that the jobs are part of, under a rule without headroom.
        jobs: Of one period, n.
        under_costs: Penalties.
    """
    parts = [slice(at, at + PART_ROWS) for at in range(0, len(jobs.rows), PART_ROWS)]
    frozen: dict[float, list[Arrays]] = {under_cost: [] for under_cost in under_costs}
    for part in parts:
        for under_cost, given in _of_part(model, jobs, part, under_costs).items():
            frozen[under_cost].append(given)
    plain = {}
    for under_cost in under_costs:
        joined = {name: np.concatenate([part[name] for part in frozen[under_cost]]) for name in ("frozen", *_LIFTS)}
        # As a whole: a learner that observes is told of ended jobs step by step.
        live = model.predict_with_history(jobs.rows, jobs.point_in_time, under_cost, ends=jobs.ends)
        plain[under_cost] = Allocations(joined.pop("frozen"), live, joined)
    return Offers(plain, request_cap(jobs.memreq_gib, model.facts.cap_ratio))


def _of_part(
    model: DeployableModel, jobs: ScoredJobs, part: slice, under_costs: Sequence[float]
) -> dict[float, Arrays]:
    """Allocations with history as it stood, and those without each guard, by penalty."""
    mean_gib = model.facts.mean_peak_gib
    cap_gib = request_cap(jobs.memreq_gib[part], model.facts.cap_ratio)
    at_cut_off = model.predictor.predict_distribution(model.features(jobs.rows.iloc[part]))
    found = {}
    for under_cost in under_costs:
        rule = replace(model.recipe.rule, under_cost=under_cost)
        given = {"frozen": allocate(at_cut_off, rule, mean_gib, cap_gib)}
        for guard, lift in _LIFTS.items():
            lifted, caps_gib = lift(rule, cap_gib)
            given[guard] = allocate(at_cut_off, lifted, mean_gib, caps_gib)
        found[under_cost] = given
    return found
