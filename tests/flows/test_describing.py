"""Each step of a run that describes rows spares what the run has described before."""

from __future__ import annotations

from typing import Any

import pytest

from flows import retrain
from flows.night import Night, fit_runner
from flows.parameters import RetrainParameters
from flows.retrain import _describe
from resource_prediction.summary.aside import Price
from tasks.features import Features
from tasks.report import RunReport
from warehouse.published import Pointer


def test_a_run_spares_the_features_that_it_has_already(monkeypatch: pytest.MonkeyPatch) -> None:
    spared = []

    def build(store: str, label_delay_us: int, workers: int, *, beside: tuple[Features, ...], **_: Any) -> Features:
        spared.append([features.label_delay_us for features in beside])
        return Features("name", Pointer("manifest", "0" * 64), "0" * 64, label_delay_us, 0.0)

    monkeypatch.setattr(retrain, "build_features", build)
    parameters = RetrainParameters()
    night = Night(parameters, "store", RunReport("run", "store", True, Price()), fit_runner(parameters))
    for label_delay_us in (1, 2, 3):
        _describe(night, label_delay_us)
    assert spared == [[], [1], [1, 2]]
