"""The difference from the previous caption, in a whole window."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Selection
from tests.ui.conftest import Opened


def _explain(opened: Opened, qtbot: QtBot, caption: str) -> None:
    opened.session.explain_controller.type_caption(caption)
    state = opened.state
    qtbot.waitUntil(lambda: state.explanation.caption.text == caption and not state.stale and state.work is None)


def test_an_edit_shows_what_changed(opened: Opened, qtbot: QtBot) -> None:
    QTest.keyClick(opened.window, Qt.Key.Key_X)
    pane = opened.window.difference
    assert pane.picture.isVisible()
    assert "Edit the caption" in pane.title.text
    before = opened.state.explanation
    _explain(opened, qtbot, "a blue balloon and a dog")
    assert pane.title.text.startswith("Difference +0.0000")
    assert "“a red balloon and a dog”" in pane.title.text
    assert "“a red balloon and a dog”" in pane.title._text.toolTip()
    scene = opened.session.caption_difference.scene
    expected = opened.state.explanation.patch_heat() - before.patch_heat()
    assert np.allclose(scene.answer.interactions.patch_heat(), expected)
    QTest.keyClick(opened.window, Qt.Key.Key_X)
    assert not pane.picture.isVisible()
    assert scene.answer is None


def test_it_follows_the_selection_both_ways(opened: Opened, qtbot: QtBot) -> None:
    _explain(opened, qtbot, "a blue balloon and a dog")
    opened.window.commands["difference"].trigger()
    opened.state.change(selection=Selection((2,)))
    assert opened.session.caption_difference.scene.selection.rows == (2,)
    opened.window.difference.strip.rows_committed.emit((2,), (3,))
    assert opened.state.selection.rows == (3,)


def test_both_are_drawn_in_one_range(opened: Opened, qtbot: QtBot) -> None:
    _explain(opened, qtbot, "a blue balloon and a dog")
    opened.window.commands["difference"].trigger()
    canvases = opened.window.canvas, opened.window.difference.canvas
    assert canvases[0].own_limit() != canvases[1].own_limit()
    assert canvases[0].current_limit() == canvases[1].current_limit() == max(c.own_limit() for c in canvases)
    opened.window.commands["difference"].trigger()
    assert canvases[0].current_limit() == canvases[0].own_limit()


def test_another_picture_has_no_previous_caption(opened: Opened, qtbot: QtBot) -> None:
    _explain(opened, qtbot, "a blue balloon and a dog")
    opened.window.commands["difference"].trigger()
    opened.session.explain_controller.open_file(opened.picture("b.png"), "a cat")
    qtbot.waitUntil(lambda: opened.state.caption == "a cat" and opened.state.explanation is not None)
    assert opened.session.caption_difference.scene.answer is None
    assert not opened.window.difference.words.isVisible()
    _explain(opened, qtbot, "a dog")
    assert opened.window.difference.words.isVisible()


def test_esc_leaves_the_caption_so_that_x_is_no_letter_of_it(opened: Opened, qtbot: QtBot) -> None:
    window, state = opened.window, opened.state
    window.activateWindow()
    state.change(selection=Selection((2,)))
    window.caption.setFocus()
    editor = window.focusWidget()
    QTest.keyClick(editor, Qt.Key.Key_End)
    QTest.keyClicks(editor, "s")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert window.focusWidget() is window.canvas.view
    assert state.selection.rows == (2,)
    qtbot.waitUntil(lambda: state.explanation.caption.text == "a red balloon and a dogs" and state.work is None)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_X)
    assert window.caption.text == "a red balloon and a dogs"
    assert "“a red balloon and a dog”" in window.difference.title.text


def test_other_captions_show_their_difference(opened: Opened, qtbot: QtBot) -> None:
    opened.session.caption_alternatives.add("a cat")
    qtbot.waitUntil(lambda: all(entry.score is not None for entry in opened.state.alternatives))
    model = opened.window.alternatives._model
    assert [model.index(row, 3).data() for row in range(model.rowCount())] == ["", "+0.0000"]
