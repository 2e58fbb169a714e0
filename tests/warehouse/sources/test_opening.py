"""From what a user typed to a source: schemes, packages, several at once. Not here: what a source holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

import warehouse.sources
from resource_prediction.errors import EmptySourceError, SchemeError, SourceError, UnknownSchemeError
from tests.warehouse.exports import NOW, build, export
from tests.warehouse.sources.packages import install
from warehouse.sources.files import FilesSource
from warehouse.sources.opening import check_places, open_source

Write = Callable[[str, bytes], Path]

OWN_MODULE = """
from tests.warehouse.sources.test_opening import Named
SCHEME = "{scheme}"
open_source = Named
"""


@dataclass(frozen=True)
class Named:
    """A source that says what it was opened with, and holds nothing."""

    places: Sequence[str]
    now: datetime

    @property
    def name(self) -> str:
        return f"{' '.join(self.places)} at {self.now:%Y}"

    def files(self) -> list[object]:
        return []


@pytest.fixture
def drop_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a module beside those of `warehouse.sources`."""
    folder = tmp_path / "beside"
    folder.mkdir()
    monkeypatch.setattr(warehouse.sources, "__path__", [*warehouse.sources.__path__, str(folder)])

    def write(name: str, text: str) -> None:
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.delitem("sys.modules", f"warehouse.sources.{name}", raising=False)

    return write


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_plain_path_and_a_file_scheme_are_files(write: Write, prefix: str) -> None:
    path = write("a.csv", export(build(0)))
    source = open_source([f"{prefix}{path}"], NOW)
    assert isinstance(source, FilesSource)
    assert [file.name for file in source.files()] == [str(path)]


def test_one_module_beside_the_others_is_a_source(drop_in: Callable[[str, str], None]) -> None:
    drop_in("farm_one", OWN_MODULE.format(scheme="one"))
    assert open_source(["one://a", "ONE://b"], NOW).name == "one://a ONE://b at 2025"


def test_an_entry_point_of_another_package_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = install(tmp_path / "site", "two", "tests.warehouse.sources.test_opening:Named")
    monkeypatch.syspath_prepend(folder)
    assert open_source(["two://a"], NOW).name == "two://a at 2025"


def test_an_unknown_scheme_lists_those_that_are_known(
    drop_in: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_in("farm_three", OWN_MODULE.format(scheme="three"))
    monkeypatch.syspath_prepend(install(tmp_path / "site", "four", "nowhere:open_source"))
    with pytest.raises(UnknownSchemeError, match=r"source s3://b: got .* a known scheme: file://, four://, three://\."):
        open_source(["s3://b"], NOW)


def test_a_module_that_cannot_be_imported_is_named_and_stops_no_other(
    drop_in: Callable[[str, str], None], write: Write
) -> None:
    drop_in("farm_five", "import no_such_library\nSCHEME = 'five'")
    drop_in("farm_six", OWN_MODULE.format(scheme="six"))
    assert open_source([str(write("a.csv", export(build(0))))], NOW).files()
    assert open_source(["six://a"], NOW).name == "six://a at 2025"
    with pytest.raises(UnknownSchemeError, match=r"farm_five cannot be imported \(No module named 'no_such_library'\)"):
        open_source(["five://a"], NOW)


@pytest.mark.parametrize(
    ("target", "got"),
    [
        ("no_such_module:open_source", "no_such_module:open_source, which cannot be loaded"),
        ("tests.warehouse.exports:absent", "tests.warehouse.exports:absent, which cannot be loaded"),
        ("tests.warehouse.exports:HEADER", "tests.warehouse.exports:HEADER without such a function"),
    ],
)
def test_an_entry_point_that_leads_nowhere_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, got: str
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path / "site", "seven", target))
    with pytest.raises(SchemeError, match=f"source seven://: got {got}"):
        open_source(["seven://a"], NOW)


def test_a_scheme_that_two_sources_claim_is_refused(
    drop_in: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_in("farm_eight", OWN_MODULE.format(scheme="eight"))
    monkeypatch.syspath_prepend(install(tmp_path / "site", "eight", "tests.warehouse.sources.test_opening:Named"))
    with pytest.raises(SchemeError, match=r"got 2 of them: .*farm_eight.*test_opening:Named"):
        open_source(["eight://a"], NOW)


def test_places_of_several_schemes_are_read_as_one_source(drop_in: Callable[[str, str], None], write: Write) -> None:
    drop_in("farm_nine", OWN_MODULE.format(scheme="nine"))
    path = write("a.csv", export(build(0)))
    source = open_source(["nine://x", str(path)], NOW)
    assert source.name == f"nine://x at 2025 {path}"
    assert [file.name for file in source.files()] == [str(path)]


def test_a_place_that_is_empty_today_does_not_hide_the_others(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    path = write("a.csv", export(build(0)))
    places = [str(path.parent / "*.parquet"), str(path)]
    with caplog.at_level(logging.WARNING):
        assert [file.name for file in open_source(places, NOW).files()] == [str(path)]
    assert f"source {places[0]}: got a pattern that matches no such file" in caplog.text


def test_places_are_checked_before_a_run_as_far_as_the_disk_tells(
    drop_in: Callable[[str, str], None], write: Write
) -> None:
    drop_in("farm_ten", OWN_MODULE.format(scheme="ten"))
    path = write("a.csv", export(build(0)))
    nothing, missing = str(path.parent / "*.parquet"), str(path.parent / "b.csv")
    check_places([str(path), nothing], NOW, may_be_empty=False)
    check_places([nothing], NOW, may_be_empty=True)
    check_places(["ten://a", nothing], NOW, may_be_empty=False)  # only ten:// knows, and it is asked in the run
    with pytest.raises(EmptySourceError, match="a pattern that matches no such file"):
        check_places([nothing], NOW, may_be_empty=False)
    for places in ([missing], ["ten://a", missing]):
        with pytest.raises(SourceError, match="a path that does not exist"):
            check_places(places, NOW, may_be_empty=True)
