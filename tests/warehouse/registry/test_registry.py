"""The registry is the truth: links follow it, and damage is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from warehouse.artifacts import artifact_path
from warehouse.findings import Finding
from warehouse.layout import Layout
from warehouse.registry import Champion, Fit, Registry, VersionContent


@pytest.fixture
def champion(
    layout: Layout, content: Callable[..., VersionContent], promote: Callable[..., Champion], at: datetime
) -> Champion:
    """The champion of a store that is closed again, with the same fit as its family's newest."""
    with Registry.open(layout) as registry:
        first = promote(registry, content("a"))
        registry.fits.record(
            Fit(
                key="k",
                digest=first.served_digest,
                family=first.family,
                task_type=first.task_type,
                role="served",
                recipe=first.recipe,
                recipe_values=first.recipe_values,
                metrics={},
                fit_seconds=1.0,
                run_id=first.run_id,
                finished_at=at,
            )
        )
    return first


def _links(layout: Layout, champion: Champion) -> list[Path]:
    return [layout.champion, layout.family_link(champion.family)]


def test_links_that_were_lost_are_made_again(layout: Layout, champion: Champion) -> None:
    for link in _links(layout, champion):
        link.unlink()
    with Registry.open(layout):
        assert {link.resolve().name for link in _links(layout, champion)} == {champion.served_digest}


def test_links_left_behind_by_a_crash_after_the_commit_are_brought_up_to_date(
    layout: Layout, champion: Champion
) -> None:
    for link in _links(layout, champion):
        link.unlink()
        link.symlink_to("an-older-artifact")
    with Registry.open(layout):
        assert {link.resolve().name for link in _links(layout, champion)} == {champion.served_digest}


def test_a_reader_repairs_nothing_but_says_so(layout: Layout, champion: Champion) -> None:
    layout.champion.unlink()
    with Registry.read(layout) as registry:
        assert registry.champion() == champion
        assert registry.verify() == [Finding("champion", f"does not name {champion.version}")]
    assert not layout.champion.is_symlink()


def test_a_moved_store_is_sound(layout: Layout, champion: Champion, tmp_path: Path) -> None:
    moved = Layout(layout.store.rename(tmp_path / "elsewhere"))
    with Registry.read(moved) as registry:
        assert registry.verify() == []
        assert registry.artifact(champion.version) == artifact_path(moved, champion.served_digest)


def test_verify_names_a_changed_byte_and_a_lost_artifact(layout: Layout, champion: Champion) -> None:
    (artifact_path(layout, champion.served_digest) / "model.txt").write_text("served b", encoding="utf-8")
    artifact_path(layout, champion.judged_digest).rename(layout.staging / "lost")
    with Registry.read(layout) as registry:
        findings = registry.verify()
    assert set(findings) == {
        Finding(f"artifacts/{champion.served_digest}", "model.txt: changed"),
        Finding(f"artifacts/{champion.judged_digest}", "missing"),
    }
