"""The matrix tab: its content, and its links with the words and the picture."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QUndoStack
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QRadioButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.colour import range_limit, to_rgb
from exclip_desktop.core.maths.word_patch_pairs import group_rows, sum_row_groups
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import State
from exclip_desktop.ui.inspector.inspector import Inspector
from exclip_desktop.ui.inspector.matrix_plot import STRIPE_PX
from exclip_desktop.ui.inspector.matrix_view import MatrixView

GRID = (4, 5)
RED, BALLOON, HYDRANT = 1, 2, 5  # rows of words
Make = Callable[..., State]


@pytest.fixture
def state(make_state: Make) -> State:
    return make_state(grid=GRID)


@pytest.fixture
def inspector(state: State, qtbot: QtBot) -> Iterator[Inspector]:
    """An inspector that shows the matrix, with a controller that carries out its requests."""
    made = Inspector(state)
    selection_controller = SelectionController(state, QUndoStack(made))
    made.rows_hovered.connect(selection_controller.hover_rows)
    made.patch_hovered.connect(selection_controller.hover_patch)
    made.rows_committed.connect(selection_controller.commit_rows)
    made.pair_chosen.connect(selection_controller.choose_pair)
    qtbot.addWidget(made)
    made.resize(340, 600)
    made.setCurrentIndex(1)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    selection_controller.deleteLater()


@pytest.fixture
def view(inspector: Inspector) -> MatrixView:
    return inspector.findChild(MatrixView)


def explained(state: State) -> Explanation:
    assert state.explanation is not None
    return state.explanation


def value_text(inspector: Inspector) -> str:
    label = inspector.findChild(QLabel, "value")
    assert isinstance(label, QLabel)
    return label.text()


def cell(view: MatrixView, row: int, column: int) -> QPoint:
    return view.plot.cell_rect(row, column).center().toPoint()


def stripe_y(view: MatrixView) -> int:
    """Return the height of the stripe above the cells."""
    return round(view.plot.cells_top_px) - STRIPE_PX + 2


def colour_at(view: MatrixView, point: QPoint) -> QColor:
    drawn = view.plot.viewport().grab().toImage()
    return drawn.pixelColor(point * drawn.devicePixelRatio())


def click(view: MatrixView, point: QPoint, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(view.plot.viewport(), Qt.MouseButton.LeftButton, modifiers, point)


def choose_rows(inspector: Inspector, name: str) -> None:
    button = next(button for button in inspector.findChildren(QRadioButton) if button.text() == name)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, button.height() // 2))


def test_cells_have_the_heat_scales_colours(state: State, view: MatrixView) -> None:
    explanation = explained(state)
    groups = group_rows(explanation.caption, by_word=True, specials=False)
    values = sum_row_groups(explanation.interactions, groups)
    assert view.plot.shape == (6, 20)
    rgb = to_rgb(values, range_limit(values))
    for row, column in ((0, 0), (BALLOON, 7), (HYDRANT, 19)):
        expected = QColor.fromRgbF(*rgb[row, column])
        assert colour_at(view, cell(view, row, column)).name() == expected.name()


def test_words_or_tokens_with_or_without_specials(state: State, inspector: Inspector, view: MatrixView) -> None:
    choose_rows(inspector, "Tokens")
    assert view.plot.shape[0] == 7
    state.change(view=replace(state.view, specials=True))
    assert view.plot.shape[0] == 9
    choose_rows(inspector, "Words")
    assert view.plot.shape[0] == 8
    state.change(view=replace(state.view, specials=False))
    assert view.plot.shape[0] == 6


def test_the_value_under_the_mouse(state: State, inspector: Inspector, view: MatrixView) -> None:
    grid = explained(state).grid
    assert value_text(inspector).startswith("Colour range: ±")
    QTest.mouseMove(view.plot.viewport(), cell(view, HYDRANT, 7))
    value = float(grid[[6, 7], 1, 2].sum(dtype=np.float64))
    assert value_text(inspector) == f"hydrant × row 1, column 2: {format_signed(value)}"
    assert state.preview == Preview((6, 7), (1, 2))
    QTest.mouseMove(view.plot.viewport(), view.plot.label_rect(RED).center().toPoint())
    assert value_text(inspector) == f"red × all patches: {format_signed(float(grid[2].sum(dtype=np.float64)))}"
    assert state.preview == Preview((2,), None)
    QTest.mouseMove(view.plot.viewport(), QPoint(cell(view, 0, 3).x(), stripe_y(view)))
    assert value_text(inspector).startswith("All rows × row 0, column 3: ")
    assert state.preview == Preview((), (0, 3))


def test_the_preview_ends_when_the_mouse_leaves(state: State, inspector: Inspector, view: MatrixView) -> None:
    QTest.mouseMove(view.plot.viewport(), cell(view, RED, 7))
    assert state.preview != Preview()
    QTest.mouseMove(inspector, QPoint(3, 3))
    QGuiApplication.processEvents()
    assert state.preview == Preview()
    assert value_text(inspector).startswith("Colour range: ±")


def test_a_click_on_a_cell_chooses_the_pair(state: State, inspector: Inspector, view: MatrixView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(inspector.pair_chosen) as chosen:
        click(view, cell(view, BALLOON, 13))
    assert chosen.args == [(3,), (2, 3)]
    assert state.selection == Selection((3,), (Region(explained(state).geometry.patch_box(2, 3)),))


def test_clicks_on_labels_select_rows(state: State, inspector: Inspector, view: MatrixView, qtbot: QtBot) -> None:
    def label(row: int) -> QPoint:
        return view.plot.label_rect(row).center().toPoint()

    state.change(selection=Selection((2,)))
    with qtbot.waitSignal(inspector.rows_committed) as committed:
        click(view, label(HYDRANT))
    assert committed.args == [(2,), (6, 7)]
    click(view, label(RED), Qt.KeyboardModifier.ControlModifier)
    assert state.selection.rows == (2, 6, 7)
    click(view, label(HYDRANT), Qt.KeyboardModifier.ControlModifier)
    assert state.selection.rows == (2,)
    click(view, label(3), Qt.KeyboardModifier.ShiftModifier)
    assert state.selection.rows == (2, 3, 4)


def test_a_label_completes_a_word_that_is_partly_selected(state: State, view: MatrixView) -> None:
    state.change(selection=Selection((7,)))
    click(view, view.plot.label_rect(HYDRANT).center().toPoint(), Qt.KeyboardModifier.ControlModifier)
    assert state.selection.rows == (6, 7)


def test_the_arrow_keys_move_over_the_cells(state: State, inspector: Inspector, view: MatrixView, qtbot: QtBot) -> None:
    view.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right):
        QTest.keyClick(view, key)
    assert state.preview == Preview((2,), (0, 1))
    for _ in range(30):
        QTest.keyClick(view, Qt.Key.Key_Down)
    assert state.preview == Preview((6, 7), (0, 1))
    with qtbot.waitSignal(inspector.pair_chosen) as chosen:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen.args == [(6, 7), (0, 1)]


def test_selection_is_marked_along_the_edges(state: State, view: MatrixView) -> None:
    patch = Region(explained(state).geometry.patch_box(1, 2))
    stripe = round(view.plot.label_rect(0).right()) + 2
    left = [QPoint(stripe, cell(view, row, 0).y()) for row in range(6)]
    above = [QPoint(cell(view, 0, column).x(), stripe_y(view)) for column in range(20)]
    unmarked = [colour_at(view, point).name() for point in (*left, *above)]
    state.change(selection=Selection((3, 6), (patch,)))
    marked = [colour_at(view, point).name() for point in (*left, *above)]
    changed = [index for index, (a, b) in enumerate(zip(unmarked, marked, strict=True)) if a != b]
    assert changed == [BALLOON, HYDRANT, 6 + 7]
    highlight = view.palette().highlight().color().name()
    assert marked[BALLOON] == marked[13] == highlight
    assert marked[HYDRANT] != highlight


def test_rows_and_patches_hovered_elsewhere_are_marked(state: State, view: MatrixView) -> None:
    label = view.plot.label_rect(BALLOON).topLeft().toPoint() + QPoint(2, 2)
    top = QPoint(cell(view, 0, 9).x(), stripe_y(view))
    before = colour_at(view, label), colour_at(view, top)
    state.change(preview=Preview((3,), (1, 4)))
    assert colour_at(view, label) != before[0]
    assert colour_at(view, top) == view.palette().windowText().color()
    state.change(preview=Preview())
    assert (colour_at(view, label), colour_at(view, top)) == before


def test_a_large_matrix_scrolls_and_follows(
    make_explanation: Callable[..., Explanation], state: State, inspector: Inspector, view: MatrixView
) -> None:
    words = tuple(f"extraordinarily{n}" for n in range(60))
    state.change(answer=make_explanation(words=words, grid=(24, 24)), selection=Selection(), preview=Preview())
    assert view.plot.cell_rect(0, 0).width() >= 1.5
    assert view.plot.cell_rect(0, 0).height() >= 12
    area = view.plot.viewport().rect()
    assert not area.contains(cell(view, 59, 575))
    QTest.mouseMove(inspector, QPoint(3, 3))
    state.change(preview=Preview((60,), (23, 23)))
    assert area.contains(cell(view, 59, 575))
    state.change(selection=Selection((1,)), preview=Preview())
    assert view.plot.cell_rect(0, 0).top() >= view.plot.cells_top_px - 1e-6
    assert view.plot.place_at(QPointF(1, 1)) == (None, None)
