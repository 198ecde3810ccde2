"""The compare view's figure: labels as text, a panel for every pane, and numbers of the colour ranges."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region
from exclip_desktop.render.figure_options import FigureOptions, Panel, PanesFigure
from exclip_desktop.render.figure_panes import draw_panes, panes_bytes

GEOMETRY = Geometry((40, 40), (0.0, 0.0, 40.0, 40.0), (2, 2))
HEAT = np.array([[0.5, -0.25], [0.0, 0.125]])
FAILED = Panel("CLIP Surgery", ("demo", "No blocks to look into."))
OPTIONS = FigureOptions(width_px=700)


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 255, (40, 40, 3), dtype=np.uint8)


def _make_panes(count: int, models: int = 1, one_range: bool = False) -> PanesFigure:
    panels = [Panel(f"Method {n}", (f"demo, for “$x$ {n}”",), HEAT * n, GEOMETRY, 0.5 * n) for n in range(1, count)]
    return PanesFigure((*panels, FAILED), models, "“a dog” · dog × 1 box", (Region((4.0, 4.0, 30.0, 30.0)),), one_range)


def test_labels_are_text_and_the_same_bytes_come_again(pixels: NDArray[np.uint8]) -> None:
    displayed = _make_panes(4)
    drawn = panes_bytes(displayed, pixels, OPTIONS, ".svg")
    text = re.findall(r"<text[^>]*>([^<]*)</text>", drawn.decode())
    needed = [
        displayed.heading,
        "No blocks to look into.",
        *(panel.title for panel in displayed.panels),
        "−max",
        "+max",
    ]
    assert set(needed) <= set(text)
    assert "demo, for “$x$ 2”" in text
    assert panes_bytes(displayed, pixels, OPTIONS, ".svg") == drawn
    assert panes_bytes(displayed, pixels, OPTIONS, ".pdf").startswith(b"%PDF")


@pytest.mark.parametrize(("count", "models", "columns"), [(1, 1, 1), (4, 1, 2), (9, 1, 3), (18, 2, 4), (2, 2, 2)])
def test_models_stay_side_by_side(count: int, models: int, columns: int) -> None:
    assert _make_panes(count, models).columns == columns


def test_every_panel_has_its_picture_and_those_with_an_answer_their_heat(pixels: NDArray[np.uint8]) -> None:
    figure = draw_panes(_make_panes(9), pixels, OPTIONS)
    assert figure.get_size_inches()[0] * figure.dpi == pytest.approx(700, abs=0.1)
    images = [len(axes.images) for axes in figure.axes]
    assert images[:9] == [2] * 8 + [1]
    boxes = [axes.get_position() for axes in figure.axes[:9]]
    assert len({round(box.width, 6) for box in boxes}) == len({round(box.height, 6) for box in boxes}) == 1
    assert not any(one.overlaps(other) for n, one in enumerate(boxes) for other in boxes[:n])


def test_one_range_has_numbers(pixels: NDArray[np.uint8]) -> None:
    figure = draw_panes(_make_panes(3, one_range=True), pixels, OPTIONS)
    assert figure.axes[-1].get_yticklabels()[0].get_text() == "−0.5"


def test_long_titles_break_and_empty_panels_are_drawn(pixels: NDArray[np.uint8]) -> None:
    title = "a method of a very long name, longer than its picture is wide"
    figure = draw_panes(PanesFigure((Panel(title, ()),) * 9, 1, "nothing"), pixels, OPTIONS)
    lines = [text.get_text() for text in figure.texts]
    assert " ".join(lines[1 : 1 + (len(lines) - 1) // 9]) == title
    renderer = figure.canvas.get_renderer()
    width = figure.axes[0].get_window_extent(renderer).width
    assert all(text.get_window_extent(renderer).width <= width * 1.1 for text in figure.texts[1:])


def test_a_figure_must_have_room_for_text(pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(SettingsError):
        draw_panes(_make_panes(2), pixels, FigureOptions(width_px=200))
