"""The picture of a night: jobs of the hold-out alone, drawn from the store."""

from __future__ import annotations

import pytest

from tasks.fit import Fitted, fit_judged
from tasks.picture import draw_allocations
from tests.tasks.conftest import Prepared


def test_the_picture_is_of_the_scored_jobs_of_the_hold_out(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = fit_judged.fn(prepared.order(max_iter=5))
    assert isinstance(fitted, Fitted)
    rows = fitted.metrics["rows"]
    picture = draw_allocations.fn(prepared.store, prepared.features, fitted)
    assert picture.png.startswith(b"\x89PNG")
    assert picture.caption.startswith(
        f"logistic_regression_classification on {rows} of the {rows} jobs of the hold-out:"
    )
    under = round(rows * fitted.metrics["under_pct"] / 100)
    assert picture.caption.endswith(f": {under} of them got less than their peak.")
    monkeypatch.setattr("resource_prediction.summary.picture.DRAWN_JOBS", 10)
    assert f"on 10 of the {rows} jobs" in draw_allocations.fn(prepared.store, prepared.features, fitted).caption
