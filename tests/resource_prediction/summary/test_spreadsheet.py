"""A CSV for people keeps its figures, and no cell of it runs in a spreadsheet."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.summary.spreadsheet import FORMULA_STARTS, to_csv

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00"), min_size=1, max_size=20)


@given(st.lists(TEXT, min_size=1, max_size=10))
def test_no_text_begins_as_a_formula_does(words: list[str]) -> None:
    table = pd.read_csv(io.StringIO(to_csv(pd.DataFrame({"word": words}))), keep_default_na=False, dtype=str)
    assert len(table) == len(words)
    assert not table["word"].str.startswith(FORMULA_STARTS).any()
    assert [word.removeprefix("'") for word in table["word"]] == [word.removeprefix("'") for word in words]


def test_numbers_stay_numbers_and_missing_stays_empty() -> None:
    table = pd.DataFrame({"=name": ["=1+1", None], "gib": [-1.5, np.nan], "at": pd.to_datetime(["2025-04-01", None])})
    assert to_csv(table) == "'=name,gib,at\n'=1+1,-1.5,2025-04-01\n,,\n"
