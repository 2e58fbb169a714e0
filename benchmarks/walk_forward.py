"""What every recipe costs in each 6-hour block of a telemetry, fitted day by day. Not here: the gate on top of it."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resource_prediction.allocation import AllocationRule
from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.config import default_parameters
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.evidence import segments
from resource_prediction.features.table import describe_table
from resource_prediction.gate.losses import BlockLosses, block_losses
from resource_prediction.outcomes import Outcomes, read_outcomes
from resource_prediction.recipe import Recipe
from resource_prediction.training import TrainingSet, build_training_set, fit_recipe

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@dataclass(frozen=True)
class Contender:
    """A family with its default parameters, and the seed of its fits."""

    family: str
    seed: int = 42

    @property
    def name(self) -> str:
        """Its name in the ledger."""
        return f"{self.family}-{self.seed}"

    @property
    def recipe(self) -> Recipe:
        """What is fitted."""
        return Recipe(self.family, default_parameters(self.family), AllocationRule(), HOUR_US)


@dataclass(frozen=True)
class WalkForward:
    """Fits at the beginning of each UTC day, each scored on the days that follow, with history as of its cut-off.

    Attributes:
        rows: Accepted rows in the order of time.
        outcomes: What became of them.
        point_in_time: Their features.
        train_window_days: How far back a fit looks.
        oldest_age: A fit is scored on its first day and as many more.
        past_days: Cut-offs; fewer where there are not as many.
        cache: Folder of allocations that earlier runs made.
    """

    rows: pd.DataFrame
    outcomes: Outcomes
    point_in_time: np.ndarray
    train_window_days: float
    oldest_age: int
    past_days: int
    cache: Path

    @classmethod
    def prepare(
        cls, rows: pd.DataFrame, *, train_window_days: float, oldest_age: int, past_days: int, cache: Path
    ) -> WalkForward:
        """Describe the rows; the cache is named by rows, window, age and recipe, not by the code that fits."""
        outcomes = read_outcomes(rows, HOUR_US)
        values = [int(pd.util.hash_pandas_object(rows, index=False).sum()), train_window_days, oldest_age]
        folder = cache / hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        _, point_in_time = describe_table(rows, outcomes, workers=1)
        return cls(rows, outcomes, point_in_time, train_window_days, oldest_age, past_days, folder)

    def losses(self, contenders: list[Contender]) -> BlockLosses:
        """Fit the contenders at each cut-off, or take what the cache has, and sum up what they cost."""
        allocations = {contender: [] for contender in contenders}
        for cut_us in self._cuts_us():
            data = None
            for contender in contenders:
                file = self.cache / f"{contender.recipe.digest}-{contender.seed}-{cut_us // DAY_US}.npy"
                if not file.exists():
                    data = data or self._training_set(cut_us)
                    np.save(file, self._allocate(contender, data))
                allocations[contender].append(self._table(cut_us, np.load(file, allow_pickle=False)))
        tables = [pd.concat(found, ignore_index=True) for found in allocations.values()]
        return block_losses(self._jobs(), tables, tuple(c.name for c in contenders), self.oldest_age)

    def _cuts_us(self) -> IntArray:
        """Beginnings of days that have jobs, from when on the telemetry is as old as a fit looks back."""
        submitted_us = self._submitted_us()[self.outcomes.is_scored]
        days_us = np.unique(submitted_us // DAY_US) * DAY_US
        return days_us[days_us >= days_us[0] + self.train_window_days * DAY_US][: self.past_days]

    def _training_set(self, cut_us: int) -> TrainingSet:
        window_us = int(self.train_window_days * DAY_US)
        return build_training_set(
            self.rows, self.outcomes, self.point_in_time, until_us=int(cut_us), train_window_us=window_us
        )

    def _allocate(self, contender: Contender, data: TrainingSet) -> FloatArray:
        print(f"fitting {contender.name} on {len(data.peak_gib)} jobs", file=sys.stderr, flush=True)
        model = fit_recipe(contender.recipe, data, contender.seed)
        return model.predict(self.rows.iloc[self._scored_on(data.until_us)])

    def _scored_on(self, cut_us: int) -> IntArray:
        """Positions of the scored rows of the days that follow a cut-off."""
        submitted_us, end_us = self._submitted_us(), cut_us + (self.oldest_age + 1) * DAY_US
        return np.flatnonzero(self.outcomes.is_scored & (submitted_us >= cut_us) & (submitted_us < end_us))

    def _table(self, cut_us: int, allocation_gib: FloatArray) -> pd.DataFrame:
        at = self._scored_on(cut_us)
        age = (self._submitted_us()[at] - cut_us) // DAY_US
        position = np.cumsum(self.outcomes.is_scored) - 1
        return pd.DataFrame({"job": position[at], "age": age, "allocation_gib": allocation_gib})

    def _jobs(self) -> pd.DataFrame:
        """The scored jobs as `block_losses` reads them."""
        scored = ScoredJobs.select(self.rows, self.outcomes, self.point_in_time)
        return pd.DataFrame(
            {
                "time": scored.rows["time"].to_numpy(),
                "segment": segments(scored.rows["component"]).to_numpy(),
                "peak_gib": scored.peak_gib,
                "censored": scored.is_censored,
            }
        )

    def _submitted_us(self) -> IntArray:
        return self.rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
