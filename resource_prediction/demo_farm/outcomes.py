"""How the demo farm's jobs end and where they run: phase, status, page cache, executor. Not here: drawing peaks."""

from __future__ import annotations

import numpy as np

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.demo_farm.arrivals import Arrivals
from resource_prediction.demo_farm.catalogue import TextArray

STATUS_SHARES = {"ok": 0.679, "unstable": 0.210, "error": 0.042, "canceled": 0.036, "running": 0.033}
"""As on the real farm; the quota is exact to one job at any size."""

_TESTING_SHARE_OF_OK = 0.52
_STOPPED_EARLY = ("error", "canceled", "running")
_STOPPED_EARLY_PROBABILITY = 0.5
_EXPORT_EVERY_DAYS = 1.0
_CACHE_PRESSURE_SHARE = 0.112
_CACHE_MEDIAN_GIB = 112.0
_CACHE_SD = 0.6

_EXECUTORS = (
    (500, 36, "location_0", 0.13),
    (500, 36, "location_1", 0.35),
    (500, 36, "location_3", 0.08),
    (500, 26, "location_2", 0.04),
    (500, 26, "location_1", 0.03),
    (1000, 28, "location_0", 0.34),
    (2000, 60, "location_0", 0.03),
)


def draw_statuses(day: FloatArray, seed: int) -> tuple[TextArray, TextArray]:
    """Draw status and phase of each job.

    Running are the jobs that the next nightly export finds unfinished, so those shortly before it; errors end a job
    while it is building, and the other unhappy ends come while it is testing.

    Returns:
        Status and phase, each of shape (jobs,).
    """
    rng = np.random.default_rng([seed, 3])
    status = np.full(day.size, "ok", dtype=object)
    until_export = _EXPORT_EVERY_DAYS - day % _EXPORT_EVERY_DAYS
    order = np.argsort(until_export * rng.exponential(size=day.size))
    running, others = np.split(order, [round(STATUS_SHARES["running"] * day.size)])
    others = rng.permutation(others)
    status[running] = "running"
    start = 0
    for word in ("unstable", "error", "canceled"):
        stop = start + round(STATUS_SHARES[word] * day.size)
        status[others[start:stop]] = word
        start = stop
    testing = np.where(status == "ok", rng.random(day.size) < _TESTING_SHARE_OF_OK, status != "error")
    return status, np.where(testing, "testing", "building").astype(object)


def stop_early(peak_gib: FloatArray, status: TextArray, seed: int) -> FloatArray:
    """Cut the peaks of jobs that had not run to their end: half of those running, canceled or failed."""
    rng = np.random.default_rng([seed, 4])
    stopped = np.isin(status, _STOPPED_EARLY) & (rng.random(peak_gib.size) < _STOPPED_EARLY_PROBABILITY)
    return np.where(stopped, peak_gib * rng.uniform(0.45, 1.0, peak_gib.size), peak_gib)


def draw_page_cache(peak_gib: FloatArray, request_gib: FloatArray, seed: int) -> tuple[FloatArray, IntArray]:
    """Draw peak page cache in GiB and the kernel's fail count, which is above 0 only where both fill the request."""
    rng = np.random.default_rng([seed, 5])
    cache = _CACHE_MEDIAN_GIB * np.exp(_CACHE_SD * rng.standard_normal(peak_gib.size))
    pressed = rng.random(peak_gib.size) < _CACHE_PRESSURE_SHARE
    cache = np.where(pressed, np.maximum(cache, request_gib - peak_gib), np.minimum(cache, request_gib))
    count = np.exp(14.3 + 2.2 * rng.standard_normal(peak_gib.size)).astype(np.int64) + 1
    return cache, np.where(pressed, count, 0)


def draw_executors(arrivals: Arrivals, seed: int) -> tuple[IntArray, IntArray, TextArray]:
    """Draw distributed jobs, local jobs and location: one choice for each branch and configuration.

    Returns:
        ``jobs``, ``localJobs`` and ``location``, each of shape (jobs,).
    """
    rng = np.random.default_rng([seed, 6])
    pair = arrivals.branch * (arrivals.configuration.max(initial=0) + 1) + arrivals.configuration
    _, pair_of_job = np.unique(pair, return_inverse=True)
    jobs, local_jobs, location, share = zip(*_EXECUTORS, strict=True)
    drawn = rng.choice(len(share), size=pair.size, p=np.array(share) / sum(share))[pair_of_job]
    return np.array(jobs)[drawn], np.array(local_jobs)[drawn], np.array(location, object)[drawn]
