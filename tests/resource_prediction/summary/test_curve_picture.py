"""The picture of a curve: presets by name, fixed policies, equal bytes."""

from __future__ import annotations

from resource_prediction.pareto import CurvePoint
from resource_prediction.scoring import Score
from resource_prediction.summary.curve_picture import render_curve

CURVE = (
    CurvePoint(2.0, "Small Waste", 8.0, 45.0, 85.0, None),
    CurvePoint(3.0, "", 5.0, 53.0, 78.0, None),
    CurvePoint(20.0, "Tiny Under-allocation", 0.7, 78.0, 81.5, None),
)


def test_drawn_twice_the_picture_has_equal_bytes_and_names_the_presets() -> None:
    first, second = (render_curve(CURVE, "a caption", ".svg") for _ in range(2))
    assert first == second
    for text in (b"a caption", b"Small Waste (2)", b"Tiny Under-allocation (20)"):
        assert text in first


def test_a_fixed_policy_is_drawn_where_it_exists() -> None:
    drawn = render_curve(CURVE, "", ".svg", baselines={"memreq": Score(160.0, 0.0, 160.0, 10), "rolling_max_20": None})
    assert b">memreq<" in drawn
    assert b"rolling_max_20" not in drawn


def test_for_a_page_it_is_a_png() -> None:
    assert render_curve(CURVE, "", ".png").startswith(b"\x89PNG")
