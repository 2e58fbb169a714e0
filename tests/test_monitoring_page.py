"""What docs/monitoring.md promises of `metrics.prom`: its metrics, and rules that use them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse.openmetrics import METRICS, PREFIX

PAGE = (Path(__file__).parents[1] / "docs" / "monitoring.md").read_text(encoding="utf-8")


def test_the_metrics_in_the_page_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", PAGE, re.MULTILINE)
    assert dict(rows) == METRICS


@pytest.fixture
def rules() -> list[dict[str, Any]]:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (group,) = yaml.safe_load(block)["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def test_the_rules_are_whole_and_use_metrics_that_are_there(rules: list[dict[str, Any]]) -> None:
    assert len(rules) >= 3
    for rule in rules:
        assert {"alert", "expr", "labels", "annotations"} <= rule.keys()
        used = re.findall(rf"{PREFIX}(\w+)", rule["expr"])
        assert used
        assert set(used) <= METRICS.keys()


def test_the_rules_do_not_wake_anybody_for_the_demo(rules: list[dict[str, Any]]) -> None:
    assert all('synthetic="false"' in rule["expr"] for rule in rules)
