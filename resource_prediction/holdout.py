"""Which rows nothing is fitted on: the newest share, hours or number of rows. Not here: scoring them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from resource_prediction.arrays import IntArray
from resource_prediction.durations import parse_duration_us
from resource_prediction.errors import DurationError, HoldoutError

HoldoutKind = Literal["share", "duration", "rows"]


@dataclass(frozen=True)
class Holdout:
    """The newest rows with a final peak.

    Attributes:
        kind: What ``value`` counts.
        value: Share in (0, 1), microseconds, or rows.
    """

    kind: HoldoutKind
    value: float

    @classmethod
    def parse(cls, text: str) -> Holdout:
        """Read ``20%``, ``24h`` or ``2000``.

        Raises:
            HoldoutError: The text is none of these, holds out nothing, or leaves nothing to fit on.
        """
        if re.fullmatch(r"\d+(\.\d+)?%", text) and 0 < float(text[:-1]) < 100:
            return cls("share", float(text[:-1]) / 100)
        if re.fullmatch(r"\d+", text) and int(text) > 0:
            return cls("rows", int(text))
        try:
            duration_us = parse_duration_us(text)
        except DurationError:
            raise HoldoutError(text) from None
        if duration_us == 0:
            raise HoldoutError(text)
        return cls("duration", duration_us)

    def cut_us(self, submitted_us: IntArray) -> int:
        """Time of the oldest row held out: rows from it on are, and rows of equal time stay on one side.

        Args:
            submitted_us: Times of the rows that have a final peak, microseconds, any order, shape (n,), n > 0.
        """
        times = np.sort(submitted_us)
        if self.kind == "duration":
            return int(times[-1]) - int(self.value)
        rows = self.value * len(times) if self.kind == "share" else self.value
        return int(times[max(len(times) - max(round(rows), 1), 0)])
