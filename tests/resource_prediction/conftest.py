"""Small farms for the feature tests: few keys, many ties, so that every edge of "known before" is met."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from resource_prediction.models import DeployableModel
from tests.resource_prediction.fits import fit_at, submitted_us


def _make_rows(count: int, seed: int, minutes: float = 10.0) -> pd.DataFrame:
    """Accepted rows in contract columns in the order of (time, id): ties, twins and every status among them."""
    generator = np.random.default_rng(seed)
    steps = generator.integers(0, 4, count) * round(minutes * 60e6 / 2)
    rows = pd.DataFrame(
        {
            "atom_id": [f"job-{place:06d}" for place in range(count)],
            "time": pd.to_datetime(1_700_000_000_000_000 + np.cumsum(steps), unit="us"),
            "location": generator.choice(["north", "south"], count),
            "branch": generator.choice(["main", "fix", "next"], count),
            "buildProfile": generator.choice(["x86-gcc-opt", "x86-gcc-dbg", "arm"], count),
            "makeType": generator.choice(["opt", "dbg"], count),
            "targets": generator.choice(["all", "all,dist"], count),
            "component": generator.choice(["core", "web"], count),
            "jobs": generator.choice([500.0, 1000.0], count),
            "localJobs": 36.0,
            "ts_status": generator.choice(
                ["ok", "unstable", "error", "canceled", "running"], count, p=[0.7, 0.2, 0.04, 0.03, 0.03]
            ),
            "max_rss": np.rint(generator.lognormal(24.0, 0.6, count)),
            "memreq": 200_000.0,
        }
    )
    rows["is_twin"] = False
    twins = np.flatnonzero((steps == 0) & (generator.random(count) < 0.5))
    twins = twins[twins > 0]
    copied = [name for name in rows.columns if name not in ("atom_id", "branch", "ts_status", "is_twin")]
    rows.loc[twins, copied] = rows.loc[twins - 1, copied].to_numpy()
    rows.loc[twins, "is_twin"] = True
    return rows.astype({"max_rss": "float64", "memreq": "float64", "jobs": "float64", "localJobs": "float64"})


@pytest.fixture
def make_rows() -> Callable[..., pd.DataFrame]:
    return _make_rows


@pytest.fixture(scope="session")
def make_rows_once() -> Callable[..., pd.DataFrame]:
    return _make_rows


@pytest.fixture
def rows() -> pd.DataFrame:
    return _make_rows(400, seed=1)


@pytest.fixture(scope="session")
def farm() -> pd.DataFrame:
    """Rows that many tests look at, and none changes."""
    return _make_rows(400, seed=5)


@pytest.fixture(scope="session")
def model(farm: pd.DataFrame) -> DeployableModel:
    """The quickest family, fitted on the first three quarters of the farm; no test may `observe` with it."""
    return fit_at(farm, int(submitted_us(farm)[300]))
