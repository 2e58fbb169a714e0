"""The demo farm's rows as the text of a raw export, with broken lines among them. Not here: the rows, files."""

from __future__ import annotations

import csv
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.defaults import DEMO_DAYS, DEMO_ROWS
from resource_prediction.demo_farm.rows import DEMO_SEED, generate_rows

SEPARATOR = ";"
_ROWS_FOR_A_BROKEN_LINE = 1000


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
    frame = generate_rows(rows, days, seed)
    header, *lines = _lines(frame)
    columns = header.split(SEPARATOR)
    rng = np.random.default_rng([seed, 9])
    broken = [_break_line(columns, lines[index], number, rng) for number, index in _victims(rows, rng)]
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
