"""Curves as inline SVG."""

import math
import xml.etree.ElementTree as ElementTree

import pytest

from penwright.report.curves import NARROW, WIDE, Band, Chart, Curve, Frame, Level, Mark, draw, has_line

POINTS = [(1_000.0, 5.0), (10_000.0, 3.0), (100_000.0, 2.0)]


def parsed(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(draw(chart))


def a_chart(**changes) -> Chart:
    values = {
        "title": "Bits per character against characters read",
        "x_label": "characters read",
        "curves": [Curve("held-out books", "held-out", POINTS, has_dots=True)],
        "is_log": True,
    }
    return Chart(**{**values, **changes})


def words(svg: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter("text")]


def test_axes_have_names_units_and_round_figures() -> None:
    svg = parsed(a_chart())
    assert {"bits per character", "characters read", "1\u00a0k", "10\u00a0k", "100\u00a0k", "2", "3", "4"} <= set(
        words(svg)
    )
    assert svg.get("aria-label") == "Bits per character against characters read"


def test_a_curve_goes_through_its_points() -> None:
    svg = parsed(a_chart())
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in svg.iter("circle")]
    assert dots[0][0] == WIDE.left and dots[-1][0] == WIDE.right
    assert dots[1][0] == pytest.approx((WIDE.left + WIDE.right) / 2, abs=0.1)
    assert dots[0][1] < dots[1][1] < dots[2][1]  # fewer bits stand lower
    assert all(WIDE.top <= top <= WIDE.bottom for _, top in dots)


def test_linear_axes_begin_at_zero() -> None:
    dots = list(parsed(a_chart(is_log=False)).iter("circle"))
    assert float(dots[0].get("cx")) == pytest.approx(WIDE.left + (WIDE.right - WIDE.left) / 100, abs=0.1)


def test_levels_are_named_with_their_figures_and_do_not_overlap() -> None:
    svg = parsed(
        a_chart(levels=[Level("6-character table", 1.96), Level("5-character table", 1.97), Level("gzip -9", 3.1)])
    )
    labels = [
        text for text in svg.iter("text") if "table" in "".join(text.itertext()) or "gzip" in "".join(text.itertext())
    ]
    assert ["".join(label.itertext()) for label in labels] == [
        "1.96 6-character table",
        "1.97 5-character table",
        "3.10 gzip -9",
    ]
    heights = sorted(float(label.get("y")) for label in labels)
    assert heights[2] - heights[1] >= 17


@pytest.mark.parametrize(
    "points",
    [
        [(5_000.0, 2.0)],
        [(0.0, 4.0), (10.0, 3.0)],
        [(1.0, math.nan), (2.0, 2.0), (3.0, math.inf)],
        [(7.0, 2.0), (7.0, 2.0)],
        [(float(x), 2.0) for x in range(1, 5000)],
    ],
    ids=["a single point", "the very beginning", "not finite", "one place twice", "very many"],
)
@pytest.mark.parametrize("is_log", [True, False])
def test_unusual_curves_are_drawn_within_the_plot(points: list[tuple[float, float]], is_log: bool) -> None:
    source = draw(a_chart(curves=[Curve("c", "training", points)], is_log=is_log))
    assert "nan" not in source and "inf" not in source
    svg = ElementTree.fromstring(source)
    for path in (path.get("d") for path in svg.iter("path")):
        numbers = path.replace("M", " ").replace("L", " ").split()
        assert all(-1 <= float(number) <= 960 for number in numbers)
    assert len(source) < 40_000


@pytest.mark.parametrize("points", [[], [(1.0, math.nan)], [(0.0, 2.0)]])
def test_nothing_to_draw_is_a_sentence(points: list[tuple[float, float]]) -> None:
    assert "nothing to draw yet" in draw(a_chart(curves=[Curve("c", "training", points)]))


def test_moments_on_the_axis_are_marked() -> None:
    svg = parsed(a_chart(marks=[Mark(10_000.0, "rollback after step 7", "rollback"), Mark(1e9, "beyond", "fold")]))
    titles = [title.text for title in svg.iter("title")]
    assert "rollback after step 7" in titles and "beyond" not in titles


def test_names_cannot_open_anything() -> None:
    hostile = "</svg><script>alert(1)</script>\x00"
    svg = parsed(
        a_chart(
            title=hostile,
            x_label=hostile,
            curves=[Curve(hostile, "held-out", POINTS, has_dots=True)],
            levels=[Level(hostile, 2.5)],
            marks=[Mark(10_000.0, hostile, "fold")],
        )
    )
    assert not list(svg.iter("script"))
    assert sum("<script>" in text for text in svg.itertext()) == 1 + 1 + 3 + 1


@pytest.mark.parametrize("frame", [WIDE, NARROW])
def test_levels_beyond_the_curve_are_marks_at_the_edge(frame: Frame) -> None:
    """Six methods between 1 and 9 bits used to press the author's curve into a corner."""
    plain = draw(a_chart(), frame)
    levels = [Level("a", 9.0), Level("b", 8.0), Level("c", 3.0), Level("d", 1.0)]
    svg = ElementTree.fromstring(draw(a_chart(levels=levels), frame))
    ticks = [text for text in words(ElementTree.fromstring(plain))]
    assert [text for text in words(svg) if text in ticks] == ticks
    labels = [text for text in words(svg) if text[-1] in "abcd" and text[:-1].strip()[-1:].isdigit()]
    assert labels == ["\u2191 9.00 a", "\u2191 8.00 b", "3.00 c", "\u2193 1.00 d"]
    (group,) = [group for group in svg.iter("g") if group.get("class") == "levels"]
    assert len(list(group.iter("line"))) == 1
    heights = [float(text.get("y")) for text in group.iter("text")]
    assert heights == sorted(heights) and heights[1] - heights[0] >= 17
    assert all(0 <= height <= frame.bottom for height in heights)


def test_a_forecast_and_marks_are_drawn_within_the_plot_and_named() -> None:
    chart = a_chart(band=Band("forecast", 1.5, 1.75), marks=[Mark(10_000, "fold 1", "fold"), Mark(9e9, "no", "fold")])
    source = draw(chart)
    (band,) = ElementTree.fromstring(source).iter("rect")
    assert WIDE.top <= float(band.get("y")) and float(band.get("y")) + float(band.get("height")) <= WIDE.bottom
    assert "<title>forecast</title>" in source and "<title>fold 1</title>" in source and "<title>no<" not in source


def test_a_label_at_the_right_edge_is_not_cut_off() -> None:
    svg = ElementTree.fromstring(draw(a_chart(curves=[Curve("a", "training", [(1e3, 3.0), (1e6, 2.0)])]), NARROW))
    (last,) = [text for text in svg.iter("text") if "".join(text.itertext()) == "1\u00a0M"]
    assert float(last.get("x")) + 9 * len("1 M") / 2 <= NARROW.width


def test_a_level_beyond_the_axis_has_no_line() -> None:
    chart = a_chart()
    assert has_line(chart, Level("6-character table", 2.5))
    assert not has_line(chart, Level("xz", 9.0)) and not has_line(a_chart(curves=[]), Level("xz", 2.5))
