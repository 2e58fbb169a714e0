"""The table of quarantine reasons, and the tables of the contract that ingest rests on."""

from __future__ import annotations

import pytest

from resource_prediction.quarantine_reasons import REASON_BY_CODE, REASONS, explain
from resource_prediction.telemetry import STATUS_RANK, STATUSES


def test_every_reason_has_its_own_code() -> None:
    assert len(REASON_BY_CODE) == len(REASONS)


def test_a_reason_is_explained_in_words() -> None:
    assert explain("max_rss:negative") == "max_rss: expected zero or more"
    assert explain("line:field_count") == "line: expected as many fields as the header has"


def test_an_unknown_reason_is_an_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        explain("jobs:nonsense")


def test_every_status_has_a_rank_and_only_a_running_row_is_below_none() -> None:
    assert set(STATUS_RANK) == {*STATUSES, None}
    assert [status for status, rank in STATUS_RANK.items() if rank < STATUS_RANK[None]] == ["running"]
