"""The contract suite that authors of sources import: what every source promises. Not here: tests of one source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.engine import open_engine
from warehouse.ingest import RowCounts, ingest
from warehouse.layout import Layout
from warehouse.sources import Source

OpenAgain = Callable[[], Source]


class SourceContract:
    """Subclass it in a test file, and give the fixture `open_again`; pytest finds the rest.

    The source must hold at least one row that keeps the telemetry contract and one that breaks it.
    """

    @pytest.fixture
    def open_again(self) -> OpenAgain:
        """Opens the source anew, as the next night does; what is behind it does not change meanwhile."""
        raise NotImplementedError

    @pytest.fixture
    def layout(self, tmp_path: Path) -> Layout:
        """An empty store."""
        return Layout(tmp_path / "contract-store")

    def test_opening_it_again_gives_the_same_names_and_digests(self, open_again: OpenAgain) -> None:
        """What is known is known by digest, and shown by name."""
        first, second = ([(file.name, file.digest()) for file in open_again().files()] for _ in range(2))
        assert first == second
        assert open_again().name == open_again().name

    def test_each_file_has_a_name_and_a_content_of_its_own(self, open_again: OpenAgain) -> None:
        """Two files with one digest would be read once."""
        files = open_again().files()
        assert files
        assert len({file.name for file in files}) == len({file.digest() for file in files}) == len(files)

    def test_every_row_is_accounted_for_and_known_the_next_night(self, open_again: OpenAgain, layout: Layout) -> None:
        """No row is lost, and none is read twice."""
        now = datetime.now(UTC)
        with open_engine(layout) as engine:
            first = ingest(engine, layout, open_again(), now=now)
            again = ingest(engine, layout, open_again(), now=now)
        assert {file.state for file in first.files} <= {"read", "empty"}
        assert first.counts.accepted > 0
        assert first.counts.quarantined > 0
        assert again.counts == RowCounts(read=first.counts.read, known=first.counts.read)

    def test_every_row_can_be_shown_as_it_stands_there(self, open_again: OpenAgain, layout: Layout) -> None:
        """The quarantine shows the row that was rejected, and not its neighbour."""
        layout.staging.mkdir(parents=True)
        with open_engine(layout) as engine:
            for file in open_again().files():
                file.digest()
                with file.open(engine, layout.staging) as rows:
                    if rows is None:
                        continue
                    engine.execute(f"CREATE OR REPLACE TEMP TABLE shown AS SELECT * FROM {rows.relation}")  # noqa: S608
                    rows.broken_lines(engine)
                    count = int(engine.execute("SELECT count(*) FROM shown").fetchall()[0][0])
                    originals = rows.originals(engine, range(count))
                    assert len(originals) == count
                    assert [row.line for row in originals] == sorted({row.line for row in originals})
                    assert rows.originals(engine, range(count)[-1:]) == originals[-1:]
        assert list(layout.staging.iterdir()) == []
