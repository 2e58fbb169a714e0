"""What replays keep: allocations by key, so that a killed one goes on, and the report. Not here: making either."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.replay.allocations import GUARDS, Allocations
from warehouse.code_version import code_version
from warehouse.durable import write_durably
from warehouse.faults import store_faults
from warehouse.layout import Layout

logger = logging.getLogger(__name__)

_WITHOUT = "without_"


def allocations_key(feature_name: str, recipe: str, since_us: int, until_us: int, seed: int) -> str:
    """Name of what a recipe, fitted before an instant, gives the jobs from there to another one.

    Args:
        feature_name: Of the features, which stands for rows, label delay and code.
        recipe: Id of the recipe.
        since_us: The cut-off of the fit, where its jobs begin.
        until_us: Where they end.
        seed: Seed of the fit.
    """
    values = [feature_name, recipe, since_us, until_us, seed, list(GUARDS), code_version()]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]


def save_allocations(replay: Layout, key: str, allocations: Allocations) -> Path:
    """Store what a finished fit gave; it is there whole or not at all. Returns the file.

    Args:
        replay: `Layout.replay` of a store.
        key: Of `allocations_key`.
        allocations: What to store.
    """
    written = BytesIO()
    without = {f"{_WITHOUT}{guard}": gib for guard, gib in allocations.without.items()}
    np.savez(written, allow_pickle=False, frozen=allocations.frozen, live=allocations.live, **without)
    path = replay.allocations / f"{key}.npz"
    with store_faults(replay):
        write_durably(path, written.getvalue())
    return path


def find_allocations(replay: Layout, key: str) -> Allocations | None:
    """What a finished fit gave; None where it is not there, or not readable: it is made again then."""
    path = replay.allocations / f"{key}.npz"
    if not path.exists():
        return None
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            without = {guard: arrays[f"{_WITHOUT}{guard}"] for guard in GUARDS}
            return Allocations(arrays["frozen"], arrays["live"], without)
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError) as error:
        logger.warning("%s is made again, as it cannot be read: %s", path, error)
        return None


def write_report(
    replay: Layout, *, result: Mapping[str, Any], page: str, picture: bytes, jobs_at_risk: pd.DataFrame
) -> None:
    """Replace the report of the replay before: page, picture, result, and the jobs at risk as CSV."""
    with store_faults(replay):
        write_durably(replay.jobs_at_risk, jobs_at_risk.to_csv(index=False).encode())
        write_durably(replay.report_picture, picture)
        write_durably(replay.result, json.dumps(result, allow_nan=False, indent=1).encode())
        write_durably(replay.report, page.encode())
