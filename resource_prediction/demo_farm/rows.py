"""The demo farm's rows: all columns of the contract, twins, the order of the file. Not here: their text (export.py)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.defaults import DEMO_DAYS, DEMO_ROWS
from resource_prediction.demo_farm.arrivals import draw_arrivals
from resource_prediction.demo_farm.catalogue import TextArray, build_catalogue
from resource_prediction.demo_farm.outcomes import draw_executors, draw_page_cache, draw_statuses, stop_early
from resource_prediction.demo_farm.peaks import draw_peaks
from resource_prediction.errors import DemoFarmError
from resource_prediction.telemetry import BYTES_PER_GIB, COLUMNS, MIB_PER_GIB

SYNTHETIC_NOTE = "Synthetic: rows of the demo farm, not of a real one."
"""Goes wherever a figure that rests on these rows is shown."""

DEMO_SEED = 44
"""Chosen of 60: with it the rows, at the size of the real file, are within 15 % of it in all that the tests compare."""

DEMO_END = pd.Timestamp("2025-06-30")
"""Every farm ends here (UTC), a Monday at midnight, and starts as many days before: no clock decides what is in it."""

TWIN_SHARE = 0.125
"""Share of rows that repeat another one, so that a quarter of all rows has a twin, as in one real export."""

_TEXT_COLUMNS = tuple(column.name for column in COLUMNS if column.type == "text")
_LONGEST_DAYS = 730.0
_PAGE_BYTES = 4096
_LATE_DAYS_MEAN = 20 / 1440
_VERY_LATE_SHARE = 0.02


def generate_rows(
    rows: int = DEMO_ROWS, days: float = DEMO_DAYS, seed: int = DEMO_SEED, first_branch: int = 0
) -> pd.DataFrame:
    """Generate synthetic telemetry in the shape of a real build farm's.

    Args:
        rows: Number of rows, >= 0, of which one in eight is a twin of another.
        days: Length of the farm's life up to DEMO_END, > 0 and at most 730.
        seed: Another seed tells another history of the same farm.
        first_branch: Number of the first branch.

    Returns:
        The 17 raw columns of a real export, typed (text, ``datetime64[us]``, ``int64``), in the order of a file: about
        by time, and not quite. Equal arguments give equal rows.

    Raises:
        DemoFarmError: On a size, a length or a seed that makes no farm.
    """
    _check(rows, days, seed)
    twins = int(TWIN_SHARE * rows)
    frame = _jobs(rows - twins, days, seed, first_branch)
    rng = np.random.default_rng([seed, 7])
    frame = pd.concat([frame, _twins(frame, twins, rng)], ignore_index=True)
    return _as_in_a_file(frame.astype(dict.fromkeys(_TEXT_COLUMNS, "str")), rng)


def _check(rows: int, days: float, seed: int) -> None:
    if rows < 0:
        raise DemoFarmError("rows", got=rows, expected="a whole number, 0 or more", next_step="Ask for more rows.")
    if not (math.isfinite(days) and 0 < days <= _LONGEST_DAYS):
        raise DemoFarmError(
            "days",
            got=days,
            expected=f"a number above 0 and up to {_LONGEST_DAYS:g}",
            next_step="Choose such a length.",
        )
    if seed < 0:
        raise DemoFarmError("seed", got=seed, expected="a whole number, 0 or more", next_step="Choose another seed.")


def _jobs(jobs: int, days: float, seed: int, first_branch: int) -> pd.DataFrame:
    """All jobs without twins, ordered by branch."""
    catalogue = build_catalogue(days)
    arrivals = draw_arrivals(jobs, days, catalogue, seed)
    distributed, local, location = draw_executors(arrivals, seed)
    final_peak, request = draw_peaks(arrivals, catalogue, distributed, days, seed)
    status, phase = draw_statuses(arrivals.day, seed)
    peak = stop_early(final_peak, status, seed)
    cache, fail_count = draw_page_cache(peak, request, seed)
    rng = np.random.default_rng([seed, 8])
    built = catalogue.configurations.iloc[arrivals.configuration]
    return pd.DataFrame(
        {
            "atom_id": _digests(jobs, 20, rng),
            "time": _times(arrivals.day, days),
            "location": location,
            "memory_fail_count": fail_count,
            "branch": _numbered("branch", rng.permutation(arrivals.branches)[arrivals.branch], first_branch),
            "buildProfile": built["profile"].to_numpy(),
            "jobs": distributed,
            "localJobs": local,
            "makeType": built["make_type"].to_numpy(),
            "targets": built["targets"].to_numpy(),
            "component": _numbered("component", built["component"].to_numpy()),
            "ts_phase": phase,
            "ts_status": status,
            "cgroup": _containers(jobs, rng),
            "max_rss": _whole_pages(peak),
            "max_cache": _whole_pages(cache),
            "memreq": (request * MIB_PER_GIB).astype(np.int64),
        }
    )


def _twins(frame: pd.DataFrame, twins: int, rng: np.random.Generator) -> pd.DataFrame:
    """Copies under another id and branch; on some days half of the rows is a copy, on others none."""
    date = frame["time"].dt.floor("D")
    dates, date_of_row = np.unique(date, return_inverse=True)
    eagerness = rng.exponential(size=dates.size) ** 2
    order = np.argsort(rng.exponential(size=len(frame)) / eagerness[date_of_row])
    copies = frame.iloc[order[:twins]].copy()
    copies["branch"] = copies["branch"].map(_siblings(frame, rng))
    copies["atom_id"] = _digests(twins, 20, rng)
    copies["cgroup"] = _containers(twins, rng)
    return copies


def _siblings(frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, str]:
    """The branch under which copies of a branch's rows appear: another one of its component, a busy one more likely."""
    sibling: dict[str, str] = {}
    for _, branch_of_job in frame.groupby("component")["branch"]:
        own = branch_of_job.unique()
        drawn = branch_of_job.to_numpy()[rng.integers(len(branch_of_job), size=own.size)]
        sibling.update(zip(own, np.where(drawn == own, np.roll(own, 1), drawn), strict=True))
    return sibling


def _as_in_a_file(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Order rows by when they were written: minutes after their time stamp, some of them up to a day."""
    late = rng.exponential(_LATE_DAYS_MEAN, len(frame))
    late += np.where(rng.random(len(frame)) < _VERY_LATE_SHARE, rng.random(len(frame)), 0.0)
    written = frame["time"].to_numpy() + (late * 86_400_000).astype("timedelta64[ms]")
    return frame.iloc[np.argsort(written, kind="stable")].reset_index(drop=True)


def _times(day: FloatArray, days: float) -> npt.NDArray[np.datetime64]:
    before_end = ((days - day) * 86_400_000).astype(np.int64) + 1
    return (DEMO_END.to_numpy() - before_end.astype("timedelta64[ms]")).astype("datetime64[us]")


def _whole_pages(gib: FloatArray) -> IntArray:
    return (gib * (BYTES_PER_GIB / _PAGE_BYTES)).astype(np.int64) * _PAGE_BYTES


def _numbered(word: str, number: IntArray, first: int = 0) -> TextArray:
    names = np.array([f"{word}_{first + index}" for index in range(int(number.max(initial=-1)) + 1)], dtype=object)
    return names[number]


def _digests(count: int, width: int, rng: np.random.Generator) -> list[str]:
    text = rng.bytes(count * width).hex()
    return [text[start : start + 2 * width] for start in range(0, len(text), 2 * width)]


def _containers(count: int, rng: np.random.Generator) -> list[str]:
    return [f"/executor/container-{digest}" for digest in _digests(count, 32, rng)]
