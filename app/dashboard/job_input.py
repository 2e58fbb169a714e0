"""One job to predict for: typed into a form, or picked from telemetry. Not here: files of jobs, answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isnan
from typing import Any

import streamlit as st

from dashboard.past_rows import load_job, load_known_values, load_newest_submission, load_recent_jobs
from dashboard.words import plain
from resource_prediction.models import DeployableModel
from resource_prediction.unseen_jobs import UnseenJobs
from warehouse.layout import Layout

NOT_GIVEN = "(not given)"

FIELDS = {
    "buildProfile": "Build profile",
    "component": "Component",
    "makeType": "Make type",
    "targets": "Targets",
    "branch": "Branch",
    "location": "Location",
    "jobs": "Parallel jobs",
    "localJobs": "Parallel jobs on the node",
    "memreq": "Request (MiB)",
}
"""Fields of the form, in its order, by column of the contract."""


@dataclass(frozen=True)
class Job:
    """A job to predict for.

    Attributes:
        row: Its raw row.
        peak_gib: What it really needed; None where it has not run.
        is_censored: It was killed at its limit, so that the peak is "at least this".
    """

    row: dict[str, Any]
    peak_gib: float | None = None
    is_censored: bool = False


def show_form(layout: Layout) -> Job:
    """A field for each column, with the values that telemetry knows; others may be typed.

    It begins with the newest job of the telemetry, and answers for that one until something else is asked for.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    known, newest = load_known_values(layout), load_newest_submission(layout)
    with st.form("job"):
        row, names = {}, list(FIELDS)
        # Columns anew for each line: the keyboard then goes through the fields as they are read.
        for first in range(0, len(names), 3):
            for column, name in zip(st.columns(3), names[first : first + 3], strict=True):
                row[name] = _show_field(column, name, known[name], newest.get(name))
        day, hour, button = st.columns(3, vertical_alignment="bottom")
        began: datetime = newest.get("time") or datetime(2026, 1, 1)  # noqa: DTZ001 - times of the contract are naive
        date = day.date_input("Submitted on (UTC)", began.date(), key="field_date")
        moment = hour.time_input("At (UTC)", began.time().replace(microsecond=0), step=60, key="field_time")
        button.form_submit_button("Predict", type="primary", width="stretch")
    return Job({**row, "time": datetime.combine(date, moment)})


def show_recent(layout: Layout, model: DeployableModel) -> Job:
    """A job that came after the model's fit, so that the answer can be held against its peak.

    Raises:
        ScoringError: No job came after the fit.
        StoreError: Nothing is published, or it is damaged.
    """
    recent = load_recent_jobs(layout, model)
    rows = _raw(recent)
    names = [_name(row) for row in rows]
    place = st.selectbox(
        "Job, the newest first",
        range(len(rows)),
        format_func=names.__getitem__,
        key="recent_job",
        help="Jobs with a final peak that came after the model's fit: it has not seen them.",
    )
    return _job(recent, place)


def show_found(layout: Layout, model: DeployableModel) -> Job | None:
    """A job of the telemetry by its id; None until one is found.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    atom_id = st.text_input("Id of the job (atom_id)", key="atom_id", placeholder="As in the telemetry").strip()
    if not atom_id:
        st.caption("Any job of the telemetry. For one that the model was fitted on, the answer looks back.")
        return None
    found = load_job(layout, atom_id, model.recipe.label_delay_us)
    if found is None:
        st.warning(f"No accepted job has the id {plain(atom_id)}: rejected rows are on the page Telemetry.")
        return None
    st.caption(plain(_name(_raw(found)[0])))
    return _job(found, 0)


def _raw(jobs: UnseenJobs) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in jobs.rows.to_dict("records")]


def _job(jobs: UnseenJobs, place: int) -> Job:
    peak_gib = float(jobs.peak_gib[place])
    return Job(_raw(jobs)[place], None if isnan(peak_gib) else peak_gib, bool(jobs.is_censored[place]))


def _show_field(column: Any, name: str, values: tuple[Any, ...], newest: object) -> str | None:  # noqa: ANN401 - a place on the page
    texts = [_text(value) for value in values]
    first = NOT_GIVEN if newest is None else _text(newest)
    options = list(dict.fromkeys([first, NOT_GIVEN, *texts]))
    options.remove(NOT_GIVEN)
    if name != "buildProfile":
        options.insert(0, NOT_GIVEN)
    chosen: str | None = column.selectbox(
        FIELDS[name],
        options,
        index=options.index(first) if first in options else None,
        accept_new_options=True,
        key=f"field_{name}",
        placeholder="Choose or type",
    )
    return None if chosen is None or chosen == NOT_GIVEN else chosen


def _text(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, int | float) else str(value)


def _name(row: dict[str, Any]) -> str:
    words = [row.get(name) for name in ("component", "buildProfile", "targets")]
    said = " · ".join(str(word) for word in words if isinstance(word, str))
    return f"{row['time']:%Y-%m-%d %H:%M:%S} · {said}"
