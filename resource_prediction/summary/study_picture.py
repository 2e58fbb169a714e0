"""A study as a picture: best score over trials, importance, parallel coordinates. Not here: its tables, files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from resource_prediction.arrays import FloatArray
from resource_prediction.config import hyperparameters
from resource_prediction.search import SearchResult, Trial
from resource_prediction.summary.picture import ALLOCATION, PEAK, REQUEST, UNDER, draw_figure

COLOURS = "viridis"
"""Dark is a low score, a good one; colour-blind people tell them apart too."""


def render_study(found: SearchResult, text: str, suffix: str) -> bytes:
    """Draw a study; equal trials give equal bytes.

    Args:
        found: Its trials, at least one of them complete, and the importance of its parameters.
        text: Below the picture; empty for none.
        suffix: ``.svg`` or ``.png``.
    """

    def plot(figure: Figure) -> None:
        panels = figure.subplot_mosaic([["scores", "importance"], ["parallel", "parallel"]])
        _plot_scores(panels["scores"], found.trials)
        _plot_importance(panels["importance"], found)
        _plot_parallel(figure, panels["parallel"], found)

    return draw_figure(plot, text, suffix, (10.0, 8.0))


def _plot_scores(axes: Axes, trials: Sequence[Trial]) -> None:
    places = np.arange(1, len(trials) + 1)
    scores = np.array([trial.score for trial in trials])
    pruned = np.array([trial.is_pruned for trial in trials])
    best = np.minimum.accumulate(np.where(pruned, np.inf, scores))
    axes.plot(places, best, drawstyle="steps-post", color=ALLOCATION, linewidth=2, label="best so far")
    axes.plot(places[~pruned], scores[~pruned], ".", color=PEAK, label="trial")
    axes.plot(places[pruned], scores[pruned], "x", color=UNDER, markersize=5, label="pruned, over its folds")
    axes.plot(places[:1], scores[:1], "D", color=PEAK, markersize=6, label="defaults")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    low, high = best.min(), max(scores[0], float(np.quantile(scores, 0.9)))
    room = 0.08 * (high - low) or 1.0
    axes.set(xlabel="trial", ylabel="score over the folds; lower is better", ylim=(low - room, high + room))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderpad=0, fontsize=8)


def _plot_importance(axes: Axes, found: SearchResult) -> None:
    axes.set_title("what the score varies by", fontsize=10, loc="left")
    if not found.importance:
        axes.set_axis_off()
        axes.text(0, 0.9, "too few trials to tell", transform=axes.transAxes, fontsize=9)
        return
    names = list(found.importance)[::-1]
    shares = [100 * found.importance[name] for name in names]
    axes.barh(names, shares, color=ALLOCATION)
    axes.set(xlabel="share, percent", xlim=(0, 100))


def _plot_parallel(figure: Figure, axes: Axes, found: SearchResult) -> None:
    """A line a complete trial, a vertical axis a parameter, the best trial on top."""
    complete = sorted((each for each in found.trials if not each.is_pruned), key=lambda each: -each.score)
    names = [name for name in hyperparameters(found.recipe.family) if name in complete[-1].parameters]
    scores = np.array([trial.score for trial in complete])
    # Half of the trials share the end of the scale: what matters is how the good ones differ.
    colour = ScalarMappable(Normalize(scores.min(), max(float(np.median(scores)), scores.min() + 0.1)), COLOURS)
    heights = np.stack([_heights(found.recipe.family, name, complete) for name in names], axis=1)
    for place in range(len(names)):
        axes.axvline(place, color=REQUEST, linewidth=1)
    for row, score in zip(heights, scores, strict=True):
        axes.plot(row, color=colour.to_rgba(score), linewidth=1, alpha=0.7)
    axes.plot(heights[-1], "o-", color=UNDER, linewidth=2.5, label="the best trial")
    axes.set(xlim=(-0.3, len(names) - 0.7), ylim=(-0.08, 1.08), yticks=[])
    axes.set_xticks(range(len(names)), names, rotation=15 if len(names) > 5 else 0, fontsize=9)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)
    for place, name in enumerate(names):
        _label_ends(axes, place, found.recipe.family, name)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, borderpad=0, fontsize=8)
    figure.colorbar(colour, ax=axes, label="score", extend="max", pad=0.01)


def _heights(family: str, name: str, trials: Sequence[Trial]) -> FloatArray:
    """Where each trial crosses a parameter's axis, from 0 to 1, as the space is searched: logs where it says so."""
    entry = hyperparameters(family)[name]
    values = [trial.parameters[name] for trial in trials]
    if "choices" in entry:
        return np.array([entry["choices"].index(value) for value in values]) / max(1, len(entry["choices"]) - 1)
    low, high, drawn = entry["min"], entry["max"], np.array(values, dtype=np.float64)
    if entry.get("log", False):
        return np.asarray(np.log(drawn / low) / np.log(high / low))
    return np.asarray((drawn - low) / (high - low))


def _label_ends(axes: Axes, place: int, family: str, name: str) -> None:
    entry = hyperparameters(family)[name]
    if "choices" in entry:
        texts = [f"{choice:,}" if isinstance(choice, int) else str(choice) for choice in entry["choices"]]
    else:
        texts = [f"{entry['min']:,g}", f"{entry['max']:,g}"]
    for height, text in zip(np.linspace(0, 1, len(texts)), texts, strict=True):
        axes.annotate(text, (place, height), xytext=(4, 0), textcoords="offset points", fontsize=7.5, va="center")
