"""Files that a run leaves beside its record, for people and spreadsheets. Not here: their content, the registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from warehouse.durable import write_durably
from warehouse.faults import store_faults
from warehouse.layout import Layout


def write_run_files(layout: Layout, run_id: str, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write texts into the folder of a run, each under its name; one that is there is replaced.

    Raises:
        StoreFaultError: The disk is full, or the folder cannot be written.
    """
    paths = tuple(layout.run_folder(run_id) / name for name in texts)
    with store_faults(layout):
        for path, text in zip(paths, texts.values(), strict=True):
            write_durably(path, text.encode())
    return paths
