"""One run on its way: what was asked, where, and what is known so far. Not here: its steps."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from flows.fit_runner import FitRunner
from flows.parameters import RetrainParameters
from flows.runner import Runner
from flows.stopwatch import Stopwatch
from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.recipe import Recipe
from tasks.features import Cut, Features
from tasks.fit import FitOrder, Purpose
from tasks.report import RunReport
from warehouse.settings import Settings

CORES = os.cpu_count() or 1


@dataclass
class Night:
    """A run of the main job.

    Attributes:
        parameters: What was asked.
        store: The store's folder.
        report: The parts of its result.
        runner: Where families are searched and fitted.
        watch: Its clock.
        described: Features that it has made or taken so far, one for each label delay.
    """

    parameters: RetrainParameters
    store: str
    report: RunReport
    runner: FitRunner
    watch: Stopwatch = field(default_factory=Stopwatch)
    described: list[Features] = field(default_factory=list)

    def default_recipe(self, family: str) -> Recipe:
        """A family with its defaults, under this run's rules."""
        return Recipe(
            family=family,
            parameters=default_parameters(family),
            rule=AllocationRule(self.parameters.under_cost, headroom_pct=self.parameters.headroom_pct),
            label_delay_us=self.parameters.label_delay_us,
            train_window_us=self.parameters.train_window_us,
        )

    def order(self, recipe: dict[str, Any], features: Features, cut: Cut, purpose: Purpose = "candidate") -> FitOrder:
        """The order to fit a recipe in this run."""
        asked = self.parameters
        return FitOrder(
            self.store,
            self.report.run_id,
            recipe,
            features,
            cut,
            seed=asked.seed,
            under_cost=asked.under_cost,
            purpose=purpose,
        )


def fit_runner(parameters: RetrainParameters) -> FitRunner:
    """Where a run fits, as asked.

    Raises:
        RunnerError: It cannot be used here.
    """
    runner = Runner.parse(parameters.runner)
    runner.check()
    return FitRunner(runner, parameters.workers or CORES)


def store_of(parameters: RetrainParameters) -> str:
    """The store of a run: as asked, else what the settings say."""
    return parameters.store or str(Settings().store_to_write(demo=parameters.is_demo))
