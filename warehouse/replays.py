"""What replays keep: allocations by key, so that a killed one goes on, and the report. Not here: making either."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.array_files import ONE_READER
from resource_prediction.replay.allocations import GUARDS, Offers
from resource_prediction.replay.periods import Period
from warehouse.code_version import code_version
from warehouse.durable import write_durably
from warehouse.faults import store_faults
from warehouse.layout import Layout

logger = logging.getLogger(__name__)


def allocations_key(feature_name: str, recipe: str, period: Period, seed: int, under_costs: Sequence[float]) -> str:
    """Name of what a recipe, fitted before an instant, offers the jobs from there to another one.

    Args:
        feature_name: Of the features, which stands for rows, label delay and code.
        recipe: Id of the recipe, without what needs no other fit: penalty and headroom.
        period: Of its jobs, which begins at the cut-off of the fit.
        seed: Seed of the fit.
        under_costs: Penalties that are offered.
    """
    values = [
        feature_name,
        recipe,
        period.since_us,
        period.until_us,
        seed,
        list(under_costs),
        list(GUARDS),
        code_version(),
    ]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]


def save_offers(replay: Layout, key: str, offers: Offers) -> Path:
    """Store what a finished fit offers; it is there whole or not at all. Returns the file.

    Args:
        replay: `Layout.replay` of a store.
        key: Of `allocations_key`.
        offers: What to store.
    """
    written = BytesIO()
    # Allocations are points of one support, so they repeat: a quarter of the bytes.
    np.savez_compressed(written, allow_pickle=False, **offers.to_arrays())
    path = replay.allocations / f"{key}.npz"
    with store_faults(replay):
        write_durably(path, written.getvalue())
    return path


def find_offers(replay: Layout, key: str, under_costs: Sequence[float]) -> Offers | None:
    """What a finished fit offers; None where it is not there, or not readable: it is made again then."""
    path = replay.allocations / f"{key}.npz"
    if not path.exists():
        return None
    try:
        with ONE_READER, np.load(BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return Offers.from_arrays(arrays, under_costs)
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError, zlib.error) as error:
        logger.warning("%s is made again, as it cannot be read: %s", path, error)
        return None


def write_report(
    replay: Layout,
    *,
    result: Mapping[str, Any],
    page: str,
    pictures: Mapping[str, bytes],
    jobs_at_risk: pd.DataFrame,
) -> None:
    """Replace the report of the replay before: page, pictures by name, result, and the jobs at risk as CSV."""
    with store_faults(replay):
        write_durably(replay.jobs_at_risk, jobs_at_risk.to_csv(index=False).encode())
        for name, picture in pictures.items():
            write_durably(replay.store / name, picture)
        write_durably(replay.result, json.dumps(result, allow_nan=False, indent=1).encode())
        write_durably(replay.report, page.encode())
