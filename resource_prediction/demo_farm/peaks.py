"""How much memory the demo farm's jobs take, and what was requested for them. Not here: status, page cache, twins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.demo_farm.arrivals import Arrivals
from resource_prediction.demo_farm.catalogue import Catalogue

_BURST_DECAY_DAYS = 14 / 1440
"""A burst's shared deviation is down to 1/e after a quarter of an hour and gone after one, as on the real farm."""

_VARIANCE_SHARES = {"burst": 0.62, "burst_configuration": 0.12, "branch": 0.04, "branch_configuration": 0.06}
_SKEW = 0.1
_CACHED_PROBABILITY = 0.015
_DRIFT_SD_A_DAY = 0.03
_STEP_PROBABILITY_A_DAY = 1 / 45
_STEP_SD = 0.25
_GROWTH_A_DAY = 0.001
_REVIEW_DAYS = 7.0
_FEW_DISTRIBUTED_JOBS = 500
_REQUEST_LEVELS_GIB = np.array([141, 153, 160, 173, 192, 210, 225, 238, 256, 273, 304, 321, 384], float)
_SATURATION_GIB = 210.0
_SATURATION_POWER = 4.0
_HIGHEST_SHARE_OF_REQUEST = 0.995


def draw_peaks(
    arrivals: Arrivals, catalogue: Catalogue, distributed: IntArray, days: float, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Draw the peak and the request of each job.

    A peak is the configuration's level (which drifts), times effects of the branch that last, times a deviation that
    the jobs of a burst share and that fades within half an hour, times noise.

    Args:
        arrivals: The jobs.
        catalogue: What they build.
        distributed: ``jobs`` of each, shape (jobs,); people request the next size for executors with many.
        days: Length of the farm's life.
        seed: Of the farm.

    Returns:
        Peaks and requests in GiB, each of shape (jobs,); no peak is above its request.
    """
    rng = np.random.default_rng([seed, 2])
    configuration = arrivals.configuration
    spread = catalogue.of_configurations("spread")[configuration]
    levels = catalogue.of_configurations("log_peak_gib") + _drift(days, len(catalogue.configurations), rng)
    deviation = _deviation(arrivals, len(catalogue.configurations), rng)
    skewed = (1 - np.exp(-_SKEW * deviation)) / _SKEW
    unbounded = _cached_share(configuration.size, rng) * np.exp(
        levels[arrivals.day.astype(np.int64), configuration] + spread * skewed
    )
    peak = unbounded / (1 + (unbounded / _SATURATION_GIB) ** _SATURATION_POWER) ** (1 / _SATURATION_POWER)
    request = _requests(arrivals, catalogue, distributed > _FEW_DISTRIBUTED_JOBS, levels)
    limit = request * (_HIGHEST_SHARE_OF_REQUEST - 0.1 * rng.random(peak.size) ** 2)
    return np.minimum(peak, limit), request


def _cached_share(jobs: int, rng: np.random.Generator) -> FloatArray:
    """What is left of a peak where the compiler's cache spares a job most of its work; 1 for nearly all jobs."""
    return np.where(rng.random(jobs) < _CACHED_PROBABILITY, rng.uniform(0.05, 0.35, jobs), 1.0)


def _drift(days: float, configurations: int, rng: np.random.Generator) -> FloatArray:
    """Slow change of each configuration: a daily random walk, rare steps (a new compiler), a little growth.

    Returns:
        What is added to the logarithm of the peak, shape (dates, configurations).
    """
    date = np.arange(int(np.ceil(days)) + 1)
    walk = _DRIFT_SD_A_DAY * rng.standard_normal((date.size, configurations))
    step = rng.random(walk.shape) < _STEP_PROBABILITY_A_DAY
    walk += np.where(step, _STEP_SD * rng.standard_normal(walk.shape), 0.0)
    path: FloatArray = np.cumsum(walk, axis=0)
    path += _GROWTH_A_DAY * (date - date.mean())[:, None] - path.mean(axis=0)
    return path


def _deviation(arrivals: Arrivals, configurations: int, rng: np.random.Generator) -> FloatArray:
    """Deviation of each job from its configuration's level, of variance 1, out of what it shares with others."""
    pair, pair_of_job = np.unique(arrivals.branch * configurations + arrivals.configuration, return_inverse=True)
    share = _VARIANCE_SHARES
    parts = [
        (share["burst"], _fading(arrivals.branch, arrivals.day, rng)),
        (share["burst_configuration"], _fading(pair_of_job, arrivals.day, rng)),
        (share["branch"], rng.standard_normal(arrivals.branches)[arrivals.branch]),
        (share["branch_configuration"], rng.standard_normal(pair.size)[pair_of_job]),
        (1 - sum(share.values()), rng.standard_normal(arrivals.day.size)),
    ]
    total = np.zeros(arrivals.day.size)
    for variance, part in parts:
        total += np.sqrt(variance) * part
    return total


def _fading(group: IntArray, day: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Ornstein-Uhlenbeck process of each group, of variance 1, at the times of its jobs."""
    order = np.lexsort((day, group))
    same = np.diff(group[order], prepend=-1) == 0
    gap = np.where(same, np.diff(day[order], prepend=0.0), np.inf)
    memory = np.exp(-gap / _BURST_DECAY_DAYS)
    shock = np.sqrt(1 - memory**2) * rng.standard_normal(day.size)
    values = np.empty(day.size)
    state = 0.0
    for position, (kept, new) in enumerate(zip(memory.tolist(), shock.tolist(), strict=True)):
        state = kept * state + new
        values[position] = state
    result = np.empty(day.size)
    result[order] = values
    return result


def _requests(arrivals: Arrivals, catalogue: Catalogue, large: npt.NDArray[np.bool_], levels: FloatArray) -> FloatArray:
    """What people had configured, from a few fixed sizes; once a week it is raised where a configuration has grown."""
    last_review = (arrivals.day // _REVIEW_DAYS * _REVIEW_DAYS).astype(np.int64)
    spread = catalogue.of_configurations("spread")
    wanted = np.maximum(np.exp(levels + spread), catalogue.of_configurations("request_gib"))
    size = np.searchsorted(_REQUEST_LEVELS_GIB, wanted)[last_review, arrivals.configuration] + large
    return _REQUEST_LEVELS_GIB[np.minimum(size, _REQUEST_LEVELS_GIB.size - 1)]
