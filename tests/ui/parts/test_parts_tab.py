"""The tab of parts in the window: choices, selection by mouse and keys, drawing on the picture."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.picture_parts import MOST_PARTS, PART_COLOURS
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.parts.part_marks import find_label_places
from exclip_desktop.ui.inspector.parts_list import PartsList
from exclip_desktop.ui.inspector.parts_tab import BUNDLED, NONE, OTHER, PartsPage, PartsTab
from tests.ui.conftest import Opened


@pytest.fixture
def tab(opened: Opened, qtbot: QtBot) -> PartsPage:
    """The page with six named parts, opened by its key."""
    opened.window.canvas.view.setFocus()
    QTest.keyClick(opened.window, Qt.Key.Key_Q)
    parts = opened.session.one_picture.parts
    qtbot.waitUntil(lambda: parts.status == "done")
    tab = opened.window.inspector.currentWidget()
    assert isinstance(tab, PartsTab)
    return tab._pages[0]


def list_of(tab: PartsPage) -> PartsList:
    return tab._list


def row_at(tab: PartsPage, row: int) -> QPoint:
    return list_of(tab).visualRect(list_of(tab).model().index(row, 0)).center()


def click_patch(opened: Opened, patch: tuple[int, int], keys: Qt.KeyboardModifier) -> None:
    view = opened.window.canvas.view
    centre = opened.state.explanation.geometry.patch_centre(*patch)
    place = QPointF(*view.camera.to_canvas(centre)).toPoint()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, keys, place)


def test_a_click_selects_and_ctrl_click_adds_like_boxes(opened: Opened, tab: PartsPage) -> None:
    port, left = list_of(tab).viewport(), Qt.MouseButton.LeftButton
    QTest.mouseClick(port, left, pos=row_at(tab, 1))
    QTest.mouseClick(port, left, Qt.KeyboardModifier.ControlModifier, row_at(tab, 3))
    assert opened.session.one_picture.parts.selected == (1, 3)
    opened.window.commands["undo"].trigger()
    opened.window.commands["undo"].trigger()
    assert opened.state.selection.regions == ()
    assert list_of(tab).selectionModel().selectedIndexes() == []


def test_arrow_keys_select(opened: Opened, tab: PartsPage) -> None:
    list_of(tab).setFocus()
    QTest.keyClick(list_of(tab), Qt.Key.Key_Down)
    QTest.keyClick(list_of(tab), Qt.Key.Key_Down)
    assert len(opened.session.one_picture.parts.selected) == 1


def test_a_click_on_the_picture_selects_the_part(opened: Opened, tab: PartsPage) -> None:
    parts, no_keys, ctrl = opened.session.one_picture.parts, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier
    click_patch(opened, (2, 1), no_keys)
    (first,) = parts.selected
    assert parts.parts[first].part.mask[2, 1]
    click_patch(opened, (2, 9), ctrl.ControlModifier)
    assert len(parts.selected) == 2
    rows = {index.row() for index in list_of(tab).selectionModel().selectedIndexes()}
    assert rows == set(parts.selected)


def test_hovering_a_row_previews_the_part(opened: Opened, tab: PartsPage) -> None:
    QTest.mouseMove(list_of(tab).viewport(), row_at(tab, 2))
    QTest.mouseMove(list_of(tab).viewport(), row_at(tab, 2) + QPoint(2, 0))
    assert opened.state.part_marks.hovered == 2
    assert opened.state.preview.regions == (opened.session.one_picture.parts.parts[2].region,)
    tab.hide()
    assert opened.state.preview.regions == ()
    assert opened.state.part_marks is None


def test_tints_replace_the_heat_or_lie_over_it(opened: Opened, tab: PartsPage) -> None:
    canvas = opened.window.canvas
    assert canvas._heat_item.image is None
    tab._tint.click()
    assert canvas._heat_item.image is not None
    assert opened.state.part_marks is not None
    tab._tint.click()
    opened.window.inspector.setCurrentIndex(0)
    assert canvas._heat_item.image is not None
    assert opened.state.part_marks is None


def test_each_part_has_its_number_in_its_colour(opened: Opened, tab: PartsPage) -> None:
    view = opened.window.canvas.view
    image = view.grab().toImage()
    ratio = image.devicePixelRatio()
    for place, at in enumerate(opened.state.part_marks.places):
        x, y = view.camera.to_canvas(at)
        assert image.pixelColor(round((x - 6) * ratio), round(y * ratio)).getRgb()[:3] == PART_COLOURS[place]


def test_the_method_and_the_number_are_chosen(opened: Opened, tab: PartsPage, qtbot: QtBot) -> None:
    parts = opened.session.one_picture.parts
    tab._count.setValue(MOST_PARTS)
    qtbot.waitUntil(lambda: len(parts.parts) == MOST_PARTS)
    tab._method.setCurrentIndex(1)
    tab._method.activated.emit(1)
    qtbot.waitUntil(lambda: parts.status == "done")
    assert parts.settings.method == "nmf"


def test_a_vocabulary_of_ones_own(
    opened: Opened, tab: PartsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts, box = opened.session.one_picture.parts, tab._vocabulary
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "birds.txt"), ""))
    box.activated.emit(box.findText(OTHER))
    qtbot.waitUntil(lambda: parts.status == "done")
    assert box.currentText() == "birds.txt"
    assert parts.parts[0].names[0].word == "birds"
    assert [box.itemText(at) for at in range(box.count())] == [BUNDLED, "birds.txt", NONE, OTHER]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    box.activated.emit(box.findText(OTHER))
    assert box.currentText() == "birds.txt"


def test_esc_clears_the_parts_selection(opened: Opened, tab: PartsPage) -> None:
    QTest.mouseClick(list_of(tab).viewport(), Qt.MouseButton.LeftButton, pos=row_at(tab, 0))
    QTest.keyClick(opened.window, Qt.Key.Key_Escape)
    assert opened.session.one_picture.parts.selected == ()
    assert list_of(tab).selectionModel().selectedIndexes() == []


def test_a_moved_part_is_an_own_region(opened: Opened, tab: PartsPage) -> None:
    parts = opened.session.one_picture.parts
    parts.select((0,))
    region = opened.state.selection.regions[0]
    moved = Region.lasso(tuple((x + 1, y) for x, y in region.outline), name=region.name)
    opened.session.selection_controller.commit_regions((region,), (moved,), "move lasso")
    assert parts.selected == ()
    parts.select((0,))
    assert len(opened.state.selection.regions) == 2


def test_numbers_stand_well_inside_their_parts() -> None:
    mask = np.zeros((9, 9), bool)
    mask[0, :] = mask[4:9, 2:7] = True
    geometry = Geometry((90, 90), (0.0, 0.0, 90.0, 90.0), (9, 9))
    assert find_label_places([mask], geometry) == ((45.0, 65.0),)


def test_controls_and_rows_have_accessible_names(tab: PartsPage) -> None:
    for widget in (tab._method, tab._count, tab._vocabulary, list_of(tab)):
        assert widget.accessibleName()
    text = list_of(tab).model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text.startswith("Part 1: ")
