"""The demo farm's export as text: same bytes for a seed, and broken lines of a known number among good ones."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from resource_prediction.defaults import DEMO_ROWS
from resource_prediction.demo_farm import BREAKAGES, broken_line_count, generate_rows, render_csv, render_eras
from resource_prediction.errors import DemoFarmError
from resource_prediction.telemetry import COLUMN_BY_NAME, STATUSES

COUNTS = ["memory_fail_count", "jobs", "localJobs", "max_rss", "max_cache", "memreq"]


def fields_of(export: bytes) -> list[dict[str, str]]:
    header, *lines = export.decode().splitlines()
    return [dict(zip(header.split(";"), line.split(";"), strict=False)) for line in lines]


def is_good(fields: dict[str, str]) -> bool:
    """A reader of its own, that knows only the contract: whole numbers, known status, a time before the year 2099."""
    return (
        len(fields) == 17
        and all(fields[column].isdecimal() for column in COUNTS)
        and fields["ts_status"] in STATUSES
        and fields["time"].startswith("2025-")
        and fields["buildProfile"] != ""
    )


def test_equal_arguments_give_equal_bytes_and_another_seed_others() -> None:
    assert render_csv(300, 2.0, seed=7) == render_csv(300, 2.0, seed=7)
    assert render_csv(300, 2.0, seed=7) != render_csv(300, 2.0, seed=8)


@pytest.mark.parametrize(("rows", "broken"), [(0, 0), (1, 1), (1000, 1), (1001, 2), (12_000, 12)])
def test_an_export_holds_all_rows_and_exactly_the_broken_lines_it_says(rows: int, broken: int) -> None:
    lines = fields_of(render_csv(rows, 5.0))
    assert broken_line_count(rows) == broken
    assert sum(not is_good(fields) for fields in lines) == broken
    assert len(lines) == rows + broken


def test_the_default_export_breaks_lines_in_every_way_there_is() -> None:
    assert broken_line_count(DEMO_ROWS) >= len(BREAKAGES)
    broken = [fields for fields in fields_of(render_csv()) if not is_good(fields)]
    for breakage in BREAKAGES:
        if breakage.text is None:
            assert any(breakage.column not in fields for fields in broken)
        else:
            assert any(fields.get(breakage.column) == breakage.text for fields in broken)


def test_the_good_lines_are_the_generated_rows_in_their_order() -> None:
    good = [fields for fields in fields_of(render_csv(800, 3.0)) if is_good(fields)]
    rows = generate_rows(800, 3.0)
    expected = rows.astype(str).assign(time=rows["time"].dt.strftime("%Y-%m-%d %H:%M:%S.%f").str[:-3])
    assert good == expected.to_dict("records")


def test_a_broken_line_never_bears_the_id_of_a_good_one() -> None:
    ids = [fields["atom_id"] for fields in fields_of(render_csv(5_000, 10.0))]
    assert len(set(ids)) == len(ids)


def test_an_export_can_be_read_as_any_raw_file() -> None:
    export = pd.read_csv(io.BytesIO(render_csv(200, 2.0)), sep=";")
    assert len(export) == 200 + broken_line_count(200)
    assert set(export.columns) <= set(COLUMN_BY_NAME)


def test_a_size_that_makes_no_farm_is_refused() -> None:
    with pytest.raises(DemoFarmError, match="rows: got -5"):
        render_csv(-5, 1.0)


def test_a_large_farm_comes_in_eras_with_all_rows_and_ids_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource_prediction.demo_farm.export.ERA_ROWS", 1_000)
    lines = fields_of(b"".join(render_eras(2_400, 30.0)))
    good = [fields for fields in lines if is_good(fields)]
    assert len(good) == 2_400
    assert len(lines) - len(good) == broken_line_count(2_400)
    assert len({fields["atom_id"] for fields in lines}) == len(lines)
    assert min(fields["time"] for fields in good)[:7] == "2025-05"
    newest = {fields["branch"] for fields in good if fields["time"] >= "2025-06-20"}
    oldest = {fields["branch"] for fields in good if fields["time"] < "2025-06-10"}
    assert not newest & oldest


def test_a_small_farm_is_one_era() -> None:
    assert b"".join(render_eras(300, 2.0, seed=7)) == render_csv(300, 2.0, seed=7)
