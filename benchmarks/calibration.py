"""Promised under-allocation against what happened, by family and preset, walking forward; and what corrects it."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.cut_offs import Step, rows_of, walk_forward
from resource_prediction.allocation import PRESETS, allocate, promised_risk, request_cap
from resource_prediction.config import MODEL_FAMILIES
from resource_prediction.distribution import Atoms, Distribution
from resource_prediction.evidence import segments
from resource_prediction.promised_risk import PromisedRisk, promised_against_seen
from resource_prediction.scoring import business_score, job_losses

SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the time-ordered rows at which every family is fitted; the first block only teaches the corrections."""

PRIOR_ROWS = 50
"""Jobs that the promise itself counts as, when a correction is learned from few."""

AS_IT_IS = "as it is"


@dataclass
class Seen:
    """What one family and one way to correct it did, block after block."""

    risk: list[np.ndarray] = field(default_factory=list)
    is_under: list[np.ndarray] = field(default_factory=list)
    allocation_gib: list[np.ndarray] = field(default_factory=list)
    peak_gib: list[np.ndarray] = field(default_factory=list)
    submitted_us: list[np.ndarray] = field(default_factory=list)
    component: list[np.ndarray] = field(default_factory=list)

    def promises(self) -> tuple[PromisedRisk, ...]:
        """Promised against seen, over all jobs and by component."""
        return promised_against_seen(
            np.concatenate(self.risk),
            np.concatenate(self.is_under),
            np.concatenate(self.submitted_us),
            np.concatenate(self.component),
        )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="telemetry file of real rows")
    parser.add_argument("--families", nargs="+", default=list(MODEL_FAMILIES), metavar="NAME")
    parser.add_argument("--segments", action="store_true", help="a second table, by component, for Balanced")
    asked = parser.parse_args()
    seen: dict[tuple[str, str, str], Seen] = defaultdict(Seen)
    past: dict[str, list[tuple[np.ndarray, np.ndarray]]] = defaultdict(list)
    for family, step in walk_forward(rows_of(asked.source), asked.families, SHARES):
        predicted = step.model.predictor.predict_distribution(step.model.features(step.jobs.rows))
        if past[family]:
            for way, distribution in _corrected(predicted, past[family], step.model.facts.trained_until_us).items():
                for preset in PRESETS:
                    _note(seen[family, preset, way], step, distribution, preset)
        past[family].append((_risk_at(predicted.as_atoms(), step.jobs.peak_gib), step.known_us))
    _print(seen)
    if asked.segments:
        _print_segments(seen)
    return 0


def _corrected(
    predicted: Distribution, past: list[tuple[np.ndarray, np.ndarray]], now_us: int
) -> dict[str, Distribution]:
    """The distribution as it is, and as the jobs of earlier blocks that were known by now correct it.

    Source: the split conformal predictive distribution (Vovk and others 2020), with the promise itself as a prior.
    """
    risk_at_peak = np.sort(np.concatenate([risk[known_us < now_us] for risk, known_us in past]))
    atoms = predicted.as_atoms()
    above = _mass_above(atoms)
    # A job is below its peak where the risk at its peak is no more than that of its allocation: so the rate behind
    # a promised risk is the share of past jobs with at most that risk at their peak.
    counts = np.searchsorted(risk_at_peak, above, side="right")
    rate = (counts + PRIOR_ROWS * above) / (risk_at_peak.size + PRIOR_ROWS)
    rate[:, -1] = 0.0
    moved = -np.diff(np.concatenate([np.ones((len(rate), 1)), rate], axis=1), axis=1)
    return {AS_IT_IS: predicted, "corrected": Atoms(atoms.values_gib, moved)}


def _mass_above(atoms: Atoms) -> np.ndarray:
    """P(Y > atom), shape (n, k)."""
    weights = np.broadcast_to(atoms.weights, atoms.values_gib.shape)
    return np.clip(1.0 - np.cumsum(weights, axis=1), 0.0, 1.0)


def _risk_at(atoms: Atoms, peak_gib: np.ndarray) -> np.ndarray:
    """Risk at each peak, half way between those of the atoms around it: few atoms would give few risks."""
    above = np.pad(_mass_above(atoms), ((0, 0), (1, 1)), constant_values=((0, 0), (1, 0)))
    place = (atoms.values_gib < peak_gib[:, None]).sum(axis=1)
    row = np.arange(len(place))
    return (above[row, place] + above[row, place + 1]) / 2


def _note(seen: Seen, step: Step, distribution: Distribution, preset: str) -> None:
    facts, jobs = step.model.facts, step.jobs
    rule = replace(step.model.recipe.rule, under_cost=PRESETS[preset].under_cost)
    cap_gib = request_cap(jobs.memreq_gib, facts.cap_ratio)
    allocation_gib = allocate(distribution, rule, facts.mean_peak_gib, cap_gib)
    seen.risk.append(promised_risk(distribution, allocation_gib, cap_gib))
    seen.is_under.append(job_losses(jobs.peak_gib, allocation_gib, censored=jobs.is_censored)[0])
    seen.allocation_gib.append(allocation_gib)
    seen.peak_gib.append(jobs.peak_gib)
    seen.submitted_us.append(jobs.rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64))
    seen.component.append(segments(jobs.rows["component"]).to_numpy(dtype=str))


def _print(seen: dict[tuple[str, str, str], Seen]) -> None:
    print("| family | preset | distribution | jobs | promised % | seen % (90 %) | holds | over % | score |")
    print("|---|---|---|---:|---:|---:|---|---:|---:|")
    for (family, preset, way), each in sorted(seen.items()):
        peak_gib, allocation_gib = np.concatenate(each.peak_gib), np.concatenate(each.allocation_gib)
        promise, *_ = each.promises()
        score = business_score(peak_gib, allocation_gib, PRESETS[preset].under_cost)
        print(
            f"| {family} | {preset} | {way} | {promise.rows:,} | {_cells(promise)} | "
            f"{score.over_pct:.1f} | {score.score:.1f} |"
        )


def _print_segments(seen: dict[tuple[str, str, str], Seen]) -> None:
    print("\n| family | component | jobs | promised % | seen % (90 %) | holds |\n|---|---|---:|---:|---:|---|")
    for (family, preset, way), each in sorted(seen.items()):
        if (preset, way) == ("Balanced", AS_IT_IS):
            for promise in each.promises()[1:]:
                print(f"| {family} | {promise.segment} | {promise.rows:,} | {_cells(promise)} |")


def _cells(promise: PromisedRisk) -> str:
    interval = f"{promise.seen_pct:.1f} ({promise.low_pct:.1f} to {promise.high_pct:.1f})"
    return f"{promise.promised_pct:.1f} | {interval} | {'yes' if promise.holds else 'no'}"


if __name__ == "__main__":
    sys.exit(main())
