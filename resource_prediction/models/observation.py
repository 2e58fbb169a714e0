"""Finished raw rows on their way into a model's history: which of them count. Not here: the history itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resource_prediction.errors import MissingColumnError
from resource_prediction.features.raw_rows import RawRows, read_number, read_submissions
from resource_prediction.outcomes import Outcomes, read_outcomes
from resource_prediction.telemetry import TWIN_COLUMNS

_NUMBERS = ("max_rss", "memreq", "allocation")
_REMEMBERED = 100_000
"""Ids and twin signatures kept; the oldest go first."""


@dataclass
class SeenJobs:
    """Ids and twin signatures of the jobs that were observed, so that none counts twice."""

    names: dict[str, None] = field(default_factory=dict)

    def is_new(self, row: dict[str, object]) -> bool:
        """Whether neither this job nor a twin of it was observed before; it is remembered."""
        signature = "twin:" + repr([row.get(name) for name in TWIN_COLUMNS])
        names = [signature] if row.get("atom_id") is None else [signature, f"id:{row['atom_id']}"]
        is_new = not any(name in self.names for name in names)
        self.names.update(dict.fromkeys(names))
        while len(self.names) > _REMEMBERED:
            self.names.pop(next(iter(self.names)))
        return is_new


def order_finished(rows: RawRows) -> pd.DataFrame:
    """Finished raw rows in the order of (time, id), in which ties among jobs known at one instant are broken.

    Raises:
        MissingColumnError: Without ``max_rss``, ``time`` or ``buildProfile``.
        TelemetryError: On a value of the wrong type.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    if "max_rss" not in frame.columns and len(frame):
        raise MissingColumnError("max_rss", [str(column) for column in frame.columns])
    submitted = pd.Series(read_submissions(frame).submitted_us, index=frame.index)
    ids = frame["atom_id"].astype(str) if "atom_id" in frame else pd.Series("", index=frame.index)
    order = np.lexsort((ids.to_numpy(dtype=str), submitted.to_numpy()))
    return frame.iloc[order].reset_index(drop=True)


def finished_outcomes(rows: pd.DataFrame, seen: SeenJobs, label_delay_us: int) -> Outcomes:
    """Outcomes of finished raw rows; one that was observed before, or whose twin was, counts as a twin."""
    typed = pd.DataFrame({name: read_number(name, rows[name]) for name in _NUMBERS if name in rows})
    typed["time"] = read_submissions(rows).submitted_us.astype("datetime64[us]")
    if "ts_status" in rows:
        typed["ts_status"] = rows["ts_status"]
    if "finished_at" in rows:
        finished = pd.to_datetime(rows["finished_at"], utc=True, format="ISO8601")
        typed["finished_at"] = finished.dt.tz_localize(None).dt.as_unit("us")
    records = rows.to_dict("records")
    typed["is_twin"] = [not seen.is_new({str(name): value for name, value in row.items()}) for row in records]
    return read_outcomes(typed, label_delay_us)
