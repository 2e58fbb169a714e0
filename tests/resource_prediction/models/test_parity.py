"""Serving builds the features of training, bit for bit: export, observe what becomes known, describe raw dicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resource_prediction.demo_farm import generate_rows
from resource_prediction.features.matrix import assemble
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.features.table import describe_table
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.telemetry import TWIN_COLUMNS
from tests.resource_prediction.fits import HOUR_US, cut, fit_at, submitted_us

REAL_ROWS = Path(__file__).parents[3] / "../shared/data/sap-builds-2025-04.csv"
SERVED_ROWS = 320


def ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of (time, id), with the first of equal ones as the original and the others as its twins."""
    rows = rows.sort_values(["time", "atom_id"], kind="stable").reset_index(drop=True)
    return rows.assign(is_twin=rows.duplicated([name for name in TWIN_COLUMNS if name in rows]))


def small_farm(make_rows: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Ties, twins and every status, ends of some jobs, and holes in every optional column."""
    rows = make_rows(700, seed=5, minutes=4.0)
    generator = np.random.default_rng(5)
    for name in ("branch", "component", "targets", "makeType", "location"):
        rows[name] = rows[name].where(generator.random(len(rows)) > 0.05, None)
    for name in ("jobs", "localJobs", "memreq"):
        rows[name] = rows[name].where(generator.random(len(rows)) > 0.05)
    ends = rows["time"] + pd.to_timedelta(generator.integers(1, 200, len(rows)) * 30, unit="s")
    rows["finished_at"] = ends.where(generator.random(len(rows)) < 0.5).astype("datetime64[us]")
    # A twin is the same job under another branch, so it ended when its original did.
    twins = [name for name in TWIN_COLUMNS if name in rows]
    rows["finished_at"] = rows.groupby(twins, dropna=False)["finished_at"].transform("first")
    return ordered(rows)


def demo_farm(_make_rows: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """A synthetic farm in the shape of real telemetry."""
    return ordered(generate_rows(1_500, 5.0, 3))


def real_farm(_make_rows: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """The real rows that the project is developed against."""
    if not REAL_ROWS.exists():
        pytest.skip(f"the real rows are not there: {REAL_ROWS.name}")
    rows = pd.read_csv(REAL_ROWS, sep=";").assign(time=lambda frame: pd.to_datetime(frame["time"], format="ISO8601"))
    return ordered(rows.astype({"time": "datetime64[us]"}).iloc[:2_500])


def raw_dicts(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as a scheduler hands them over, with text for times and None for nothing."""
    frame = rows.drop(columns="is_twin").astype(object)
    for name in ("time", "finished_at"):
        if name in rows:
            frame[name] = rows[name].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").astype(object)
    return frame.where(frame.notna(), None).to_dict("records")


@pytest.mark.parametrize(
    "farm",
    [
        small_farm,
        pytest.param(demo_farm, marks=pytest.mark.slow),
        pytest.param(real_farm, marks=pytest.mark.slow),
    ],
)
def test_serving_row_by_row_gives_the_training_matrix_bit_for_bit(
    farm: Callable[[Callable[..., pd.DataFrame]], pd.DataFrame],
    make_rows: Callable[..., pd.DataFrame],
    tmp_path: Path,
) -> None:
    rows = farm(make_rows)
    times_us, outcomes = submitted_us(rows), read_outcomes(rows, HOUR_US)
    first = len(rows) - SERVED_ROWS
    until_us = int(times_us[first])
    data = cut(rows, until_us)
    expected = assemble(data.encoder, read_submissions(rows), describe_table(rows, outcomes, workers=1)[1])
    fit_at(rows, until_us).save(tmp_path)
    model = DeployableModel.load(tmp_path)
    raw = raw_dicts(rows)
    told = outcomes.known_us < until_us
    assert rows["is_twin"][first:].any() or farm is real_farm
    assert (np.diff(times_us[first:]) == 0).any() or farm is real_farm
    for place in range(first, len(rows)):
        news = np.flatnonzero(~told & (outcomes.known_us < times_us[place]))
        model.observe([raw[row] for row in news])
        told[news] = True
        served = model.features([raw[place]]).to_numpy()
        # Bits, so that a missing value equals itself.
        differs = np.flatnonzero(served.view(np.uint32)[0] != expected[place].view(np.uint32))
        assert not len(differs), f"row {place}: {model.features([raw[place]]).columns[differs[:3]].tolist()}"
    assert told[first:].any()
    assert told.sum() > (outcomes.known_us < until_us).sum()
