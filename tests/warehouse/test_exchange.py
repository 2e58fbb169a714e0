"""Promises of the exchange: what arrives is what was sent, byte for byte, or nothing is there and an error says why."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from resource_prediction.errors import ExchangeError
from warehouse import exchange
from warehouse.exchange import Parcel, check_exchange, receive, send


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder with two files of three bytes each."""
    folder = tmp_path / "store"
    (folder / "training" / "abc").mkdir(parents=True)
    (folder / "training" / "abc" / "matrix.npy").write_bytes(b"one")
    (folder / "parts.parquet").write_bytes(b"two")
    return folder


NAMES = ["parts.parquet", "training/abc/matrix.npy"]


@pytest.mark.parametrize("url", ["{}/place", "file://{}/place", "memory://place-{}"])
def test_what_is_sent_arrives_under_its_path_in_the_store(url: str, store: Path, tmp_path: Path) -> None:
    place = url.format(tmp_path if "memory" not in url else tmp_path.name)
    check_exchange(place)
    parcel = send(place, store, NAMES)
    arrived = receive(parcel, tmp_path / "cache")
    assert arrived == tmp_path / "cache" / parcel.digest
    assert (arrived / "training" / "abc" / "matrix.npy").read_bytes() == b"one"
    assert (arrived / "parts.parquet").read_bytes() == b"two"
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [parcel.digest]


def test_the_same_files_are_sent_and_received_once(store: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    first = send(str(place), store, NAMES)
    written = {path.name: path.stat().st_mtime_ns for path in place.iterdir()}
    assert set(written) == {first.digest, *(hashlib.sha256(text).hexdigest() for text in (b"one", b"two"))}
    assert send(str(place), store, NAMES) == first
    assert {path.name: path.stat().st_mtime_ns for path in place.iterdir()} == written
    receive(first, tmp_path / "cache")
    for path in place.iterdir():
        path.unlink()
    assert receive(first, tmp_path / "cache").is_dir()


def test_a_file_that_was_cut_off_on_its_way_is_sent_again(store: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    send(str(place), store, NAMES)
    cut = place / hashlib.sha256(b"one").hexdigest()
    cut.write_bytes(b"o")
    receive(send(str(place), store, NAMES), tmp_path / "cache")
    assert cut.read_bytes() == b"one"


@pytest.mark.parametrize("which", ["file", "list"])
def test_a_changed_byte_is_refused_and_nothing_is_left(which: str, store: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    parcel = send(str(place), store, NAMES)
    digest = parcel.digest if which == "list" else hashlib.sha256(b"two").hexdigest()
    (place / digest).write_bytes(b"2wo")
    with pytest.raises(ExchangeError, match=f"under the name {digest[:12]}; expected files named by their digest"):
        receive(parcel, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_list_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    text = json.dumps({"../outside": {"sha256": "0" * 64, "size_bytes": 1}}).encode()
    digest = hashlib.sha256(text).hexdigest()
    (tmp_path / digest).write_bytes(text)
    with pytest.raises(ExchangeError, match=re.escape("got a file for ../outside; expected paths inside a store")):
        receive(Parcel(str(tmp_path), digest), tmp_path / "cache")


@pytest.mark.parametrize(
    ("url", "said"),
    [("nowhere://place", "Protocol not known: nowhere"), ("ftp://127.0.0.1:1/place", "Connection refused")],
)
def test_an_exchange_that_cannot_be_reached_is_told_in_one_line(url: str, said: str) -> None:
    with pytest.raises(ExchangeError, match=said) as caught:
        check_exchange(url)
    assert str(caught.value).startswith("exchange ")
    assert "\n" not in str(caught.value)


def test_a_password_in_the_url_is_not_told() -> None:
    with pytest.raises(ExchangeError, match=r"^exchange 127\.0\.0\.1:1/place: ") as caught:
        check_exchange("ftp://user:secret@127.0.0.1:1/place")
    assert "secret" not in str(caught.value)


def test_parcels_that_were_used_longest_ago_go(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "KEPT", 2)
    cache, parcels = tmp_path / "cache", []
    for number in range(3):
        (store / "parts.parquet").write_bytes(b"%d" % number)
        parcels.append(send(str(tmp_path / "place"), store, NAMES))
        folder = receive(parcels[-1], cache)
        os.utime(folder, (number, number))
    assert {path.name for path in cache.iterdir()} == {parcel.digest for parcel in parcels[1:]}
