"""Tasks on workers outside the flow's process: what they are sent and what they hand in. Not here: the way of it."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import pandas as pd
from prefect import task
from prefect.context import TaskRunContext

from resource_prediction.errors import UnseenStoreError
from resource_prediction.evidence import LEDGER_COLUMNS, empty_ledger
from tasks.features import Cut, Features
from tasks.run_logs import logs_of_worker
from warehouse.artifacts import artifact_path, store_artifact
from warehouse.durable import write_durably
from warehouse.exchange import Parcel, receive, send
from warehouse.faults import store_faults
from warehouse.layout import Layout
from warehouse.published import read_snapshot
from warehouse.registry import Fit, Registry
from warehouse.settings import Settings
from warehouse.studies import drop_old_studies


@dataclass(frozen=True)
class Origin:
    """Where the order of a task comes from that runs outside the flow's process.

    Attributes:
        host: The flow's machine.
        parcel: Files of the store that the task needs, through the exchange; None where it is to see the store.
    """

    host: str
    parcel: Parcel | None = None


@task(name="send to workers", task_run_name="send what workers need")
def send_inputs(store: str, features: Features, cut: Cut, exchange: str, *, of_replay: bool = False) -> Parcel:
    """Put into the exchange what a fit reads of the store: training set, features, and the published rows.

    Args:
        store: The store's folder.
        features: Of all rows.
        cut: The training set.
        exchange: URL of the exchange.
        of_replay: The training set is a replay's.

    Raises:
        ExchangeError: The exchange cannot be written.
    """
    layout = Layout(Path(store))
    training = (layout.replay if of_replay else layout).training / cut.name
    snapshot = read_snapshot(layout, features.pointer)
    paths = [layout.store / features.pointer.manifest, *(part.path for part in (*snapshot.parts, snapshot.files))]
    for folder in (training, layout.features / features.name):
        # Earlier releases wrote aside in the folder itself, under a hidden name.
        paths += [path for path in folder.glob("[!.]*") if path.is_file()]
    paths += layout.studies.glob("*/*.journal")
    return send(exchange, layout.store, [path.relative_to(layout.store).as_posix() for path in paths])


@contextmanager
def at_hand(store: str, origin: Origin | None) -> Iterator[str]:
    """The store's folder for a task: the store itself, or a folder of the worker with what it was sent of it.

    A store is for the processes of one machine: its registry is a database whose locks no network disk keeps.

    Args:
        store: The store's folder, as the flow names it.
        origin: Of the order; None in the flow's own process.

    Raises:
        ExchangeError: What was sent cannot be received.
        UnseenStoreError: The worker is on another machine, and nothing was sent.
    """
    if origin is None:
        yield store
        return
    with logs_of_worker() if TaskRunContext.get() is not None else nullcontext():
        if origin.parcel is not None:
            yield str(receive(origin.parcel, Settings().cache_folder))
        elif platform.node() == origin.host:
            yield store
        else:
            raise UnseenStoreError(store, platform.node(), origin.host)


def hand_in(store: str, origin: Origin | None, names: list[str]) -> Parcel | None:
    """Send what a task made in `at_hand` back to the flow; None where that was the store itself.

    Args:
        store: The folder of `at_hand`.
        origin: Of the order.
        names: Files in it.
    """
    if origin is None or origin.parcel is None:
        return None
    return send(origin.parcel.exchange, Path(store), names)


def hand_in_fit(store: str, origin: Origin | None, key: str) -> Parcel | None:
    """`hand_in` of a finished fit: its artifact, its entry in the registry, and its evidence."""
    if origin is None or origin.parcel is None:
        return None
    layout = Layout(Path(store))
    with Registry.open(layout) as registry:
        fit = registry.fits.find(key)
        ledger = registry.evidence.read()
    if fit is None:
        raise RuntimeError(f"fit {key} is not in the registry that it was recorded in")
    entries = ledger[ledger["recipe"] == fit.recipe]
    values = {**asdict(fit), "finished_at": fit.finished_at.isoformat()}
    document = {"fit": values, "evidence": {name: entries[name].tolist() for name in LEDGER_COLUMNS}}
    write_durably(layout.handed_in(key), json.dumps(document, allow_nan=False).encode())
    paths = [path for path in artifact_path(layout, fit.digest).rglob("*") if path.is_file()]
    return hand_in(
        store, origin, [path.relative_to(layout.store).as_posix() for path in (*paths, layout.handed_in(key))]
    )


def take_in(store: str, parcel: Parcel | None) -> None:
    """File what a worker handed in, as if its task had run in the store; nothing happens where nothing was sent.

    Raises:
        ExchangeError: It cannot be received.
        StoreError: It cannot be filed.
    """
    if parcel is None:
        return
    layout = Layout(Path(store))
    with store_faults(layout):
        folder = receive(parcel, layout.staging / "received")
        try:
            _file(layout, Layout(folder))
        finally:
            shutil.rmtree(folder)


def _file(layout: Layout, received: Layout) -> None:
    for artifact in received.artifacts.glob("*"):
        store_artifact(layout, partial(shutil.copytree, artifact, dirs_exist_ok=True))
    for path in received.handed_in("*").parent.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        values = document["fit"]
        fit = Fit(**{**values, "finished_at": datetime.fromisoformat(values["finished_at"])})
        entries = pd.DataFrame(document["evidence"]).astype(empty_ledger().dtypes.to_dict())
        with Registry.open(layout) as registry:
            registry.evidence.add(entries)
            registry.fits.record(fit)
    for made in ("studies/*/*.journal", "runs/*/*.csv", "replay/allocations/*.npz"):
        for path in received.store.glob(made):
            write_durably(layout.store / path.relative_to(received.store), path.read_bytes())
    for path in received.studies.glob("*/*.journal"):
        drop_old_studies(layout, path.parent.name, path.stem)
