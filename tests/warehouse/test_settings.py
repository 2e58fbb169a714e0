"""Which store is meant when none is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from warehouse.layout import Layout
from warehouse.registry import Champion, Registry, VersionContent
from warehouse.settings import Settings


@pytest.fixture(autouse=True)
def _own_var(tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder of its own, in which the fixtures' store is var/own."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "own").symlink_to(layout.store)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESOURCE_PREDICTION_STORE", raising=False)


def test_the_environment_names_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESOURCE_PREDICTION_STORE", "elsewhere")
    assert Settings().store_to_read() == Settings().store_to_write(demo=True) == Path("elsewhere")


def test_an_empty_variable_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESOURCE_PREDICTION_STORE", "")
    assert Settings().store is None


def test_the_demo_and_own_telemetry_are_written_apart() -> None:
    assert Settings().store_to_write(demo=True) == Path("var/demo")
    assert Settings().store_to_write(demo=False) == Path("var/own")


def test_readers_take_the_own_store_only_once_it_has_a_champion(
    layout: Layout, content: Callable[..., VersionContent], promote: Callable[..., Champion]
) -> None:
    assert Settings().store_to_read() == Path("var/demo")
    with Registry.open(layout) as registry:
        assert Settings().store_to_read() == Path("var/demo")
        promote(registry, content())
    assert Settings().store_to_read() == Path("var/own")


def test_settings_do_not_change_after_they_were_built() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().store = Path("other")
