from collections.abc import Callable

import numpy as np
import pandas as pd

from resource_prediction.features.keys import LEVEL_NAMES, NO_KEY, level_keys
from resource_prediction.features.raw_rows import read_submissions


def test_a_row_has_the_same_keys_alone_and_among_many(make_rows: Callable[..., pd.DataFrame]) -> None:
    rows = make_rows(100, seed=9)
    together = level_keys(read_submissions(rows))
    alone = [level_keys(read_submissions([row]))[0] for row in rows.to_dict("records")]
    assert together.tolist() == np.stack(alone).tolist()


def test_equal_words_in_other_columns_or_levels_are_other_keys() -> None:
    rows = [{"time": "2026-01-01", "buildProfile": "x", "branch": "x"}, {"time": "2026-01-01", "buildProfile": "x"}]
    keys = level_keys(read_submissions(rows))
    assert len(set(keys[0].tolist())) == len(LEVEL_NAMES)
    assert keys[0, LEVEL_NAMES.index("profile")] == keys[1, LEVEL_NAMES.index("profile")]


def test_a_row_without_a_branch_has_no_key_where_the_branch_leads() -> None:
    keys = level_keys(read_submissions([{"time": "2026-01-01", "buildProfile": "x"}]))[0]
    assert keys[LEVEL_NAMES.index("branch")] == NO_KEY
    assert keys[LEVEL_NAMES.index("branch_profile")] == NO_KEY
    assert keys[LEVEL_NAMES.index("configuration")] != NO_KEY
