"""`python -m warehouse rollback`: an earlier version serves again, and the history keeps who and why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.warehouse.stores import files_of
from warehouse.layout import Layout
from warehouse.registry import Champion, Registry, VersionContent


def test_rollback_lets_an_earlier_version_serve_and_keeps_who_and_why(
    layout: Layout,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    ask: Callable[..., tuple[int, str, str]],
) -> None:
    with Registry.open(layout) as registry:
        first = promote(registry, content("a"))
        second = promote(registry, content("b"), 1)
    status, out, _ = ask("rollback", first.version, "--why", "jobs of component_7 are killed")
    with Registry.read(layout) as registry:
        newest = registry.history()[-1]
    assert (status, newest.kind, newest.version, newest.previous) == (0, "rollback", first.version, second.version)
    assert newest.reason.startswith(f"jobs of component_7 are killed (rolled back from {second.version} by ")
    assert f"{first.version} ({first.family}) serves again" in out
    assert layout.champion.resolve().name == first.served_digest


@pytest.mark.parametrize(
    ("version", "why", "said"),
    [
        ("0002", "too many killed jobs", "got the version that serves; expected an earlier one"),
        ("0001", " ", "got ' '; expected a reason that the history keeps"),
        ("0009-none", "too many killed jobs", "0009-none"),
    ],
)
def test_a_rollback_that_cannot_be_is_refused_in_one_line_and_changes_nothing(
    version: str,
    why: str,
    said: str,
    layout: Layout,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    ask: Callable[..., tuple[int, str, str]],
) -> None:
    with Registry.open(layout) as registry:
        versions = [promote(registry, content("a")).version, promote(registry, content("b"), 1).version]
    named = next((each for each in versions if each.startswith(version)), version)
    before = files_of(layout)
    status, _, error = ask("rollback", named, "--why", why)
    assert status == 2
    assert said in error
    assert error.count("\n") == 1
    assert files_of(layout) == before


def test_a_store_without_a_champion_has_nothing_to_roll_back_to(
    empty: Layout, ask: Callable[..., tuple[int, str, str]]
) -> None:
    status, _, error = ask("rollback", "0001-none", "--why", "why not")
    assert status == 2
    assert "0001-none" in error
