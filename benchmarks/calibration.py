"""Promised under-allocation against what happened, by family and preset: as predicted, and corrected in time order."""

from __future__ import annotations

import argparse
import logging
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from benchmarks.cut_offs import Step, walk_forward
from benchmarks.telemetry_rows import read_source
from resource_prediction.allocation import PRESETS, allocate, request_cap, risk_under_cap
from resource_prediction.config import MODEL_FAMILIES
from resource_prediction.defaults import DEMO_DAYS, DEMO_ROWS
from resource_prediction.distribution import Atoms, Distribution
from resource_prediction.evidence import segments
from resource_prediction.promised_risk import PromisedRisk, promised_against_seen
from resource_prediction.risk_correction import RiskCorrection, learn_risk_correction
from resource_prediction.scoring import business_score, job_losses

SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the time-ordered rows at which every family is fitted; the first block only teaches the corrections."""

HOLDOUT_STEPS = 2
"""Steps that teach a correction: a fifth of the rows, as in a run."""

AS_PREDICTED, CORRECTED, MOVED = "as predicted", "corrected", "allocations moved"

EXAMPLES = """\
examples:
  python benchmarks/calibration.py builds.csv --segments
  python benchmarks/calibration.py --demo-rows 5000 --demo-days 12"""


class Asked(NamedTuple):
    """One family at one preset, in one of the ways."""

    family: str
    preset: str
    way: str


@dataclass
class Seen:
    """Jobs of one block, or of all, as they were promised and as they went; each array has the shape (n,)."""

    risk: list[np.ndarray] = field(default_factory=list)
    is_under: list[np.ndarray] = field(default_factory=list)
    allocation_gib: list[np.ndarray] = field(default_factory=list)
    peak_gib: list[np.ndarray] = field(default_factory=list)
    submitted_us: list[np.ndarray] = field(default_factory=list)
    component: list[np.ndarray] = field(default_factory=list)

    def promises(self) -> tuple[PromisedRisk, ...]:
        """Promised against seen, over all jobs and by component."""
        parts = (self.risk, self.is_under, self.submitted_us, self.component)
        return promised_against_seen(*map(np.concatenate, parts))

    def score(self, under_cost: float) -> float:
        """Business score over all jobs."""
        return business_score(np.concatenate(self.peak_gib), np.concatenate(self.allocation_gib), under_cost).score


@dataclass(frozen=True)
class Lesson:
    """What one block teaches: risks as predicted at the presets against outcomes, shape (n, presets) each."""

    risk: np.ndarray
    is_under: np.ndarray
    submitted_us: np.ndarray
    component: np.ndarray
    known_us: np.ndarray


def main() -> int:
    """Print the tables."""
    asked = _parser().parse_args()
    logging.getLogger("resource_prediction").setLevel(logging.ERROR)
    seen: dict[Asked, Seen] = defaultdict(Seen)
    lessons: dict[str, list[Lesson]] = defaultdict(list)
    rows = read_source(asked.source, asked.demo_rows, asked.demo_days)
    for family, step in walk_forward(rows, asked.families, SHARES):
        predicted = step.model.predictor.predict_distribution(step.model.features(step.jobs.rows))
        if past := lessons[family][-HOLDOUT_STEPS:]:
            correction = _learn(past, step.model.facts.trained_until_us)
            moved = _moved(predicted.as_atoms(), correction, _components(step))
            for preset in PRESETS:
                _note(seen[Asked(family, preset, AS_PREDICTED)], step, predicted, RiskCorrection(), preset)
                _note(seen[Asked(family, preset, CORRECTED)], step, predicted, correction, preset)
                _note(seen[Asked(family, preset, MOVED)], step, moved, RiskCorrection(), preset)
        lessons[family].append(_lesson(step, predicted))
    _print_families(seen)
    _print_summary(seen)
    if asked.segments:
        _print_segments(seen)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", help="telemetry file (default: the synthetic farm)")
    parser.add_argument("--demo-rows", type=int, default=DEMO_ROWS, metavar="N")
    parser.add_argument("--demo-days", type=float, default=DEMO_DAYS, metavar="N")
    parser.add_argument("--families", nargs="+", default=list(MODEL_FAMILIES), metavar="NAME")
    parser.add_argument("--segments", action="store_true", help="one more table, by component, for Balanced")
    return parser


def _learn(past: list[Lesson], now_us: int) -> RiskCorrection:
    """The correction that a model fitted now would carry: from earlier blocks, as far as they are known."""
    known = [lesson.known_us < now_us for lesson in past]

    def all_of(name: str) -> np.ndarray:
        return np.concatenate([getattr(lesson, name)[chosen] for lesson, chosen in zip(past, known, strict=True)])

    return learn_risk_correction(all_of("risk"), all_of("is_under"), all_of("submitted_us"), all_of("component"))


def _lesson(step: Step, predicted: Distribution) -> Lesson:
    each = [Seen() for _ in PRESETS]
    for seen, preset in zip(each, PRESETS, strict=True):
        _note(seen, step, predicted, RiskCorrection(), preset)
    risk = np.stack([seen.risk[0] for seen in each], axis=1)
    is_under = np.stack([seen.is_under[0] for seen in each], axis=1)
    return Lesson(risk, is_under, each[0].submitted_us[0], each[0].component[0], step.jobs.known_us)


def _note(seen: Seen, step: Step, distribution: Distribution, shown: RiskCorrection, preset: str) -> None:
    facts, jobs = step.model.facts, step.jobs
    component = _components(step)
    rule = replace(step.model.recipe.rule, under_cost=PRESETS[preset].under_cost)
    cap_gib = request_cap(jobs.memreq_gib, facts.cap_ratio)
    allocation_gib = allocate(distribution, rule, facts.mean_peak_gib, cap_gib)
    risk = shown.apply(distribution.exceedance(allocation_gib), component)
    seen.risk.append(risk_under_cap(risk, allocation_gib, cap_gib))
    seen.is_under.append(job_losses(jobs.peak_gib, allocation_gib, censored=jobs.is_censored)[0])
    seen.allocation_gib.append(allocation_gib)
    seen.peak_gib.append(jobs.peak_gib)
    seen.submitted_us.append(jobs.rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64))
    seen.component.append(component)


def _components(step: Step) -> np.ndarray:
    return segments(step.jobs.rows["component"]).to_numpy(dtype=str)


def _moved(atoms: Atoms, correction: RiskCorrection, component: np.ndarray) -> Atoms:
    """The distribution whose risk at each atom is the corrected one, so that allocations follow."""
    weights = np.broadcast_to(atoms.weights, atoms.values_gib.shape)
    above = np.clip(1.0 - np.cumsum(weights, axis=1), 0.0, 1.0)
    rate = np.stack([correction.apply(column, component) for column in above.T], axis=1)
    rate[:, -1] = 0.0
    return Atoms(atoms.values_gib, -np.diff(np.concatenate([np.ones((len(rate), 1)), rate], axis=1), axis=1))


def _print_families(seen: dict[Asked, Seen]) -> None:
    print(
        "| family | preset | seen % (90 %) | score | promised %, as predicted | promised %, corrected | "
        "allocations moved: promised % | seen % (90 %) | score |\n|---|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    for family, preset in _pairs(seen):
        as_it_is, corrected, moved = (seen[Asked(family, preset, way)] for way in (AS_PREDICTED, CORRECTED, MOVED))
        under_cost = PRESETS[preset].under_cost
        cells = (
            *(_seen_cell(as_it_is.promises()[0]), f"{as_it_is.score(under_cost):.1f}"),
            *(_promised_cell(each.promises()[0]) for each in (as_it_is, corrected, moved)),
            *(_seen_cell(moved.promises()[0]), f"{moved.score(under_cost):.1f}"),
        )
        print(f"| `{family}` | {preset} | {' | '.join(cells)} |")


def _print_summary(seen: dict[Asked, Seen]) -> None:
    print(
        "\n| | promises that hold | mean distance, points | by component: hold | mean distance | change of score |\n"
        "|---|---:|---:|---:|---:|---|"
    )
    for way in (AS_PREDICTED, CORRECTED, MOVED):
        promises = [seen[Asked(*pair, way)].promises() for pair in _pairs(seen)]
        overall, by_component = [each[0] for each in promises], [part for each in promises for part in each[1:]]
        cells = (*_agreement(overall), *_agreement(by_component), _changes(seen, way))
        print(f"| {way} | {' | '.join(cells)} |")


def _agreement(promises: list[PromisedRisk]) -> tuple[str, str]:
    distance = np.mean([abs(each.promised_pct - each.seen_pct) for each in promises])
    return f"{sum(each.holds for each in promises)} of {len(promises)}", f"{distance:.2f}"


def _changes(seen: dict[Asked, Seen], way: str) -> str:
    """Mean over the families, and lowest to highest, for each preset."""
    texts = []
    for preset, rule in PRESETS.items():
        change = [
            seen[Asked(family, preset, way)].score(rule.under_cost)
            - seen[Asked(family, preset, AS_PREDICTED)].score(rule.under_cost)
            for family, each in _pairs(seen)
            if each == preset
        ]
        texts.append(f"{preset} {np.mean(change):+.1f} ({min(change):+.1f} to {max(change):+.1f})")
    return "; ".join(texts) if way == MOVED else "none"


def _print_segments(seen: dict[Asked, Seen]) -> None:
    print("\n| family | component | jobs | seen % (90 %) | promised %, as predicted | corrected |")
    print("|---|---|---:|---:|---:|---:|")
    for family in dict.fromkeys(family for family, _ in _pairs(seen)):
        both = (seen[Asked(family, "Balanced", way)].promises()[1:] for way in (AS_PREDICTED, CORRECTED))
        for one, other in zip(*both, strict=True):
            cells = (_seen_cell(one), _promised_cell(one), _promised_cell(other))
            print(f"| `{family}` | {one.segment} | {one.rows:,} | {' | '.join(cells)} |")


def _pairs(seen: Iterable[Asked]) -> list[tuple[str, str]]:
    """Families and presets, in the order in which they were fitted."""
    return list(dict.fromkeys((asked.family, asked.preset) for asked in seen))


def _promised_cell(promise: PromisedRisk) -> str:
    """Bold where it is outside the interval of what was seen."""
    return f"{promise.promised_pct:.1f}" if promise.holds else f"**{promise.promised_pct:.1f}**"


def _seen_cell(promise: PromisedRisk) -> str:
    return f"{promise.seen_pct:.1f} ({promise.low_pct:.1f} to {promise.high_pct:.1f})"


if __name__ == "__main__":
    sys.exit(main())
