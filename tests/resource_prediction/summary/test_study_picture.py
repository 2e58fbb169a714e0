"""A study's picture and tables say what its trials were; equal trials give equal bytes."""

from __future__ import annotations

import pytest

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.recipe import Recipe
from resource_prediction.search import SearchResult, Trial
from resource_prediction.summary.study_picture import render_study
from resource_prediction.summary.study_tables import importance_rows, study_text, trial_rows

FAMILY = "xgboost_classification"


def study(trials: int) -> SearchResult:
    """Trials whose score falls by one each; every third is pruned."""
    parameters = default_parameters(FAMILY)
    made = tuple(
        Trial(
            place,
            "drawn" if place else "defaults",
            90.0 - place,
            is_pruned=place % 3 == 2,
            seconds=1.5,
            parameters={**parameters, "learning_rate": 0.05 + 0.01 * place},
        )
        for place in range(trials)
    )
    recipe = Recipe(FAMILY, parameters, AllocationRule(), 0)
    importance = {"learning_rate": 0.75, "max_depth": 0.25} if trials > 1 else {}
    return SearchResult(recipe, 90.0 - trials + 1, trials, trials, made, importance)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_equal_studies_give_equal_pictures(suffix: str) -> None:
    assert render_study(study(6), "", suffix) == render_study(study(6), "", suffix)


def test_the_picture_names_every_parameter_and_both_ends_of_its_range() -> None:
    text = render_study(study(6), "", ".svg").decode()
    assert all(f">{name}<" in text for name in default_parameters(FAMILY))
    assert {">0.02<", ">0.3<", ">log<", ">quantile<", ">80,000<"} <= set(_texts(text))
    assert "too few trials to tell" not in text


def test_a_study_of_one_trial_has_a_picture_that_says_so() -> None:
    assert "too few trials to tell" in render_study(study(1), "", ".svg").decode()


def test_every_trial_is_a_row_with_its_parameters() -> None:
    rows = trial_rows(study(4))
    assert [(row["number"], row["from"], row["score"], row["pruned"]) for row in rows] == [
        (0, "defaults", 90.0, "no"),
        (1, "drawn", 89.0, "no"),
        (2, "drawn", 88.0, "yes"),
        (3, "drawn", 87.0, "no"),
    ]
    assert rows[3]["learning_rate"] == pytest.approx(0.08)
    assert importance_rows(study(4))[0] == {"parameter": "learning_rate", "importance": 0.75}


def test_the_text_counts_trials_and_shows_the_best_first() -> None:
    lines = study_text(study(4)).splitlines()
    assert lines[0] == "4 trials, 4 of them in this run; 1 pruned before their last fold. Best:"
    assert lines[4].startswith("| 3 | drawn | 87.0 | no |")
    assert "| 0.08 |" in lines[4]


def _texts(svg: str) -> list[str]:
    return [f">{part.split('<')[0]}<" for part in svg.split(">")]
