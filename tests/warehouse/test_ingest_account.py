"""The account under any mixture of rows, checked against a plain Python model of the contract, and on real rows."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.quarantine_reasons import explain
from resource_prediction.telemetry import STATUS_RANK
from tests.warehouse.exports import HEADER, NOW, build, export
from warehouse.engine import open_engine
from warehouse.ingest import RowCounts, ingest
from warehouse.layout import Layout
from warehouse.publish import publish, read_rows, read_snapshot
from warehouse.quarantine import read_quarantine
from warehouse.sources.files import FilesSource

REAL_ROWS = Path(__file__).parents[2] / "../shared/data/sap-builds-2025-04.csv"

GOOD = st.builds(
    lambda number, minute, status, peak: build(minute, atom_id=f"job-{number}", ts_status=status, max_rss=peak),
    st.integers(0, 5),
    st.integers(0, 1),
    st.sampled_from(["ok", "unstable", "error", "running", "oom", ""]),
    st.integers(1, 2),
)
BAD = st.one_of(
    st.sampled_from(["NaN", "inf", "-1", "3.7", "0", "", "x", "1e400", "--5"]).map(lambda peak: build(9, max_rss=peak)),
    st.sampled_from(["2099-01-01", "never", "", "2025-13-01 00:00:00"]).map(lambda time: build(9, time=time)),
    st.sampled_from(["too;few", HEADER + ";many", "\0" + build(9)]),
)
LINES = st.lists(st.one_of(GOOD.map(lambda line: (True, line)), BAD.map(lambda line: (False, line))), max_size=12)


class Expected:
    """What the contract says, row by row: the statements of ingest do it for a whole file at once."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, str]] = {}

    def take(self, line: str) -> str:
        row = dict(zip(HEADER.split(";"), line.split(";"), strict=True))
        held = self.rows.get(row["atom_id"])
        if held and STATUS_RANK[row["ts_status"] or None] <= STATUS_RANK[held["ts_status"] or None]:
            return "known"
        self.rows[row["atom_id"]] = row
        return "updated" if held else "new"


def check_file(expected: Expected, lines: list[tuple[bool, str]], counts: RowCounts) -> None:
    states = [expected.take(line) for is_good, line in lines if is_good]
    assert counts.read == len(lines)
    assert counts.quarantined == sum(not is_good for is_good, _ in lines)
    assert counts.accepted + counts.twins == states.count("new")
    assert (counts.updated, counts.known) == (states.count("updated"), states.count("known"))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(files=st.lists(LINES, min_size=1, max_size=3, unique_by=str))
def test_no_good_row_is_lost_and_every_row_is_accounted_for(files: list[list[tuple[bool, str]]]) -> None:
    expected = Expected()
    with TemporaryDirectory() as folder:
        layout = Layout(Path(folder) / "store")
        with open_engine(layout) as engine:
            for number, lines in enumerate(files):
                path = Path(folder) / f"{number}.csv"
                path.write_bytes(export(*(line for _, line in lines)))
                check_file(expected, lines, ingest(engine, layout, FilesSource([path], NOW), now=NOW).counts)
            publish(engine, layout)
        frame = read_rows(read_snapshot(layout))
        quarantine = read_quarantine(layout)
    frame["ts_status"] = frame["ts_status"].fillna("")
    stored = {row["atom_id"]: (row["ts_status"], row["max_rss"]) for row in frame.to_dict("records")}
    assert stored == {name: (row["ts_status"], float(row["max_rss"])) for name, row in expected.rows.items()}
    groups = frame.groupby(["time", "max_rss"])
    assert (groups["is_twin"].sum() == groups.size() - 1).all()
    bad = [line.replace("\0", "\\0") for lines in files for is_good, line in lines if not is_good]
    assert sorted(row.row_text for row in quarantine) == sorted(bad)
    assert all(row.reasons and all(map(explain, row.reasons)) for row in quarantine)


def test_all_real_rows_are_accepted_whatever_the_cut(tmp_path: Path) -> None:
    if not REAL_ROWS.exists():
        pytest.skip("real telemetry is not at ../shared/data")
    header, *lines = REAL_ROWS.read_text().splitlines()
    paths = []
    for name, part in (("a", lines[:2000]), ("b", lines[1000:4000]), ("c", lines[3500:])):
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_bytes(export(*part, header=header))
    layout = Layout(tmp_path / "store")
    with open_engine(layout) as engine:
        report = ingest(engine, layout, FilesSource(paths, NOW), now=NOW)
        whole = publish(engine, layout).digest
    assert report.counts == RowCounts(read=6098, accepted=4598, known=1500)
    at_once = Layout(tmp_path / "other")
    with open_engine(at_once) as engine:
        ingest(engine, at_once, FilesSource([REAL_ROWS], NOW), now=NOW)
        assert publish(engine, at_once).digest == whole


@pytest.mark.slow
def test_in_a_large_file_every_rejected_row_has_its_own_line(tmp_path: Path) -> None:
    rejected = {number: number % 3 for number in range(50, 400_000, 997)}
    texts = {0: "broken", 1: build(1, max_rss=-1, atom_id="bad"), 2: build(1, targets="\udcff")}
    lines = [texts[rejected[n]] if n in rejected else build(1, atom_id=n, jobs=n) for n in range(2, 400_000)]
    path = tmp_path / "large.csv"
    path.write_bytes("\n".join([HEADER, *lines, ""]).encode(errors="surrogateescape"))
    layout = Layout(tmp_path / "store")
    with open_engine(layout) as engine:
        counts = ingest(engine, layout, FilesSource([path], NOW), now=NOW).counts
        publish(engine, layout)
    assert counts == RowCounts(read=399_998, accepted=399_998 - len(rejected), quarantined=len(rejected))
    codes = {0: "line:field_count", 1: "max_rss:negative", 2: "line:encoding"}
    found = {row.line: row.reasons[0] for row in read_quarantine(layout)}
    assert found == {number: codes[kind] for number, kind in rejected.items()}
