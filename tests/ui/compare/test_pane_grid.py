"""The compare view on screen: panes in a grid, one enlarged, one colour range, and the menu of methods."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import MethodError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.session.window_settings import USUAL_METHODS
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.canvas.colour_range import OWN_RANGES
from exclip_desktop.ui.canvas.label_field import LabelField
from exclip_desktop.ui.canvas.range_warning import RangeWarning
from exclip_desktop.ui.commands.compare_commands import MethodsMenu
from exclip_desktop.ui.compare.pane_grid import choose_column_count
from exclip_desktop.ui.compare.pane_view import PaneView
from tests.ui.conftest import Opened

LEFT = Qt.MouseButton.LeftButton
THREE = ("second-order", "maskclip", "itsm")


@pytest.fixture
def compared(opened: Opened, qtbot: QtBot) -> Iterator[Opened]:
    """A window whose compare view shows three methods."""
    opened.session.compare_methods(THREE)
    opened.window.commands["panes"].trigger()
    _fill(opened, qtbot)
    return opened


def _fill(opened: Opened, qtbot: QtBot) -> None:
    compare_controller = opened.session.compare_controller
    qtbot.waitUntil(
        lambda: (
            all(pane.status.kind in ("done", "failed") for pane in compare_controller.panes)
            and opened.state.work is None
            and opened.window.grid.is_complete
            and opened.window.grid.lead.view.camera.size[0] > 1
        )
    )


def _views(opened: Opened) -> tuple[PaneView, ...]:
    opened.window.grid.make_all()
    return opened.window.grid.views


def _titles(opened: Opened) -> list[str]:
    return [view.title for view in _views(opened)]


def test_many_panes_are_made_one_a_turn(opened: Opened, qtbot: QtBot) -> None:
    grid, compare_controller = opened.window.grid, opened.session.compare_controller
    opened.session.compare_methods(THREE)
    opened.window.commands["panes"].trigger()
    assert (len(grid.views), grid.is_complete) == (1, False)
    grid._next.timeout.emit()
    assert [view.pane for view in grid.views] == list(compare_controller.panes[:2])
    qtbot.waitUntil(lambda: grid.is_complete)
    assert [view.pane for view in grid.views] == list(compare_controller.panes)


def test_a_pane_that_waits_for_its_turn_can_be_enlarged_and_taken_away(opened: Opened, qtbot: QtBot) -> None:
    grid, session = opened.window.grid, opened.session
    session.compare_methods(THREE)
    opened.window.commands["panes"].trigger()
    session.active_pane.enlarge(session.compare_controller.panes[2])
    assert [view.isVisibleTo(grid) for view in grid.views] == [False, False, True]
    session.active_pane.enlarge(None)
    session.compare_methods(THREE[:1])
    session.compare_methods(THREE)
    session.compare_methods(THREE[:2])
    qtbot.waitUntil(lambda: grid.is_complete)
    assert [view.pane for view in grid.views] == list(session.compare_controller.panes)


def test_a_preview_changes_no_range_while_the_view_is_closed(opened: Opened) -> None:
    changes: list[None] = []
    opened.window.grid.ranges_changed.connect(lambda: changes.append(None))
    opened.session.selection_controller.hover_rows((1,))
    assert opened.state.preview.rows == (1,)
    assert changes == []


def test_the_view_replaces_the_canvas_until_it_is_closed(compared: Opened) -> None:
    window = compared.window
    assert window.grid.isVisible()
    assert not window.canvas.isVisible()
    assert _titles(compared) == ["Second-order attributions", "MaskCLIP", "ITSM"]
    assert [view.accessibleName() for view in _views(compared)] == _titles(compared)
    window.commands["panes"].trigger()
    assert window.canvas.isVisible()
    assert window.stage.canvas is window.canvas
    assert not window.commands["panes"].isChecked()


def test_the_words_of_every_pane_are_whole_in_a_small_window_with_its_panels(compared: Opened, qtbot: QtBot) -> None:
    compared.session.compare_methods(USUAL_METHODS)
    compared.session.explain_controller.type_caption("a red balloon and a dog in front of a hydrant at the beach")
    compared.window.resize(1366, 768)
    compared.window.panels.set_available("pairs", True)
    qtbot.waitUntil(lambda: len(_views(compared)) == len(USUAL_METHODS) and compared.state.work is None)
    _fill(compared, qtbot)
    for view in _views(compared):
        area = view.strip.parentWidget()
        assert view.strip.height() <= area.height()
        assert view.strip.height() >= view.strip.heightForWidth(area.width())
        assert view.canvas.height() >= 100


def test_titles_name_the_words_and_the_model(compared: Opened, qtbot: QtBot) -> None:
    compared.session.selection_controller.commit_rows((), (2,))
    qtbot.waitUntil(lambda: _titles(compared)[1] == "MaskCLIP · “red”")
    compared.session.second_model.open(ModelChoice("other"))
    qtbot.waitUntil(lambda: len(_views(compared)) == 6)
    _fill(compared, qtbot)
    assert [(view.title, view.model) for view in _views(compared)[:4]] == [
        *(("Second-order attributions", "demo"), ("Second-order attributions", "other")),
        *(("MaskCLIP · “red”", "demo"), ("MaskCLIP · “red”", "other")),
    ]


def test_what_is_drawn_or_clicked_in_a_pane_is_selected_everywhere(compared: Opened, qtbot: QtBot) -> None:
    second = _views(compared)[1]
    port, middle = second.canvas.view.viewport(), second.canvas.view.viewport().rect().center()
    QTest.mousePress(port, LEFT, pos=middle)
    QTest.mouseMove(port, middle + QPoint(10, 10))
    QTest.mouseMove(port, middle + QPoint(30, 20))
    QTest.mouseRelease(port, LEFT, pos=middle + QPoint(30, 20))
    assert len(compared.state.selection.regions) == 1
    assert second.strip._picker.chips[0].text == "no word values"
    QTest.mouseClick(second.strip, LEFT, pos=QPoint(10, 10))
    assert compared.state.selection.rows == ()
    QTest.mouseClick(second.strip, LEFT, pos=QRectF(*second.strip._placed.rect_of((1, 0))).center().toPoint())
    assert compared.state.selection.rows == (1,)
    assert {view.pane.scene.selection for view in _views(compared)} == {compared.state.selection}
    compared.window.commands["remove_box"].trigger()
    assert compared.state.selection.regions == ()


def test_the_box_touched_last_in_any_pane_is_the_one_to_remove(compared: Opened) -> None:
    left, right = Region((100.0, 100.0, 250.0, 250.0)), Region((350.0, 100.0, 500.0, 250.0))
    compared.session.selection_controller.commit_regions((), (left, right), "draw box")
    assert not compared.window.commands["remove_box"].isEnabled()
    third = _views(compared)[2].canvas.view
    at = third.camera.to_canvas((425.0, 175.0))
    QTest.mouseClick(third.viewport(), LEFT, pos=QPoint(round(at[0]), round(at[1])))
    compared.window.commands["remove_box"].trigger()
    assert compared.state.selection.regions == (left,)


def test_after_undo_and_redo_no_command_meets_a_box_that_is_gone(compared: Opened) -> None:
    window, state = compared.window, compared.state
    view = _views(compared)[1].canvas.view
    middle = view.viewport().rect().center()
    for shift in (QPoint(-40, -20), QPoint(10, 10)):
        QTest.mousePress(view.viewport(), LEFT, pos=middle + shift)
        QTest.mouseMove(view.viewport(), middle + shift + QPoint(10, 8))
        QTest.mouseRelease(view.viewport(), LEFT, pos=middle + shift + QPoint(20, 15))
    assert (len(state.selection.regions), state.current_region) == (2, 1)
    window.commands["undo"].trigger()
    assert state.current_region is None
    for name in ("name_box", "remove_box"):
        window.commands[name].setEnabled(True)
    window.commands["remove_box"].trigger()  # the only one that is left
    assert state.selection.regions == ()
    window.commands["remove_box"].trigger()
    window.commands["name_box"].trigger()
    assert {view.pane.scene.current_region for view in _views(compared)} == {None}


def test_arrow_keys_in_a_pane_move_the_box_of_all_panes_and_its_name_is_typed_there(compared: Opened) -> None:
    box = Region((100.0, 100.0, 250.0, 250.0))
    compared.session.selection_controller.commit_regions((), (box,), "draw box")
    second = _views(compared)[1]
    second.canvas.view.setFocus()
    QTest.keyClick(second.canvas.view, Qt.Key.Key_Right)
    assert [view.pane.scene.selection.regions[0].box[0] for view in _views(compared)] == [101.0] * 3
    QTest.keyClick(second.canvas.view, Qt.Key.Key_F2)
    field = compared.window.focusWidget()
    assert isinstance(field, LabelField)
    corner = second.canvas.view.mapTo(compared.window, QPoint(0, 0))
    assert field.y() > corner.y()
    assert corner.x() <= field.x() < corner.x() + second.canvas.view.width()
    compared.window.commands["panes"].trigger()  # the pane ends, and the field with it
    assert not field.isVisible()


def test_a_pane_without_an_answer_shows_the_boxes_and_draws_another_one(compared: Opened) -> None:
    box = Region((100.0, 100.0, 250.0, 250.0))
    second = _views(compared)[1]
    second.pane.scene.change(answer=None)
    compared.session.selection_controller.commit_regions((), (box,), "draw box")
    assert second.pane.scene.selection.regions == (box,)
    at = [QPoint(*map(round, second.canvas.view.camera.to_canvas(point))) for point in ((350.0, 300.0), (450.0, 400.0))]
    QTest.mousePress(second.canvas.view.viewport(), LEFT, pos=at[0])
    QTest.mouseMove(second.canvas.view.viewport(), at[1])
    QTest.mouseRelease(second.canvas.view.viewport(), LEFT, pos=at[1])
    assert compared.state.selection.regions[0] == box
    assert len(compared.state.selection.regions) == 2


def test_a_pane_follows_to_a_shorter_caption_and_a_coarser_grid(
    compared: Opened, make_explanation: Callable[..., Explanation]
) -> None:
    first = _views(compared)[0].pane
    rows = compared.state.explanation.caption.content_rows
    compared.session.selection_controller.commit_rows((), rows)
    compared.session.selection_controller.hover_patch((11, 11))
    coarse = make_explanation(words=("a", "dog"), grid=(3, 3))
    compared.state.change(answer=coarse, selection=Selection((2,)), preview=Preview())
    assert (first.scene.answer, first.scene.selection.rows) == (coarse, (2,))
    assert first.scene.preview == Preview()


def test_double_click_enlarges_a_pane_and_escape_goes_back(compared: Opened, qtbot: QtBot) -> None:
    second = _views(compared)[1]
    compared.session.selection_controller.commit_rows((), (2,))
    QTest.mouseDClick(second.canvas.view.viewport(), LEFT, pos=QPoint(5, 5))
    assert [view.isVisible() for view in _views(compared)] == [False, True, False]
    assert compared.window.stage.canvas is second.canvas
    compared.window.activateWindow()
    qtbot.waitUntil(second.canvas.view.hasFocus)
    QTest.keyClick(second.canvas.view, Qt.Key.Key_Escape)
    assert compared.session.active_pane.enlarged is None
    assert all(view.isVisible() for view in _views(compared))
    assert compared.state.selection.rows == (2,)
    QTest.keyClick(second.canvas.view, Qt.Key.Key_Escape)  # and then clears the selection, as elsewhere
    assert compared.state.selection.rows == ()


def test_the_export_actions_name_what_the_picture_contains(compared: Opened) -> None:
    export, copy = (compared.window.commands[name] for name in ("export_picture", "copy_picture"))
    assert (export.text(), copy.text()) == ("Export panes…", "Copy panes")
    compared.session.active_pane.enlarge(_views(compared)[1].pane)
    assert (export.text(), copy.text()) == ("Export this pane…", "Copy this pane")
    compared.session.compare_methods(("second-order", "itsm"))  # the enlarged pane no longer exists
    assert export.text() == "Export panes…"
    compared.session.compare_controller.close()
    assert (export.text(), copy.text()) == ("Export picture…", "Copy picture")


def test_a_double_click_on_a_box_names_it(compared: Opened, qtbot: QtBot) -> None:
    grid, second = compared.window.grid, _views(compared)[1]
    compared.session.selection_controller.commit_regions((), (Region((200.0, 100.0, 400.0, 300.0)),), "draw box")
    at = second.canvas.view.camera.to_canvas((300.0, 200.0))
    asked: list[int] = []
    compared.window.stage.region_naming_requested.disconnect()
    grid.region_naming_requested.connect(asked.append)
    QTest.mouseDClick(second.canvas.view.viewport(), LEFT, pos=QPoint(round(at[0]), round(at[1])))
    assert asked == [0]
    assert compared.session.active_pane.enlarged is None


def test_each_pane_has_its_own_range_until_one_range_is_chosen(compared: Opened) -> None:
    window, views, bar = compared.window, _views(compared), compared.window.bars[0]
    own = [view.canvas.own_limit() for view in views]
    assert len(set(own)) > 1
    assert [view.canvas.current_limit() for view in views] == own
    assert bar.limit is None
    assert bar._range.accessibleDescription() == OWN_RANGES
    window.commands["one_range"].trigger()
    assert [view.canvas.current_limit() for view in views] == [max(own)] * 3
    assert bar.limit == max(own)
    window.commands["one_range"].trigger()
    compared.session.active_pane.enlarge(views[0].pane)
    assert bar.limit == own[0]


def test_a_pane_that_one_range_makes_blank_says_so_with_a_way_back(compared: Opened) -> None:
    views, scene = _views(compared), _views(compared)[0].pane.scene
    faint = replace(scene.answer.interactions, values=scene.answer.interactions.values / 1e6)
    scene.change(answer=replace(scene.answer, interactions=faint))
    warning = views[0].canvas.findChild(RangeWarning)
    assert not warning.isVisible()
    compared.window.commands["one_range"].trigger()
    assert warning.isVisible()
    assert not all(view.canvas.findChild(RangeWarning).isVisible() for view in views)
    warning.findChild(QPushButton).click()
    assert not compared.session.compare_controller.one_range
    assert not compared.window.commands["one_range"].isChecked()
    assert not warning.isVisible()


def test_an_error_is_shown_in_its_own_pane(compared: Opened, qtbot: QtBot) -> None:
    compared.engine.pane_raises["game"] = MethodError("No blocks to look into.", "Choose another model.")
    compared.session.compare_methods((*THREE, "game"))
    _fill(compared, qtbot)
    view = _views(compared)[1]
    assert (view.title, view.state, view.error_text) == (
        "GAME",
        "failed",
        "No blocks to look into. Choose another model.",
    )
    assert not view.strip.isVisible()
    assert [other.error_text for other in _views(compared) if other is not view] == [""] * 3


def test_the_progress_is_shown_next_to_the_title(compared: Opened, qtbot: QtBot) -> None:
    compared.engine.pane_gates["game"].clear()
    compared.session.compare_methods((*THREE, "game", "fixlip"))
    qtbot.waitUntil(lambda: _views(compared)[1].state == "100 %")
    assert _views(compared)[4].state == "waiting"
    compared.engine.pane_gates["game"].set()
    _fill(compared, qtbot)
    assert {view.state for view in _views(compared)} == {""}


def test_pictures_keep_their_place_while_panes_fill(compared: Opened, qtbot: QtBot) -> None:
    compared.engine.pane_raises["game"] = MethodError("No blocks to look into.")
    compared.engine.pane_gates["rollout"].clear()
    compared.session.compare_methods((*THREE, "game", "rollout"))
    qtbot.waitUntil(lambda: _views(compared)[1].state == "100 %")
    before = {view.canvas.height() for view in _views(compared)}
    compared.engine.pane_gates["rollout"].set()
    _fill(compared, qtbot)
    assert {view.canvas.height() for view in _views(compared)} == before
    assert len(before) == 1


def test_zoom_goes_together(compared: Opened) -> None:
    views = [view.canvas.view for view in _views(compared)]
    compared.window.commands["actual_size"].trigger()
    assert {view.camera.scale for view in views} == {1.0}
    views[2].look_at(2.0, (50.0, 60.0))
    assert {(view.camera.scale, view.camera.centre) for view in views} == {(2.0, (50.0, 60.0))}
    compared.window.commands["fit"].trigger()
    assert all(view.fits for view in views)


def test_methods_are_chosen_in_the_menu_and_one_always_stays(compared: Opened, qtbot: QtBot) -> None:
    menu = compared.window.commands["methods"].menu()
    assert isinstance(menu, MethodsMenu)
    entries = {entry.text(): entry for entry in menu.actions()}
    assert [text for text, entry in entries.items() if entry.isChecked()] == _titles(compared)
    entries["MaskCLIP"].trigger()
    entries["ITSM"].trigger()
    entries["Second-order attributions"].trigger()
    assert compared.session.compare_controller.methods == ("second-order",)
    assert entries["Second-order attributions"].isChecked()


@pytest.mark.parametrize(
    ("count", "models", "room", "columns"),
    [
        (9, 1, (900.0, 900.0), 3),
        (9, 1, (845.0, 575.0), 5),
        (9, 1, (520.0, 410.0), 3),  # too little room: it scrolls
        (6, 2, (900.0, 600.0), 4),
        (2, 2, (200.0, 900.0), 2),  # panes of one method stay next to each other
        (1, 1, (10.0, 10.0), 1),
    ],
)
def test_pictures_are_as_large_as_they_can_be(count: int, models: int, room: tuple[float, float], columns: int) -> None:
    assert choose_column_count(count, models, room, 1.0, 72.0) == columns
