"""Jobs after a fit: scored ones only, from the cut-off on."""

from __future__ import annotations

import pandas as pd
import pytest

from resource_prediction.errors import ScoringError
from resource_prediction.models import DeployableModel
from resource_prediction.unseen_jobs import unseen_jobs
from tests.resource_prediction.fits import fit_at, submitted_us


@pytest.fixture(scope="module")
def models(farm: pd.DataFrame) -> tuple[DeployableModel, DeployableModel]:
    older, newer = (fit_at(farm, int(submitted_us(farm)[place])) for place in (200, 300))
    return older, newer


def test_they_are_the_scored_jobs_from_the_later_cut_off_on(
    farm: pd.DataFrame, models: tuple[DeployableModel, DeployableModel]
) -> None:
    unseen = unseen_jobs(farm, *models)
    later = farm[submitted_us(farm) >= submitted_us(farm)[300]]
    final = later[~later["is_twin"] & later["ts_status"].isin(["ok", "unstable"])]
    assert unseen.rows["atom_id"].tolist() == final["atom_id"].tolist()
    assert unseen.peak_gib.tolist() == (final["max_rss"] / 1024**3).tolist()


def test_fewer_of_them_are_spread_over_their_time_and_the_newest_are_newest_first(
    farm: pd.DataFrame, models: tuple[DeployableModel, DeployableModel]
) -> None:
    unseen = unseen_jobs(farm, models[1])
    ids = unseen.rows["atom_id"].tolist()
    three = unseen.evenly(3).rows["atom_id"].tolist()
    assert three == [ids[0], ids[round((len(ids) - 1) / 2)], ids[-1]]
    assert unseen.newest(2).rows["atom_id"].tolist() == [ids[-1], ids[-2]]
    assert unseen.newest(2).peak_gib.tolist() == [unseen.peak_gib[-1], unseen.peak_gib[-2]]
    assert unseen.evenly(1_000) is unseen


def test_without_a_later_job_it_says_so(farm: pd.DataFrame, models: tuple[DeployableModel, DeployableModel]) -> None:
    with pytest.raises(ScoringError, match="none that came after it; expected at least one with a final peak"):
        unseen_jobs(farm.head(100), models[0])
    with pytest.raises(ScoringError, match="none that came after the fits of both"):
        unseen_jobs(farm.head(100), *models)
