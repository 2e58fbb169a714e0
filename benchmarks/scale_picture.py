"""The picture of `scale.py`: seconds and memory of each stage over the rows. Not here: measuring."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scale import Facts
from resource_prediction.summary.picture import METADATA

AIMS = {"seconds": (10_000_000, 120.0), "peak_gib": (10_000_000, 4.0)}
COLOURS = {"ingest": "#0072b2", "publish": "#56b4e9", "features": "#d55e00", "slowest fit": "#999999"}
"""Of Okabe and Ito (2008), which colour-blind people tell apart."""


def draw_scale(sizes: Mapping[int, Mapping[str, Facts]]) -> bytes:
    """Draw what was measured, as SVG; equal figures give equal bytes.

    Args:
        sizes: By rows, the facts of each stage.
    """
    with mpl.rc_context({"svg.hashsalt": "scale", "font.size": 9}):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        seconds, memory = figure.subplots(1, 2)
        _draw(seconds, sizes, "seconds", "seconds")
        _draw(memory, sizes, "peak_gib", "peak memory, GiB")
        memory.legend(frameon=False)
        target = BytesIO()
        figure.savefig(target, format="svg", metadata=METADATA[".svg"])
    return target.getvalue()


def _draw(axes: Axes, sizes: Mapping[int, Mapping[str, Facts]], key: str, label: str) -> None:
    for stage, colour in COLOURS.items():
        found = {rows: _value(facts, stage, key) for rows, facts in sorted(sizes.items())}
        known = {rows: value for rows, value in found.items() if value is not None}
        axes.plot(list(known), list(known.values()), "o-", color=colour, label=stage, markersize=4)
    rows, aim = AIMS[key]
    axes.plot([rows], [aim], "x", color="#222222", label="aim: ingest, publish and features")
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel=label)
    axes.grid(visible=True, which="major", color="#e0e0e0")
    axes.spines[["top", "right"]].set_visible(False)


def _value(facts: Mapping[str, Facts], stage: str, key: str) -> float | None:
    if stage != "slowest fit":
        return facts[stage][key] if stage in facts else None
    fits = [values[key] for name, values in facts.items() if name.startswith("fit:")]
    return max(fits, default=None)
