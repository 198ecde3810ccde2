"""Two captions: what is requested, and how words of one colour the other."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.session.state import State
from exclip_desktop.session.two_inputs.two_inputs_controller import TwoInputsController
from tests.ui.conftest import Opened
from tests.ui.session.session_desk import Desk

SECOND = "a blue kite"


def two(desk: Desk) -> TwoInputsController:
    return desk.session.two_inputs


def open_two(desk: Desk, caption: str = SECOND) -> None:
    two(desk).open("captions")
    two(desk).type_caption(caption)
    wait_for(desk, caption)


def wait_for(desk: Desk, caption: str) -> None:
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None and caption_of(two(desk), "second").text == caption)


def caption_of(two_inputs: TwoInputsController, which: str) -> Caption:
    return two_inputs.explanation.side(which).caption


def heat_of(scene: State) -> np.ndarray:
    return scene.answer.interactions.token_heat()


def test_words_of_the_first_caption_colour_the_second(desk: Desk) -> None:
    open_two(desk)
    rows = caption_of(two(desk), "first").rows_of("balloon")
    desk.session.selection_controller.commit_rows((), rows)
    assert two(desk).first.selection.rows == rows
    assert heat_of(two(desk).second) == pytest.approx(two(desk).explanation.heat("second", Selection(rows)))
    assert heat_of(two(desk).first) == pytest.approx(two(desk).explanation.heat("first", Selection()))


def test_words_of_the_second_caption_colour_the_first(desk: Desk) -> None:
    open_two(desk)
    rows = caption_of(two(desk), "second").rows_of("kite")
    two(desk).second_selection.commit_rows((), rows)
    assert heat_of(two(desk).first) == pytest.approx(two(desk).explanation.heat("first", Selection(rows)))
    assert desk.state.selection.rows == ()
    desk.undo.undo()
    assert heat_of(two(desk).first) == pytest.approx(two(desk).explanation.heat("first", Selection()))


def test_a_hovered_word_is_previewed_in_the_other_caption(desk: Desk) -> None:
    open_two(desk)
    rows = caption_of(two(desk), "second").rows_of("blue")
    two(desk).hover_rows("second", rows)
    heat = two(desk).explanation.heat("first", Selection(), Preview(rows))
    assert heat_of(two(desk).first) == pytest.approx(heat)


def test_typing_asks_for_the_last_caption_only_and_is_one_step(desk: Desk) -> None:
    open_two(desk)
    desk.engine.picture_gate.clear()
    before = desk.undo.count()
    two(desk).type_caption("a blue kite and")
    desk.qtbot.waitUntil(lambda: desk.engine.picture_requests[-1].other == "a blue kite and")
    assert two(desk).second.stale
    two(desk).type_caption("a blue kite and a cat")
    desk.engine.picture_gate.set()
    wait_for(desk, "a blue kite and a cat")
    assert not two(desk).second.stale
    assert desk.undo.count() == before
    desk.undo.undo()
    assert two(desk).second.caption != "a blue kite and a cat"


def test_typing_in_both_captions_makes_steps_of_their_own(desk: Desk) -> None:
    open_two(desk)
    desk.session.explain_controller.type_caption("a cat")
    two(desk).type_caption("a red kite")
    wait_for(desk, "a red kite")
    desk.undo.undo()
    assert two(desk).second.caption == SECOND
    assert desk.state.caption == "a cat"
    desk.undo.undo()
    assert two(desk).second.caption == SECOND
    assert desk.state.caption == "a red balloon"


def test_the_same_words_stay_selected_in_another_second_caption(desk: Desk) -> None:
    open_two(desk)
    two(desk).second_selection.commit_rows((), caption_of(two(desk), "second").rows_of("kite"))
    two(desk).type_caption("the dog and a kite")
    wait_for(desk, "the dog and a kite")
    caption = caption_of(two(desk), "second")
    assert two(desk).second.selection.rows == caption.rows_of("kite")
    assert heat_of(two(desk).first) == pytest.approx(
        two(desk).explanation.heat("first", Selection(caption.rows_of("kite")))
    )


def test_another_first_caption_is_compared_at_once(desk: Desk) -> None:
    open_two(desk)
    desk.session.explain_controller.type_caption("a small cat")
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None and caption_of(two(desk), "first").text != "")
    desk.qtbot.waitUntil(lambda: caption_of(two(desk), "first").text == "a small cat")
    assert caption_of(two(desk), "second").text == SECOND


def test_a_caption_that_cannot_be_read_is_reported_and_the_last_answer_stays(desk: Desk) -> None:
    open_two(desk)
    before = two(desk).explanation
    desk.engine.picture_raises.append(CaptionError("Too long.", "Shorten it."))
    two(desk).type_caption("x" * 20)
    desk.qtbot.waitUntil(lambda: two(desk).second.notice is not None)
    assert two(desk).explanation is before
    assert two(desk).second.stale
    two(desk).type_caption("a kite")
    wait_for(desk, "a kite")
    assert two(desk).second.notice is None


def test_boxes_of_the_second_picture_survive(desk: Desk) -> None:
    two(desk).pin()
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)
    box = Region((1.0, 1.0, 30.0, 30.0))
    two(desk).second_selection.commit_regions((), (box,), "draw box")
    open_two(desk)
    two(desk).second_selection.commit_rows((), caption_of(two(desk), "second").rows_of("kite"))
    two(desk).open("pictures")
    assert two(desk).second.selection == Selection(regions=(box,))


def test_in_the_window_cells_select_both_words_and_esc_clears_both(opened: Opened, qtbot: QtBot) -> None:
    window, two_inputs = opened.window, opened.session.two_inputs
    window.canvas.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    assert two_inputs.kind == "captions"
    view = window.two_captions
    view.field.setFocus()
    view.field._editor.selectAll()
    QTest.keyClicks(view.field._editor, SECOND)
    QTest.keyClick(view.field._editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: two_inputs.explanation is not None and caption_of(two_inputs, "second").text == SECOND)
    assert view.matrix.plot.shape == (6, 3)
    assert view.title.startswith("Two captions  ·  score")
    assert not window.strip.isVisible()
    plot = view.matrix.plot
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.cell_rect(2, 1).center().toPoint())
    assert opened.state.selection.rows == caption_of(two_inputs, "first").rows_of("balloon")
    assert two_inputs.second.selection.rows == caption_of(two_inputs, "second").rows_of("blue")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert opened.state.selection.rows == ()
    assert two_inputs.second.selection.rows == ()
    window.commands["two_captions"].trigger()
    assert two_inputs.kind is None
    assert window.strip.isVisible()
