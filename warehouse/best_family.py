"""Which family did best in the newest run that scored one of its task. Not here: its artifact, verdicts."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.overview import Overview


@dataclass(frozen=True)
class RankedFamily:
    """A family as one run ranked it.

    Attributes:
        family: Its name.
        score: On the hold-out of that run.
        run_id: The run.
        digest: Artifact of the fit that it scored; None where its record does not tell.
    """

    family: str
    score: float
    run_id: str
    digest: str | None


def best_family(overview: Overview, task_type: str) -> RankedFamily | None:
    """The family of a task with the best score in the newest run that scored one; None where no run did."""
    for run in reversed(overview.runs):
        families = run.result["families"] if run.state == "done" and run.result else ()
        scored = [one for one in families if one["task_type"] == task_type and one["score"] is not None]
        if scored:
            best = min(scored, key=lambda one: one["score"])
            judged = (run.result or {}).get("judged", {})
            return RankedFamily(best["family"], best["score"], run.run_id, judged.get(best["family"]))
    return None
