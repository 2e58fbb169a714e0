"""Tasks that show a run or a replay in the Prefect UI. Not here: their text and pictures (library), progress."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from resource_prediction.replay.explanation import explain_replay
from resource_prediction.summary.aside import Aside
from resource_prediction.summary.explanation import explain
from resource_prediction.summary.leaderboard import leaderboard
from tasks.holdout_report import NightReport
from tasks.picture import Picture
from tasks.progress import tolerated

LEADERBOARD, VERDICT, PICTURE, CATEGORIES, CURVE = "leaderboard", "verdict", "allocations", "categories", "curve"
"""Keys of artifacts: the same every night, so that the UI shows the history of each."""

REPLAY = "replay"
"""Key of the artifact of a replay."""


@task(name="show", task_run_name="show the verdict {result[verdict]}")
def show_run(
    result: dict[str, Any], aside: Aside, picture: Picture | None, report: NightReport | None = None
) -> list[str]:
    """Show leaderboard, verdict, picture, memory classes and curve in the UI.

    Args:
        result: The JSON object of the run.
        aside: What is told beside it.
        picture: Of the hold-out; None where there is none.
        report: Of the hold-out; None where there is none.

    Returns:
        What could not be shown, with the reason.
    """
    not_shown: list[str] = []
    with tolerated(LEADERBOARD, not_shown):
        about = f"Families of run {result['run_id']}, best first; lower scores are better."
        create_table_artifact(leaderboard(result, aside), key=LEADERBOARD, description=about)
    with tolerated(VERDICT, not_shown):
        create_markdown_artifact(explain(result, aside), key=VERDICT, description=f"Run {result['run_id']}")
    if picture is not None:
        with tolerated(PICTURE, not_shown):
            create_markdown_artifact(inline(picture), key=PICTURE, description=f"Run {result['run_id']}")
    if report is not None:
        with tolerated(CATEGORIES, not_shown):
            about = (
                f"{report.about}, by memory class of the allocation: before are the requests. Run {result['run_id']}"
            )
            create_table_artifact(report.categories, key=CATEGORIES, description=about)
        with tolerated(CURVE, not_shown):
            text = f"{inline(report.curve)}\n{report.tables}"
            create_markdown_artifact(text, key=CURVE, description=f"Run {result['run_id']}")
    return not_shown


@task(name="show replay", task_run_name="show the replay")
def show_replay(result: dict[str, Any]) -> list[str]:
    """Show what a replay came to in the UI; returns what could not be shown, with the reason.

    Args:
        result: The JSON object of the replay.
    """
    not_shown: list[str] = []
    with tolerated(REPLAY, not_shown):
        about = f"{result['from'][:10]} until {result['until'][:10]}, every {result['every']}"
        create_markdown_artifact(explain_replay(result), key=REPLAY, description=about)
    return not_shown


def inline(picture: Picture) -> str:
    """A picture as Markdown, which holds it."""
    # An image artifact would print its whole address, which is the picture itself, as a link below it.
    address = f"data:image/png;base64,{b64encode(picture.png).decode()}"
    return f"![{picture.caption}]({address})\n\n{picture.caption}\n"
