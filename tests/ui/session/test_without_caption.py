"""A picture without a caption, and a caption without a picture: no alarm, and no input is lost."""

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Selection
from exclip_desktop.ui.canvas.banner import SELECT, TYPE, HintLabel
from tests.ui.conftest import Opened

COPY, LEFT, BLANK = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def _drop(opened: Opened, *paths: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    QApplication.sendEvent(opened.window, QDragEnterEvent(QPoint(50, 50), COPY, data, LEFT, BLANK))
    QApplication.sendEvent(opened.window, QDropEvent(QPointF(50, 50), COPY, data, LEFT, BLANK))


def _editor(opened: Opened) -> QLineEdit:
    found = opened.window.caption.findChild(QLineEdit)
    assert isinstance(found, QLineEdit)
    return found


def _hint(opened: Opened) -> str:
    found = opened.window.findChild(HintLabel)
    assert isinstance(found, HintLabel)
    assert found.isVisible()
    return found.text()


def _empty(opened: Opened, qtbot: QtBot) -> None:
    """Empty the caption by keys, and wait for the end of the pause."""
    QTest.mouseClick(_editor(opened), LEFT)
    QTest.keyClick(_editor(opened), Qt.Key.Key_A, CONTROL)
    QTest.keyClick(_editor(opened), Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: opened.state.caption == "")


def _is_calm(opened: Opened, title: str) -> None:
    """Check that the picture is shown without heat, and that the hint requests a caption without an alarm."""
    state, window = opened.state, opened.window
    assert state.canvas_picture is not None
    assert state.canvas_picture.title == title
    assert (state.explanation, state.stale, state.work) == (None, False, None)
    assert state.selection == Selection()
    assert state.notice is None
    assert not window.banner.isVisible()
    assert _hint(opened) == TYPE == "Type what the picture shows."
    assert not window.commands["export_picture"].isEnabled()
    assert title in window.windowTitle()


@pytest.mark.parametrize("kind", ["missing", "unreadable"])
def test_the_caption_stays_when_the_picture_it_came_with_cannot_be_read(
    unopened: Opened, qtbot: QtBot, kind: str
) -> None:
    path = unopened.folder / "gone.png"
    if kind == "unreadable":
        path.write_text("no picture")
    with qtbot.waitSignal(unopened.state.notice_changed):
        unopened.session.start(str(path), "a dog and a cat")
    assert unopened.state.notice.kind == "error"
    assert unopened.state.notice.hint
    assert unopened.window.banner.isVisible()
    assert _editor(unopened).text() == "a dog and a cat"
    assert unopened.state.canvas_picture is None
    _drop(unopened, unopened.picture("there.png"))
    qtbot.waitUntil(lambda: unopened.state.explanation is not None)
    assert unopened.state.canvas_picture.title == "there.png"
    assert unopened.engine.explained == ["a dog and a cat"]
    assert _editor(unopened).text() == "a dog and a cat"
    assert not unopened.window.banner.isVisible()


@pytest.mark.parametrize("caption", [None, "", "  "])
def test_a_picture_without_a_caption_is_shown_with_a_hint(unopened: Opened, qtbot: QtBot, caption: str | None) -> None:
    unopened.session.start(unopened.picture("a.png"), caption)
    qtbot.waitUntil(lambda: unopened.state.canvas_picture is not None and unopened.state.work is None)
    _is_calm(unopened, "a.png")
    _drop(unopened, unopened.picture("b.png"))
    qtbot.waitUntil(lambda: unopened.state.canvas_picture.title == "b.png" and unopened.state.work is None)
    _is_calm(unopened, "b.png")
    assert unopened.engine.explained == []
    QTest.mouseClick(_editor(unopened), LEFT)
    QTest.keyClicks(_editor(unopened), "a red dog")
    qtbot.waitUntil(lambda: unopened.state.explanation is not None and unopened.state.work is None)
    assert unopened.state.canvas_picture.title == "b.png"
    assert unopened.engine.explained[-1] == unopened.state.caption == "a red dog"
    assert _hint(unopened) == SELECT
    QTest.mouseClick(unopened.window.strip, LEFT, pos=QPoint(25, 20))
    assert unopened.state.selection.rows
    assert _hint(unopened) == ""


def test_a_picture_opened_with_an_empty_caption_is_not_explained_by_the_previous_caption(
    opened: Opened, qtbot: QtBot
) -> None:
    opened.session.selection_controller.commit_rows((), (2,))
    before = opened.state.explanation
    _empty(opened, qtbot)
    assert (opened.state.explanation, opened.state.stale) == (before, True)
    assert not opened.window.banner.isVisible()
    assert _hint(opened) == TYPE
    asked = len(opened.engine.explained)
    _drop(opened, opened.picture("b.png", (300, 200)))
    qtbot.waitUntil(lambda: opened.state.canvas_picture.title == "b.png" and opened.state.work is None)
    _is_calm(opened, "b.png")
    assert len(opened.engine.explained) == asked
    QTest.keyClicks(_editor(opened), "a cat")
    qtbot.waitUntil(lambda: opened.state.explanation is not None)
    assert opened.state.explanation.geometry.source_size == (300, 200)
    assert opened.engine.explained[-1] == "a cat"


def test_a_picture_is_grey_under_heat_only(unopened: Opened, qtbot: QtBot) -> None:
    path = unopened.folder / "red.png"
    Image.new("RGB", (640, 480), (200, 30, 30)).save(path)
    view = unopened.window.canvas.view

    def at_the_left() -> tuple[int, ...]:
        """Return the colour of the picture outside the patches."""
        seen = view.viewport().grab().toImage()
        place = QPointF(*view.camera.to_canvas((20, 240))) * seen.devicePixelRatio()
        return seen.pixelColor(place.toPoint()).getRgb()[:3]

    unopened.session.start(str(path))
    qtbot.waitUntil(lambda: unopened.state.canvas_picture is not None and unopened.state.work is None)
    qtbot.waitUntil(lambda: at_the_left() == (200, 30, 30))
    QTest.keyClicks(_editor(unopened), "a dog")
    qtbot.waitUntil(lambda: unopened.state.explanation is not None)
    qtbot.waitUntil(lambda: len(set(at_the_left())) == 1)


def test_emptying_the_caption_can_be_undone(opened: Opened, qtbot: QtBot) -> None:
    _empty(opened, qtbot)
    opened.window.commands["undo"].trigger()
    assert _editor(opened).text() == "a red balloon and a dog"
    qtbot.waitUntil(lambda: not opened.state.stale)
    assert _hint(opened) == ""


def test_an_answer_from_before_the_caption_was_emptied_is_not_shown(opened: Opened, qtbot: QtBot) -> None:
    gate = opened.engine.gate
    gate.clear()
    opened.engine.began.clear()
    _drop(opened, opened.picture("b.png"))
    qtbot.waitUntil(opened.engine.began.is_set)
    assert opened.state.explanation is None
    _empty(opened, qtbot)
    gate.set()
    qtbot.wait(50)
    _is_calm(opened, "b.png")


def test_a_box_drawn_without_a_caption_stays_on_its_picture_only(unopened: Opened, qtbot: QtBot) -> None:
    state, view = unopened.state, unopened.window.canvas.view
    unopened.session.start(unopened.picture("a.png"))
    qtbot.waitUntil(lambda: state.canvas_picture is not None and state.work is None)

    def draw() -> None:
        middle = view.viewport().rect().center()
        QTest.mousePress(view.viewport(), LEFT, pos=middle)
        QTest.mouseMove(view.viewport(), middle + QPoint(40, 40))
        QTest.mouseRelease(view.viewport(), LEFT, pos=middle + QPoint(40, 40))
        assert len(state.selection.regions) == 1

    draw()
    _drop(unopened, unopened.picture("b.png"))
    qtbot.waitUntil(lambda: state.canvas_picture.title == "b.png")
    assert state.selection == Selection()
    draw()
    drawn = state.selection.regions
    QTest.keyClicks(_editor(unopened), "a dog")
    qtbot.waitUntil(lambda: state.explanation is not None)
    assert state.selection == Selection((), drawn)


@pytest.mark.parametrize("caption", ["a dog", ""])
def test_of_several_files_the_first_is_opened_with_a_note(opened: Opened, qtbot: QtBot, caption: str) -> None:
    if not caption:
        _empty(opened, qtbot)
    paths = [opened.picture(name) for name in ("b.png", "c.png", "d.png")]
    _drop(opened, *paths)
    qtbot.waitUntil(lambda: opened.state.canvas_picture.path == paths[0] and opened.state.work is None)
    assert opened.window.banner.isVisible()
    assert opened.state.notice.kind == "note"
    assert opened.state.notice.message == "The first of 3 files was opened: b.png. Open the others one at a time."
    _drop(opened, paths[1])
    qtbot.waitUntil(lambda: opened.state.canvas_picture.path == paths[1] and opened.state.work is None)
    assert opened.state.notice is None
