"""A synthetic build farm: seeded telemetry of any size in the shape of a real one. Not here: files, real rows."""

from resource_prediction.demo_farm.export import BREAKAGES, Breakage, broken_line_count, render_csv, render_eras
from resource_prediction.demo_farm.rows import (
    DEMO_END,
    DEMO_SEED,
    SYNTHETIC_NOTE,
    TWIN_SHARE,
    generate_rows,
)

__all__ = [
    "BREAKAGES",
    "DEMO_END",
    "DEMO_SEED",
    "SYNTHETIC_NOTE",
    "TWIN_SHARE",
    "Breakage",
    "broken_line_count",
    "generate_rows",
    "render_csv",
    "render_eras",
]
