"""What a fit takes: peaks and weights as arrays, refused where wrong. Not here: which rows it sees (out_of_time.py)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import FloatArray
from resource_prediction.errors import FitError


def training_rows(
    X: pd.DataFrame, peak_gib: npt.ArrayLike, sample_weight: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray | None]:
    """Peaks and weights of a fit, as arrays.

    Raises:
        FitError: On fewer than 2 rows, unequal lengths, or a peak that is not finite and > 0.
    """
    peak = np.asarray(peak_gib, dtype=np.float64)
    problem = None
    if peak.shape != (len(X),):
        problem = f"{len(X)} rows of features with peaks of shape {peak.shape}"
    elif peak.size < 2:
        problem = f"{peak.size} rows"
    elif not (np.isfinite(peak) & (peak > 0)).all():
        problem = f"a peak of {peak[~(np.isfinite(peak) & (peak > 0))][0]}"
    if problem:
        raise FitError(
            "fitting a family",
            got=problem,
            expected="2 rows or more, each with a finite peak above 0 GiB",
            next_step="Look at what was ingested and what the hold-out leaves to fit on.",
        )
    return peak, None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
