"""The lines of docs/runbook.md that take a champion back do so."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from warehouse.layout import Layout
from warehouse.registry import Champion, Registry, VersionContent

PAGE = Path(__file__).parents[2] / "docs" / "runbook.md"


def test_the_lines_that_take_a_champion_back_do_so(
    registry: Registry,
    layout: Layout,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
) -> None:
    first = promote(registry, content("a"))
    promote(registry, content("b"), 1)
    (block,) = re.findall(r"^ {3}```python\n(.*?)^ {3}```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    here = textwrap.dedent(block).replace("var/own", str(layout.store))
    names: dict[str, Any] = {}
    exec(re.sub(r'version, why = "[^"]*"', f'version, why = "{first.version}"', here), names)  # noqa: S102 - our own
    now = registry.champion()
    assert now is not None
    assert (now.version, now.revision) == (first.version, 3)
    assert registry.history()[-1].reason == "jobs of component_7 are killed since 0004"
    assert layout.champion.resolve().name == first.served_digest
