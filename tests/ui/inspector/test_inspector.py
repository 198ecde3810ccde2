"""The inspector: its selection and details tabs, and when it follows the state."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QUndoStack
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.word_patch_pairs import find_strongest_pairs
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Preview, Region, Selection, block_sum
from exclip_desktop.session.notices import describe_inexactness, describe_remedy
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import Provenance, State
from exclip_desktop.session.worker.requests import ModelFacts
from exclip_desktop.ui.inspector.details_tab import DetailsTab
from exclip_desktop.ui.inspector.inspector import STALE_CAPTION, STALE_OTHER, Inspector
from exclip_desktop.ui.inspector.selection_tab import SelectionTab, TextLine, describe_share
from exclip_desktop.ui.inspector.word_patch_list import WordPatchList, describe_patch
from exclip_desktop.ui.models.model_texts import BUNDLED_NOTE

BOX = Region((100, 100, 220, 200))
Make = Callable[..., State]


@pytest.fixture
def state(make_state: Make) -> State:
    return make_state()


@pytest.fixture
def inspector(state: State, qtbot: QtBot) -> Inspector:
    """A shown inspector of the usual size."""
    return show_inspector(state, qtbot)


def show_inspector(state: State, qtbot: QtBot) -> Inspector:
    made = Inspector(state)
    qtbot.addWidget(made)
    made.resize(340, 680)
    with qtbot.waitExposed(made):
        made.show()
    return made


def explained(state: State) -> Explanation:
    assert state.explanation is not None
    return state.explanation


def text_of(inspector: Inspector, name: str) -> str:
    child = inspector.findChild(QWidget, name)
    assert isinstance(child, (QLabel, TextLine))
    return child.text()


def pairs_of(inspector: Inspector) -> WordPatchList:
    child = inspector.findChild(WordPatchList)
    assert isinstance(child, WordPatchList)
    return child


def centre(pairs: WordPatchList, at: int) -> QPoint:
    return pairs.row_rect(at).center().toPoint()


def test_nothing_is_explained_yet(qtbot: QtBot, qapp: Any, make_explanation: Callable[..., Explanation]) -> None:
    state = State()
    inspector = show_inspector(state, qtbot)
    for index in range(inspector.count()):
        inspector.setCurrentIndex(index)
        texts = [label.text() for label in inspector.currentWidget().findChildren(QLabel) if label.isVisible()]
        assert texts == ["Nothing is explained yet."]
    assert inspector.values_text() == ""
    inspector.setCurrentIndex(0)
    state.change(answer=make_explanation())
    assert text_of(inspector, "score") == "+0.3100"


def test_selected_block(state: State, inspector: Inspector) -> None:
    selection = Selection((2, 3), (BOX,))
    state.change(selection=selection)
    explanation = explained(state)
    block = block_sum(explanation.interactions, explanation.geometry, selection)
    whole = float(explanation.matrix.sum(dtype=float))
    assert text_of(inspector, "selection") == "red balloon × 1 box"
    assert text_of(inspector, "block") == "Selected"
    assert text_of(inspector, "sum") == format_signed(block)
    assert text_of(inspector, "share") == describe_share(block / whole) != ""


def test_nothing_selected_is_everything_and_no_share(
    state: State, inspector: Inspector, make_explanation: Callable[..., Explanation]
) -> None:
    explanation = explained(state)
    patches, whole = explanation.grid.sum(dtype=float), explanation.matrix.sum(dtype=float)
    assert text_of(inspector, "block") == "Everything"
    assert text_of(inspector, "sum") == format_signed(patches)
    assert text_of(inspector, "share") == f"{format_signed(whole)} with class and register tokens"
    assert text_of(inspector, "selection") == "all words and specials × the whole picture"
    state.change(selection=Selection((), (BOX,)))
    assert text_of(inspector, "block") == "Selected"
    state.change(selection=Selection())
    assert text_of(inspector, "block") == "Everything"
    bare = replace(explanation.interactions, values=explanation.matrix[:, 1:], prefix=0)
    state.change(answer=replace(explanation, interactions=bare))
    assert (text_of(inspector, "sum"), text_of(inspector, "share")) == (format_signed(patches), "")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.2024, "20.2 % of the matrix sum"),
        (1.0, "100.0 % of the matrix sum"),
        (1.0004, "100.0 % of the matrix sum"),
        (1.002, "100.2 % of the matrix sum"),
        (-0.12, "−12.0 % of the matrix sum"),
        (-0.0004, "0.0 % of the matrix sum"),
        (None, ""),
    ],
)
def test_shares_in_words(share: float | None, text: str) -> None:
    assert describe_share(share) == text


def test_a_long_selection_is_shortened_to_two_lines(
    state: State, inspector: Inspector, make_explanation: Callable[..., Explanation]
) -> None:
    words = tuple(f"word{n}" for n in range(40))
    state.change(answer=make_explanation(words=words), selection=Selection(tuple(range(1, 41, 2)), (BOX,)))
    label = inspector.findChild(QLabel, "selection")
    assert label.text().startswith("word0 + word2 + ")
    assert label.text().endswith("word38 × 1 box")
    assert "word0 + word2 + word4 + word6 + word8 + word10 + word12 + word14" in label.toolTip()
    assert label.heightForWidth(label.width()) <= label.height()
    before = label.text()
    inspector.resize(260, 680)
    assert len(label.text()) < len(before)
    assert label.heightForWidth(label.width()) <= label.height()


def test_share_is_blank_where_the_matrix_sums_to_nothing(state: State, inspector: Inspector) -> None:
    explanation = explained(state)
    values = explanation.matrix - explanation.matrix.mean()
    state.change(answer=replace(explanation, interactions=replace(explanation.interactions, values=values)))
    state.change(selection=Selection((2,)))
    assert text_of(inspector, "sum") != ""
    assert text_of(inspector, "share") == ""


def test_an_inexact_explanation_has_a_warning(state: State, inspector: Inspector) -> None:
    explanation = explained(state)
    label = inspector.findChild(QLabel, "warning")
    assert label.isHidden()
    coarse = replace(explanation, image_side=replace(explanation.image_side, residual=0.021, nodes=16))
    state.change(answer=coarse)
    assert label.text() == "Accuracy not reached: the picture's integral misses 2.1 % after 16 nodes."
    assert label.isVisible()
    assert label.toolTip() != ""


def test_pairs_follow_the_selection(state: State, inspector: Inspector) -> None:
    assert pairs_of(inspector).pairs == find_strongest_pairs(explained(state), Selection(), 12)
    selection = Selection((2,), (BOX,))
    state.change(selection=selection)
    assert pairs_of(inspector).pairs == find_strongest_pairs(explained(state), selection, 12)
    assert {pair.name for pair in pairs_of(inspector).pairs} == {"red"}


def test_a_click_chooses_a_pair_and_the_list_stays(state: State, inspector: Inspector, qtbot: QtBot) -> None:
    selection_controller = SelectionController(state, QUndoStack(inspector))
    inspector.pair_chosen.connect(selection_controller.choose_pair)
    pairs = pairs_of(inspector)
    before = list(pairs.pairs)
    with qtbot.waitSignal(inspector.pair_chosen) as chosen:
        QTest.mouseClick(pairs, Qt.MouseButton.LeftButton, pos=centre(pairs, 3))
    assert chosen.args == [before[3].rows, before[3].patch]
    assert state.selection == Selection(
        before[3].rows, (Region(explained(state).geometry.patch_box(*before[3].patch)),)
    )
    assert pairs.pairs == before
    assert text_of(inspector, "sum").startswith(format_signed(before[3].value))
    state.change(selection=Selection((2,)))
    assert {pair.name for pair in pairs.pairs} == {"red"}


def test_pairs_by_keyboard(inspector: Inspector, qtbot: QtBot) -> None:
    pairs = pairs_of(inspector)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(pairs, key)
    with qtbot.waitSignal(inspector.pair_chosen) as chosen:
        QTest.keyClick(pairs, Qt.Key.Key_Return)
    assert chosen.args == [pairs.pairs[1].rows, pairs.pairs[1].patch]
    assert pairs.pairs[1].name in pairs.accessibleDescription()


def test_a_pair_is_previewed_while_the_mouse_is_over_it(state: State, inspector: Inspector) -> None:
    selection_controller = SelectionController(state, QUndoStack(inspector))
    inspector.rows_hovered.connect(selection_controller.hover_rows)
    inspector.patch_hovered.connect(selection_controller.hover_patch)
    pairs = pairs_of(inspector)
    QTest.mouseMove(pairs, centre(pairs, 5))
    assert state.preview == Preview(pairs.pairs[5].rows, pairs.pairs[5].patch)
    QTest.mouseMove(pairs, centre(pairs, 0))
    assert state.preview == Preview(pairs.pairs[0].rows, pairs.pairs[0].patch)
    QTest.mouseMove(inspector, QPoint(2, 2))
    QGuiApplication.processEvents()
    assert state.preview == Preview()


@pytest.mark.parametrize(("width", "name"), [(260, "row 3, col 4"), (500, "row 3, column 4")])
def test_rows_and_columns_are_named_in_both_widths(state: State, inspector: Inspector, width: int, name: str) -> None:
    pairs = pairs_of(inspector)
    pairs.setMinimumWidth(0)
    pairs.resize(width, pairs.height())
    columns = pairs._columns()
    assert describe_patch((3, 4), briefly=columns.is_brief) == name
    assert columns.place - columns.word > columns.metrics.horizontalAdvance("balloon")


def test_a_stale_explanation_is_dimmed_and_labelled(state: State, inspector: Inspector) -> None:
    line = inspector.currentWidget().findChild(QLabel, "stale")
    assert not line.isVisible()
    before = inspector.grab().toImage()
    state.change(stale=True, caption="something else")
    assert line.isVisible()
    assert line.text() == STALE_CAPTION
    assert inspector.grab().toImage() != before
    state.change(caption=explained(state).caption.text)
    assert line.text() == STALE_OTHER
    state.change(stale=False)
    assert not line.isVisible()
    assert inspector.grab().toImage() == before


def test_only_the_visible_tab_follows(state: State, inspector: Inspector) -> None:
    pairs = pairs_of(inspector)
    before = list(pairs.pairs)
    inspector.setCurrentIndex(3)
    state.change(selection=Selection((2,)))
    assert pairs.pairs == before
    inspector.setCurrentIndex(0)
    assert {pair.name for pair in pairs.pairs} == {"red"}
    inspector.hide()
    state.change(selection=Selection((3,)))
    assert {pair.name for pair in pairs.pairs} == {"red"}
    inspector.show()
    assert {pair.name for pair in pairs.pairs} == {"balloon"}


def test_other_colours_keep_the_pairs(state: State, inspector: Inspector) -> None:
    pairs = pairs_of(inspector)
    before, picture = list(pairs.pairs), pairs.grab().toImage()
    state.change(view=replace(View(), colours="safe"))
    assert pairs.pairs == before
    assert pairs.grab().toImage() != picture


def test_values_are_copied_as_a_table(state: State, inspector: Inspector) -> None:
    explanation = explained(state)
    state.change(selection=Selection((3, 6, 7), (BOX,)))
    lines = inspector.values_text().splitlines()
    assert lines[0] == "word\tvalue"
    names, values = zip(*(line.split("\t") for line in lines[1:]), strict=True)
    assert names == ("balloon", "hydrant")
    block = block_sum(explanation.interactions, explanation.geometry, state.selection)
    assert sum(float(value) for value in values) == pytest.approx(block, abs=1e-9)


def test_details(state: State, inspector: Inspector, qtbot: QtBot) -> None:
    state.change(provenance=Provenance(0.4567, True), facts=ModelFacts("demo", "cpu", 3, 2, 32))
    inspector.set_log_file("/somewhere/window.log")
    inspector.setCurrentIndex(3)
    assert text_of(inspector, "Weights SHA-256") == "000000000000…"
    assert inspector.findChild(QLabel, "Weights SHA-256").toolTip() == "0" * 64
    assert text_of(inspector, "Time") == "0.46 s, from the cache"
    assert text_of(inspector, "Picture layer") == "0 of 0–2"
    assert text_of(inspector, "Caption layer") == "0 of 0–1"
    assert text_of(inspector, "Picture side") == "17 nodes, pair\nresidual 1.0e-04\nrow error 1.0e-04"
    assert text_of(inspector, "Model") == f"demo\n{BUNDLED_NOTE}"
    assert text_of(inspector, "Precision") == "float32"
    tab = inspector.findChild(DetailsTab)
    assert isinstance(tab, DetailsTab)
    QTest.mouseClick(tab.findChild(QPushButton), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied == tab.as_text()
    assert copied.splitlines()[0] == "Model: demo"
    assert f"Weights SHA-256: {'0' * 64}" in copied.splitlines()
    assert "Log file: /somewhere/window.log" in copied.splitlines()
    state.change(provenance=Provenance(1.5, False), facts=ModelFacts("another", "cpu", 12, 12, 77))
    assert text_of(inspector, "Time") == "1.50 s, computed"
    assert text_of(inspector, "Picture layer") == "0"
    assert tab.findChild(QPushButton).text() == "Copied"


def test_details_say_how_far_a_lower_precision_moved_the_score(state: State, inspector: Inspector) -> None:
    explanation = explained(state)
    settings = replace(explanation.settings, precision="bfloat16")
    inspector.setCurrentIndex(3)
    state.change(answer=replace(explanation, settings=settings, float32_score=0.3123))
    assert text_of(inspector, "Precision") == "bfloat16 before the layers\nscore +0.31000, in float32 +0.31230"


def test_nothing_is_cut_where_a_scroll_bar_comes(state: State, inspector: Inspector) -> None:
    state.change(selection=Selection((2, 3), (BOX,)))
    tab = inspector.findChild(SelectionTab)
    assert isinstance(tab, SelectionTab)
    assert not tab.verticalScrollBar().isVisible()
    inspector.resize(340, 400)
    QGuiApplication.processEvents()
    assert tab.verticalScrollBar().isVisible()
    assert tab.widget().width() == tab.viewport().width()


def test_details_say_what_is_not_exact_and_name_another_model_only(state: State, inspector: Inspector) -> None:
    explanation = explained(state)
    fixed = replace(explanation.image_side, nodes=10, residual=0.02, row_error=None)
    unsettled = replace(explanation.text_side, nodes=33, residual=2e-4, row_error=3e-3, converged=False)
    settings = replace(explanation.settings, model="ViT-B-32")
    inspector.setCurrentIndex(3)
    state.change(answer=replace(explanation, image_side=fixed, text_side=unsettled, settings=settings))
    assert text_of(inspector, "Picture side").splitlines()[1:] == [
        "residual 2.0e-02",
        "not exact: the tolerance is 0.001",
    ]
    assert text_of(inspector, "Caption side").splitlines()[-1] == "not converged: the tolerance is 0.001"
    assert text_of(inspector, "Model") == "ViT-B-32"
    inspector.setCurrentIndex(0)
    label = inspector.findChild(QLabel, "warning")
    assert label.isVisible()
    assert label.text() == describe_inexactness(explained(state))
    assert label.toolTip().replace("\n", " ") == describe_remedy(explained(state)) != ""


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_everything_fits_the_least_width(state: State, inspector: Inspector, index: int) -> None:
    inspector.setCurrentIndex(index)
    inspector.resize(260, 480)
    QGuiApplication.processEvents()
    assert inspector.width() == 260
    page = inspector.currentWidget()
    for child in page.findChildren(QWidget):
        if child.isVisible() and child.visibleRegion().boundingRect().isValid():
            right = child.mapTo(page, QPointF(child.width(), 0)).x()
            assert right <= page.width(), child.objectName() or type(child).__name__
