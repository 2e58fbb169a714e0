"""The demo farm's rows as the text of a raw export, with broken lines among them. Not here: the rows, files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.defaults import DEMO_DAYS, DEMO_ROWS
from resource_prediction.demo_farm.rows import DEMO_SEED, generate_rows

SEPARATOR = ";"
_ROWS_FOR_A_BROKEN_LINE = 1000

ERA_ROWS = 500_000
"""Rows that are generated at once; whole thousands."""


@dataclass(frozen=True)
class Breakage:
    """One way in which a line is broken.

    Attributes:
        name: What is wrong with the line.
        column: Column whose text is replaced.
        text: The text in its place; None ends the line before the column.
    """

    name: str
    column: str
    text: str | None


BREAKAGES: tuple[Breakage, ...] = (
    Breakage("negative peak", "max_rss", "-1"),
    Breakage("request is not a number", "memreq", "n/a"),
    Breakage("unknown status", "ts_status", "exploded"),
    Breakage("time far in the future", "time", "2099-01-01 00:00:00.000"),
    Breakage("line ends too early", "ts_phase", None),
    Breakage("peak is NaN", "max_rss", "NaN"),
    Breakage("fraction in a count", "jobs", "3.7"),
    Breakage("no time", "time", ""),
    Breakage("no profile", "buildProfile", ""),
    Breakage("peak is infinite", "max_rss", "inf"),
    Breakage("time is not a time", "time", "yesterday"),
    Breakage("no peak", "max_rss", ""),
)
"""Every line that breaks in one of these ways must be quarantined; an export takes them in turn."""


def broken_line_count(rows: int) -> int:
    """Number of broken lines in an export of ``rows`` rows: one for each thousand begun, beside the rows."""
    return -(-rows // _ROWS_FOR_A_BROKEN_LINE)


def render_csv(rows: int = DEMO_ROWS, days: float = DEMO_DAYS, seed: int = DEMO_SEED) -> bytes:
    """Render ``generate_rows`` as a raw export: ``;``, a header, UTF-8, no quotes.

    Returns:
        A header, ``rows`` good lines, and ``broken_line_count(rows)`` broken ones at random places.

    Raises:
        DemoFarmError: As ``generate_rows``.
    """
    return _render(generate_rows(rows, days, seed), seed)


def render_eras(rows: int, days: float, seed: int = DEMO_SEED) -> Iterator[bytes]:
    """Render a farm of any size as one export, piece by piece, so that memory stays bounded.

    Up to ERA_ROWS it is ``render_csv``. A larger farm lives through eras of equal length, the oldest first: each is
    another history of the same farm, with branches of its own.

    Yields:
        Pieces of one file; only the first has the header.

    Raises:
        DemoFarmError: As ``generate_rows``.
    """
    eras = max(-(-rows // ERA_ROWS), 1)
    length = days / eras
    for era in reversed(range(eras)):
        # Whole thousands but for the last: an era has a broken line for each thousand begun.
        count = ERA_ROWS if era else rows - (eras - 1) * ERA_ROWS
        frame = generate_rows(count, length, seed + era, first_branch=era * ERA_ROWS)
        frame["time"] -= pd.Timedelta(days=era * length).floor("ms")
        text = _render(frame, seed + era)
        yield text if era == eras - 1 else text[text.index(b"\n") + 1 :]


def _render(frame: pd.DataFrame, seed: int) -> bytes:
    header, *lines = _lines(frame)
    columns = header.split(SEPARATOR)
    rng = np.random.default_rng([seed, 9])
    broken = [_break_line(columns, lines[index], number, rng) for number, index in _victims(len(frame), rng)]
    for line in broken:
        lines.insert(int(rng.integers(len(lines) + 1)), line)
    return "\n".join([header, *lines, ""]).encode()


def _lines(frame: pd.DataFrame) -> list[str]:
    stamps = np.datetime_as_string(frame["time"].to_numpy(), unit="ms")
    as_text = frame.assign(time=[stamp.replace("T", " ") for stamp in stamps.tolist()])
    text = as_text.to_csv(sep=SEPARATOR, index=False, lineterminator="\n", quoting=csv.QUOTE_NONE)
    return text.splitlines()


def _victims(rows: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Number of each broken line, and the good line that it is a broken copy of."""
    count = broken_line_count(rows)
    return list(enumerate(rng.choice(rows, size=count, replace=False).tolist())) if count else []


def _break_line(columns: list[str], line: str, number: int, rng: np.random.Generator) -> str:
    """Copy of a line with an id of its own, broken in the way that is next in turn."""
    breakage = BREAKAGES[number % len(BREAKAGES)]
    fields = dict(zip(columns, line.split(SEPARATOR), strict=True))
    fields["atom_id"] = rng.bytes(20).hex()
    if breakage.text is None:
        kept = columns[: columns.index(breakage.column)]
        return SEPARATOR.join(fields[column] for column in kept)
    fields[breakage.column] = breakage.text
    return SEPARATOR.join(fields.values())
