"""Who builds what, and when: branches, bursts of jobs, working hours. Not here: how much memory a job takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.demo_farm.catalogue import Catalogue

LONG_LIVED_BRANCHES = 12
"""The main line, release lines and the like."""

_LONG_LIVED_SHARE = 0.47
_LONG_LIVED_DECAY = 0.85
_MAIN_LINE_POPULARITY = 3.2
_BRANCH_JOBS_MEDIAN = 3.8
_BRANCH_JOBS_SD = 1.0
_BRANCH_LIFE_DAYS = 2.5
_NEW_BURST_PROBABILITY = 0.5
_GAP_MEDIAN_DAYS = 220 / 86_400
_GAP_SD = 1.1
_CONFIGURATIONS_OF_A_BRANCH = 0.6  # grows with the root of the branch's jobs
# How much a branch prefers what others build: 0 not at all, 1 in proportion.
_CHOICE_POWER = 0.9
_BUILD_POWER = 1.0
_LONG_LIVED_BUILD_POWER = 0.5
_NIGHT_RATE = 0.45
_WEEKEND_RATE = 0.3


@dataclass(frozen=True)
class Arrivals:
    """Jobs as they are submitted, ordered by branch; the arrays have shape (jobs,).

    Attributes:
        branch: Number of the branch; numbers below LONG_LIVED_BRANCHES live for ever.
        configuration: Position in the catalogue.
        day: Time of submission, days since the farm's start.
        branches: Number of branches.
    """

    branch: IntArray
    configuration: IntArray
    day: FloatArray
    branches: int


def draw_arrivals(jobs: int, days: float, catalogue: Catalogue, seed: int) -> Arrivals:
    """Draw branches, their bursts, and the configuration of each job.

    A branch is built in bursts: one commit builds several of the branch's configurations within minutes.

    Args:
        jobs: Number of jobs, >= 0.
        days: Length of the farm's life, > 0.
        catalogue: What can be built.
        seed: Of the farm.
    """
    rng = np.random.default_rng([seed, 1])
    sizes = _branch_sizes(jobs, rng)
    branch = np.repeat(np.arange(sizes.size), sizes)
    birth, death = _branch_lives(sizes.size, days, rng)
    component = _branch_components(birth * days, catalogue, rng)
    day = _job_times(branch, birth, death, days, rng)
    return Arrivals(branch, _job_configurations(branch, sizes, component, catalogue, rng), day, sizes.size)


def _branch_sizes(jobs: int, rng: np.random.Generator) -> IntArray:
    """Jobs of each branch: a dozen long-lived ones, then short-lived ones until all jobs are placed."""
    popularity = _LONG_LIVED_DECAY ** np.arange(LONG_LIVED_BRANCHES)
    popularity[0] = _MAIN_LINE_POPULARITY
    long_lived = rng.multinomial(int(_LONG_LIVED_SHARE * jobs), popularity / popularity.sum())
    left = jobs - int(long_lived.sum())
    drawn = np.ceil(_BRANCH_JOBS_MEDIAN * np.exp(_BRANCH_JOBS_SD * rng.standard_normal(left)) - 0.5).astype(np.int64)
    ends = np.minimum(np.cumsum(np.maximum(drawn, 1)), left)
    short_lived = np.diff(ends, prepend=0)
    sizes: IntArray = np.concatenate([long_lived, short_lived[short_lived > 0]])
    return sizes


def _branch_lives(branches: int, days: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Birth and death of each branch as shares of the farm's life."""
    birth, life = rng.random(branches), rng.exponential(_BRANCH_LIFE_DAYS / days, branches)
    birth -= np.minimum(birth, life * rng.random(branches))  # the first days have branches that are older than they
    birth[:LONG_LIVED_BRANCHES], life[:LONG_LIVED_BRANCHES] = 0.0, 1.0
    return birth, np.minimum(birth + life, 1.0)


def _branch_components(birth_day: FloatArray, catalogue: Catalogue, rng: np.random.Generator) -> IntArray:
    """Component of each branch, among those that have arrived when it is born."""
    share = np.where(catalogue.component_day <= birth_day[:, None], catalogue.component_share, 0.0)
    cumulative = np.cumsum(share, axis=1)
    draw = rng.random(birth_day.size) * cumulative[:, -1]
    component: IntArray = (draw[:, None] >= cumulative).sum(axis=1)
    component[:LONG_LIVED_BRANCHES] = np.arange(LONG_LIVED_BRANCHES)[: component.size] % 5 != 4
    return component


def _job_times(
    branch: IntArray, birth: FloatArray, death: FloatArray, days: float, rng: np.random.Generator
) -> FloatArray:
    """Times of submission: bursts spread over the branch's life by working hours, gaps of minutes inside."""
    jobs = branch.size
    first = np.diff(branch, prepend=-1) != 0
    burst_start = first | (rng.random(jobs) < _NEW_BURST_PROBABILITY)
    burst = np.cumsum(burst_start) - 1
    head = branch[burst_start]
    work = _cumulative_work(days)
    life = np.interp(np.stack([birth, death])[:, head], np.linspace(0, 1, work.size), work)
    moment = life[0] + rng.random(head.size) * (life[1] - life[0])
    burst_day = np.interp(moment, work, np.linspace(0, days, work.size))
    gap = np.where(burst_start, 0.0, _GAP_MEDIAN_DAYS * np.exp(_GAP_SD * rng.standard_normal(jobs)))
    elapsed = np.cumsum(gap)
    day = burst_day[burst] + elapsed - elapsed[burst_start][burst]
    mirrored: FloatArray = np.abs((day + days) % (2 * days) - days)  # bursts that run past the end fold back
    return mirrored


def _cumulative_work(days: float) -> FloatArray:
    """Share of the farm's work done by each hour: working hours and weekdays count more than nights and weekends."""
    hours = np.arange(int(np.ceil(days * 24)) + 1, dtype=float)[::-1]
    clock = (-hours) % 24
    weekday = (-hours // 24) % 7
    rate = _NIGHT_RATE + (1 - _NIGHT_RATE) * np.exp(-(((clock - 12.5) / 4.5) ** 2))
    rate *= np.where(weekday >= 5, _WEEKEND_RATE, 1.0)
    work: FloatArray = np.cumsum(rate) - rate[0]
    work /= work[-1]
    return work


def _job_configurations(
    branch: IntArray, sizes: IntArray, component: IntArray, catalogue: Catalogue, rng: np.random.Generator
) -> IntArray:
    """Configuration of each job: a branch builds a few of its component's, popular ones first and most."""
    weights = catalogue.of_configurations("weight")
    offered_by = catalogue.configurations["component"].to_numpy()
    configuration = np.empty(branch.size, dtype=np.int64)
    for number in range(catalogue.component_share.size):
        members = np.flatnonzero(component == number)
        jobs = np.flatnonzero(component[branch] == number)
        offered = np.flatnonzero(offered_by == number)
        preference, cumulative = _plans(members, sizes[members], np.log(weights[offered]), rng)
        member_of_job = np.searchsorted(members, branch[jobs])
        stacked = (np.arange(members.size)[:, None] + cumulative).ravel()  # one sorted line, so one search for all
        found = np.searchsorted(stacked, member_of_job + rng.random(jobs.size), side="right")
        configuration[jobs] = offered[preference.ravel()[np.minimum(found, stacked.size - 1)]]
    return configuration


def _plans(
    members: IntArray, sizes: IntArray, log_weight: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """What each branch builds: configurations in the order of its liking, and how often, as cumulative shares.

    Returns:
        Two arrays of shape (branches, configurations). Adding Gumbel noise to logarithms of weights and sorting draws
        without replacement in proportion to the weights.
    """
    liking = _CHOICE_POWER * log_weight + rng.gumbel(size=(members.size, log_weight.size))
    preference = np.argsort(-liking, axis=1)
    width = 1 + rng.poisson(_CONFIGURATIONS_OF_A_BRANCH * np.maximum(np.sqrt(sizes) - 1.2, 0.0))
    power = np.where(members < LONG_LIVED_BRANCHES, _LONG_LIVED_BUILD_POWER, _BUILD_POWER)
    weight = np.exp(power[:, None] * log_weight[preference])
    weight[np.arange(log_weight.size) >= width[:, None]] = 0.0
    cumulative: FloatArray = np.cumsum(weight, axis=1)
    cumulative /= cumulative[:, -1:]
    return preference, cumulative
