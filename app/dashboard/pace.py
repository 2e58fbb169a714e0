"""How a simulation moves: start, pause, step, reset, and how fast. Not here: what a step shows."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

POSITION, RUNNING, WALK, DELAY, STRIDE = "walk_position", "walk_running", "walk_digest", "walk_delay", "walk_stride"

BUTTON_PX = 105
"""Three of them stand in a row on a telephone."""


@dataclass(frozen=True)
class Pace:
    """Where one session's walk stands, and whether it moves by itself.

    Attributes:
        jobs: Jobs of the walk.
    """

    jobs: int

    @classmethod
    def of_session(cls, digest: str, jobs: int) -> Pace:
        """The session's pace; another model begins at its first job."""
        if st.session_state.get(WALK) != digest:
            st.session_state.update({WALK: digest, POSITION: 0, RUNNING: False})
        return cls(jobs)

    @property
    def position(self) -> int:
        """Jobs that have been walked through."""
        return int(st.session_state[POSITION])

    @property
    def is_running(self) -> bool:
        """Whether it moves by itself."""
        return bool(st.session_state[RUNNING])

    @property
    def delay_s(self) -> float:
        """Seconds between two steps."""
        return float(st.session_state[DELAY])

    def show_controls(self) -> None:
        """Buttons and pace, in one row where the window is wide."""
        at_end = self.position >= self.jobs
        label, icon = ("Pause", ":material/pause:") if self.is_running else ("Start", ":material/play_arrow:")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.button(label, icon=icon, on_click=self._toggle, disabled=at_end, key="walk_toggle", width=BUTTON_PX)
            st.button(
                "Step",
                icon=":material/skip_next:",
                on_click=self._step,
                disabled=at_end,
                key="walk_step",
                width=BUTTON_PX,
            )
            st.button("Reset", icon=":material/replay:", on_click=self._reset, key="walk_reset", width=BUTTON_PX)
            st.slider("Seconds between steps", 0.2, 5.0, 1.0, 0.1, key=DELAY, width=200)
            st.number_input("Jobs a step", 1, 1_000, 5, key=STRIDE, width=130)

    def advance(self) -> None:
        """Take a step where it moves by itself."""
        if self.is_running:
            self._step()

    def pause(self) -> None:
        """Let it stand."""
        st.session_state[RUNNING] = False

    def _toggle(self) -> None:
        st.session_state[RUNNING] = not self.is_running

    def _step(self) -> None:
        st.session_state[POSITION] = min(self.jobs, self.position + int(st.session_state[STRIDE]))

    def _reset(self) -> None:
        st.session_state.update({POSITION: 0, RUNNING: False})
