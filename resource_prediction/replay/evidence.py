"""The evidence of one replayed period: its whole blocks. Not here: the ledger's own arithmetic (evidence.py above)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from resource_prediction.arrays import FloatArray
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.evidence import BLOCK_HOURS, block_start, ledger_entries, segments
from resource_prediction.replay.periods import Period


def whole_blocks(
    jobs: ScoredJobs,
    allocation_gib: FloatArray,
    period: Period,
    *,
    recipe: str,
    newest_known: datetime,
    label_delay: timedelta,
) -> pd.DataFrame:
    """Sum up a period as rows of the evidence ledger; a block that the period does not hold as a whole stays out.

    Args:
        jobs: All scored jobs of the period, n.
        allocation_gib: What a fit at the period's beginning gave them, shape (n,).
        period: The period.
        recipe: Id of the recipe.
        newest_known: The newest time in the telemetry.
        label_delay: How long after its submission a job's peak becomes known.
    """
    scored = jobs.ledger_rows(allocation_gib)
    scored["segment"] = segments(scored["component"])
    ends = block_start(scored["time"]) + pd.Timedelta(hours=BLOCK_HOURS)
    return ledger_entries(
        scored[ends <= pd.Timestamp(period.until)],
        recipe=recipe,
        fitted_until=datetime.fromisoformat(period.since),
        newest_known=newest_known,
        label_delay=label_delay,
    )
