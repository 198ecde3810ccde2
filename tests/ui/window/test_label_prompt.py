"""The field at a box for its name: when it opens, and what Enter, Esc and a click elsewhere do."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.project.project_files import ENDING
from exclip_desktop.ui.canvas.label_field import LabelField
from tests.ui.conftest import Opened
from tests.ui.window.test_boxes import BOX, Key, Mod, drag, draw, place, press, regions

LISTED = '{"id": "1", "picture": "first.png", "caption": "a dog", "boxes": [{"box": [1, 2, 30, 40], "name": "dog"}]}\n'


def field_of(opened: Opened) -> LabelField:
    field = opened.window.findChild(LabelField)
    assert isinstance(field, LabelField)
    return field


def test_without_labels_drawing_does_not_ask(opened: Opened) -> None:
    drag(opened.window.canvas, (100, 100), (300, 300))
    assert not field_of(opened).isVisible()
    assert not opened.window.commands["prompt_label"].isChecked()


def test_the_switch_makes_drawing_ask_and_is_kept(opened: Opened) -> None:
    opened.window.commands["prompt_label"].trigger()
    drag(opened.window.canvas, (100, 100), (300, 300))
    field, canvas = field_of(opened), opened.window.canvas
    assert field.isVisible()
    below = canvas.view.mapTo(opened.window, canvas.region_place(0))
    assert abs(field.x() - below.x()) < 3
    assert 0 < field.y() - below.y() < 20
    QTest.keyClicks(field, "a dog, d?")
    press(opened, Key.Key_Return)
    assert regions(opened)[0].name == "a dog, d?"
    assert not field.isVisible()
    assert canvas.view.hasFocus()
    assert opened.session.settings.annotating.prompts_label() is True


def test_esc_leaves_the_box_without_a_name_and_selected(opened: Opened) -> None:
    opened.session.known_labels.set_prompt(True)
    drag(opened.window.canvas, (100, 100), (300, 300))
    QTest.keyClicks(field_of(opened), "dog")
    field_of(opened).completer().popup().hide()
    press(opened, Key.Key_Escape)
    assert [region.name for region in regions(opened)] == [""]
    assert not field_of(opened).isVisible()


def test_drawing_the_next_box_accepts_the_name(opened: Opened) -> None:
    opened.session.known_labels.set_prompt(True)
    drag(opened.window.canvas, (100, 100), (200, 200))
    QTest.keyClicks(field_of(opened), "dog")
    opened.window.canvas.view.setFocus()
    drag(opened.window.canvas, (300, 300), (400, 400))
    assert [region.name for region in regions(opened)] == ["dog", ""]
    assert field_of(opened).isVisible()


def test_subtracted_boxes_are_not_asked_for(opened: Opened) -> None:
    opened.session.known_labels.set_prompt(True)
    opened.session.show(subtract=True)
    drag(opened.window.canvas, (100, 100), (300, 300))
    assert not field_of(opened).isVisible()


def test_earlier_labels_complete_and_a_choice_is_enough(opened: Opened, qtbot: QtBot) -> None:
    draw(opened, Region(BOX.box, name="red balloon"))
    opened.session.known_labels.set_prompt(True)
    drag(opened.window.canvas, (400, 100), (500, 200))
    field = field_of(opened)
    QTest.keyClicks(field, "ball")
    popup = field.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    QTest.keyClick(popup, Key.Key_Down)
    QTest.keyClick(popup, Key.Key_Return)
    assert regions(opened)[1].name == "red balloon"


def test_down_in_the_empty_field_offers_all_labels(opened: Opened, qtbot: QtBot) -> None:
    draw(opened, Region(BOX.box, name="red balloon"))
    opened.session.known_labels.set_prompt(True)
    drag(opened.window.canvas, (400, 100), (500, 200))
    field = field_of(opened)
    QTest.keyClick(field, Key.Key_Down)
    popup = field.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    QTest.keyClick(popup, Key.Key_Return)
    assert [region.name for region in regions(opened)] == ["red balloon", "red balloon"], "two keys repeat a name"
    assert not field.isVisible()


def test_a_labelled_list_asks_at_first_and_the_switch_decides(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(LISTED, "utf-8")
    opened.session.open(str(tmp_path / "list.jsonl"))
    qtbot.waitUntil(lambda: opened.session.pair_navigation.current is not None)
    qtbot.waitUntil(lambda: opened.state.explanation is not None and opened.state.work is None)
    labels = opened.session.known_labels
    assert opened.window.commands["prompt_label"].isChecked()
    assert labels.names() == ("dog",)
    opened.window.commands["prompt_label"].trigger()
    drag(opened.window.canvas, (100, 100), (300, 300))
    assert not field_of(opened).isVisible()


def test_labels_saved_in_the_project_are_offered_newest_first(opened: Opened) -> None:
    opened.session.projects.create(opened.folder / f"a{ENDING}")
    for name in ("cat", "dog"):
        draw(opened, *regions(opened), Region(BOX.box, name=name))
        opened.window.commands["keep_labels"].trigger()
    opened.session.selection_controller.clear()
    assert opened.session.known_labels.names() == ("dog", "cat")
    assert opened.window.commands["prompt_label"].isChecked()


def test_a_double_click_on_a_box_renames_it_in_place(opened: Opened) -> None:
    draw(opened, Region(BOX.box, name="dog"))
    canvas = opened.window.canvas
    QTest.mouseDClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=place(canvas, (250, 250)))
    field = field_of(opened)
    assert (field.text(), field.selectedText()) == ("dog", "dog")
    QTest.keyClicks(field, "cat")
    QTest.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, Mod.NoModifier, QPoint(3, 3))
    opened.window.strip.setFocus()
    QApplication.processEvents()
    assert regions(opened)[0].name == "cat"


def test_undo_while_the_field_is_open_names_nothing(opened: Opened) -> None:
    opened.session.known_labels.set_prompt(True)
    drag(opened.window.canvas, (100, 100), (300, 300))
    QTest.keyClicks(field_of(opened), "dog")
    opened.session.undo.undo()
    opened.window.strip.setFocus()
    assert regions(opened) == ()
    opened.session.undo.redo()
    assert [region.name for region in regions(opened)] == [""]


def test_hidden_boxes_are_kept_as_labels_and_subtracted_ones_are_not(opened: Opened) -> None:
    opened.session.projects.create(opened.folder / f"a{ENDING}")
    dog, cat, hole = Region(BOX.box, name="dog"), Region((1.0, 1.0, 9.0, 9.0), name="cat"), Region((2.0, 2.0, 4.0, 4.0))
    draw(opened, dog, cat, replace(hole, subtract=True))
    opened.session.region_controller.set_visible(1, False)
    opened.window.commands["keep_labels"].trigger()
    opened.window.commands["take_labels"].trigger()
    assert opened.state.selection.regions == (dog, cat)
    assert opened.state.selection.hidden == ()
