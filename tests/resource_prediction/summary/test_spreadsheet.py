"""CSV for spreadsheets: no cell of it is a formula, and no value is lost."""

from __future__ import annotations

import csv
from io import StringIO

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.summary.spreadsheet import FORMULA_SIGNS, spreadsheet_csv


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert read(spreadsheet_csv(pd.DataFrame({"branch": [text]}))) == [["branch"], [f"'{text}"]]


def test_a_name_of_a_column_is_no_formula_either() -> None:
    assert read(spreadsheet_csv(pd.DataFrame({"=a": [1]})))[0] == ["'=a"]


def test_numbers_missing_values_and_other_texts_stay_as_they_are() -> None:
    table = pd.DataFrame(
        {
            "saved_gib": [-1.5, None],
            "targets": ["all,dist", None],
            "time": pd.to_datetime(["2025-04-26 10:00:00", None]),
        }
    )
    assert read(spreadsheet_csv(table))[1:] == [["-1.5", "all,dist", "2025-04-26 10:00:00"], ["", "", ""]]


def test_whole_numbers_keep_all_their_digits_and_fractions_six() -> None:
    table = pd.DataFrame({"memreq": [1_566_720.0, None], "allocation_gib": [1234.56789, 0.5]})
    assert read(spreadsheet_csv(table))[1:] == [["1566720", "1234.57"], ["", "0.5"]]


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
def test_no_text_whatsoever_comes_out_as_a_formula(texts: list[str]) -> None:
    lines = read(spreadsheet_csv(pd.DataFrame({"number": range(len(texts)), "text": texts})))[1:]
    found = [cells[1] for cells in lines]
    assert [cell.removeprefix("'") for cell in found] == [text.removeprefix("'") for text in texts]
    assert not any(cell.lstrip(" ").startswith(FORMULA_SIGNS) for cell in found)
