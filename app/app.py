"""The champion dashboard's entry: `streamlit run app/app.py`. Not here: what a page shows."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.frame import show_frame
from dashboard.opening import open_layout

ICON = Path(__file__).parent / "dashboard" / "icon.png"
# Of our own: Streamlit fetches the picture of an icon by name from elsewhere, and nothing here calls home.

PAGES = (
    ("champion.py", "Champion", ":material/trophy:"),
    ("leaderboard.py", "Leaderboard and history", ":material/leaderboard:"),
    ("predict.py", "Predict", ":material/calculate:"),
    ("simulation.py", "Simulation", ":material/play_circle:"),
    ("telemetry.py", "Telemetry", ":material/database:"),
)
# File, title and icon of each page, in the order of the menu; the first one opens.

st.set_page_config(page_icon=str(ICON), layout="wide")  # before the menu, whose icon would be fetched otherwise
page = st.navigation([st.Page(file, title=title, icon=icon) for file, title, icon in PAGES])
st.set_page_config(page_title=f"{page.title} · Resource Prediction")
show_frame(open_layout())
page.run()
