"""The synthetic farm as a source: its export, written once into the store. Not here: what the farm is like."""

from __future__ import annotations

import logging
from pathlib import Path

from resource_prediction.demo_farm import DEMO_SEED, render_eras
from warehouse.durable import write_pieces_durably
from warehouse.faults import store_faults
from warehouse.layout import Layout

logger = logging.getLogger(__name__)


def write_demo_export(layout: Layout, rows: int, days: float) -> Path:
    """Write the export of a synthetic farm of that size; one that is there is left alone.

    Args:
        layout: The store.
        rows: Jobs.
        days: Length of the farm's past.

    Returns:
        The export's path: a file that is ingested like any other.
    """
    path = layout.demo / f"synthetic-{rows}-rows-{days:g}-days.csv"
    if not path.exists():
        logger.info("generating a synthetic farm of %d jobs over %g days", rows, days)
        with store_faults(layout):
            write_pieces_durably(path, render_eras(rows, days, DEMO_SEED))
    return path
