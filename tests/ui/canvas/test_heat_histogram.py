"""The histogram of the heat: its counts, the selected patches, and when it is hidden."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.heat_histogram import BINS, LEAST_ROW_PX, HeatHistogram, count_values
from exclip_desktop.ui.canvas.heat_item import current_heat, picture_limit
from tests.ui.conftest import Opened

GRID = (4, 5)


@pytest.fixture
def state(make_state: Callable[..., State]) -> State:
    return make_state(grid=GRID)


@pytest.fixture
def histogram(state: State, qtbot: QtBot) -> HeatHistogram:
    """A shown histogram of the state's heat."""
    made = HeatHistogram(state, lambda: picture_limit(state))
    qtbot.addWidget(made)
    made.resize(60, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_values_are_counted_with_zero_in_the_middle() -> None:
    counts = count_values(np.array([[-1.0, 1.0], [0.0, 0.01]]), 1.0)
    assert counts.sum() == 4
    assert (counts[0], counts[BINS // 2], counts[-1]) == (1, 2, 1)


def test_values_beyond_a_locked_range_count_at_its_ends() -> None:
    counts = count_values(np.array([-5.0, -0.2, 3.0, 7.0]), 0.1)
    assert (counts[0], counts[-1]) == (2, 2)


def test_weights_count_values_by_a_share() -> None:
    counts = count_values(np.array([[0.0, 0.0, 1.0]]), 1.0, np.array([[0.25, 0.5, 0.0]]))
    assert (counts[BINS // 2], counts[-1]) == (0.75, 0)


def drawn(histogram: HeatHistogram) -> tuple[np.ndarray, np.ndarray]:
    """Return the drawn counts, of all patches and of the selected ones."""
    counts, selected = histogram._plot._counts
    return counts, np.zeros(BINS) if selected is None else selected


def test_it_follows_words_and_previews(state: State, histogram: HeatHistogram) -> None:
    state.change(selection=Selection((2, 3)))
    assert np.array_equal(drawn(histogram)[0], count_values(current_heat(state), picture_limit(state)))
    before = drawn(histogram)[0]
    state.change(preview=Preview((5,)))
    assert not np.array_equal(drawn(histogram)[0], before)
    assert drawn(histogram)[0].sum() == GRID[0] * GRID[1]


def test_patches_under_boxes_are_counted_apart(state: State, histogram: HeatHistogram) -> None:
    assert drawn(histogram)[1].sum() == 0
    box = state.answer.geometry.patch_box(1, 2)
    state.change(selection=Selection((), (Region(box),)))
    assert drawn(histogram)[1].sum() == pytest.approx(1.0)
    image = histogram.grab().toImage()
    highlight = histogram.palette().highlight().color()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert highlight.name() in colours
    state.change(selection=Selection())
    assert drawn(histogram)[1].sum() == 0


def test_a_locked_range_is_its_range(state: State, histogram: HeatHistogram) -> None:
    state.change(view=replace(state.view, picture_limit=1e-5))
    counts = drawn(histogram)[0]
    assert counts[0] + counts[-1] >= 0.9 * counts.sum()


def test_its_tooltip_describes_the_values(state: State, histogram: HeatHistogram) -> None:
    assert histogram.describe().startswith("20 patches: −")
    state.change(answer=None)
    assert histogram.describe() == ""
    assert not histogram._plot.isVisible()


def test_it_is_hidden_by_the_view_and_in_a_narrow_row(state: State, histogram: HeatHistogram, qtbot: QtBot) -> None:
    row = QWidget()
    qtbot.addWidget(row)
    row.resize(LEAST_ROW_PX, 100)
    row.show()
    histogram.hide_in_narrow(row)
    state.change(view=replace(state.view, histogram=False))
    assert histogram.isHidden()
    state.change(view=replace(state.view, histogram=True))
    assert not histogram.isHidden()
    row.resize(LEAST_ROW_PX - 1, 100)
    assert histogram.isHidden()
    row.resize(LEAST_ROW_PX, 100)
    assert not histogram.isHidden()


def test_it_stands_beside_the_colour_bar_and_the_view_menu_hides_it(opened: Opened) -> None:
    histogram, bar = opened.window.histogram, opened.window.bars[0]
    assert histogram.isVisible()
    assert histogram.mapTo(bar, histogram.rect().topLeft()).y() == 0
    assert np.array_equal(drawn(histogram)[0], count_values(opened.window.stage.heat(), bar.limit))
    opened.window.commands["histogram"].trigger()
    assert not histogram.isVisible()
    assert not opened.state.view.histogram
