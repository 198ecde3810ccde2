"""Two models at once: the second follows the first's pair, selection and colours, with its own answer."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.caption import Token
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.compare.second_model import ABSENT_NOTE
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.ui.canvas.heat_item import current_heat
from tests.ui.conftest import Opened

OTHER = ModelChoice("/models/other")
LEFT = Qt.MouseButton.LeftButton
BOX = Region((100.0, 100.0, 300.0, 300.0))


@pytest.fixture
def paired(opened: Opened, qtbot: QtBot) -> Opened:
    """A window with a second model."""
    opened.session.second_model.open(OTHER)
    _settle(opened, qtbot)
    return opened


def _settle(opened: Opened, qtbot: QtBot) -> None:
    state = opened.session.second_model.state
    qtbot.waitUntil(
        lambda: (
            state.explanation is not None
            and not state.stale
            and state.work is None
            and state.explanation.caption.text == opened.state.caption
        )
    )


def _last_request(opened: Opened) -> tuple[ModelChoice, str] | None:
    asked = opened.engine.explain_requests
    return (asked[-1].choice, asked[-1].caption) if asked else None


def _enlarge(found: Explanation, times: float) -> Explanation:
    matrix = found.interactions
    return replace(found, interactions=replace(matrix, values=matrix.values * times))


def test_the_other_model_explains_the_same_pair(paired: Opened) -> None:
    state = paired.session.second_model.state
    assert paired.engine.loaded[-1] == state.choice == OTHER
    assert state.canvas_picture is paired.state.canvas_picture
    assert state.explanation.caption.text == paired.state.caption
    pane = paired.window.second_model_pane
    assert pane.picture.isVisible()
    assert pane.words.isVisible()
    assert pane.title.text == "other  ·  score +0.3100  ·  12 × 12 patches"
    assert paired.window.commands["second_model"].isChecked()
    assert paired.state.provenance.choice == ModelChoice()  # the first is unchanged


def test_it_follows_caption_picture_and_rule_but_keeps_its_layers(paired: Opened, qtbot: QtBot) -> None:
    session, state = paired.session, paired.session.second_model.state
    session.explain_controller.choose_settings(
        ExplainSettings(image_layer=3, quadrature="gauss-legendre", framing="pad"), None
    )
    qtbot.waitUntil(
        lambda: state.provenance.explain_settings == ExplainSettings(quadrature="gauss-legendre", framing="pad")
    )
    session.explain_controller.type_caption("a black hydrant")
    _settle(paired, qtbot)
    assert state.explanation.caption.text == "a black hydrant"
    session.explain_controller.open_file(paired.picture("second.png", (300, 200)))
    qtbot.waitUntil(
        lambda: (
            paired.state.canvas_picture.title == "second.png" and state.canvas_picture is paired.state.canvas_picture
        )
    )
    _settle(paired, qtbot)
    assert state.explanation.geometry.source_size == (300, 200)


def test_selection_preview_and_drawing_go_over(paired: Opened) -> None:
    session, state = paired.session, paired.session.second_model.state
    session.selection_controller.commit_rows((), (2, 3))
    session.selection_controller.commit_regions((), (BOX,), "draw box")
    assert state.selection == Selection((2, 3), (BOX,))
    session.selection_controller.hover_rows((3,))
    assert state.preview == Preview((3,))
    session.show(smooth=True, opacity=0.3)
    assert (state.view.smooth, state.view.opacity) == (True, 0.3)


def test_a_token_that_only_one_model_reads_selects_nothing_of_the_other(paired: Opened) -> None:
    session, first, window = paired.session, paired.state, paired.window
    state, pane = session.second_model.state, window.second_model_pane
    caption = first.explanation.caption
    padded = replace(caption, tokens=(*caption.tokens, Token(0, "[PAD]", "padding", 0, 0)))
    row = len(caption.tokens)
    matrix = first.explanation.interactions
    wider = replace(
        matrix,
        values=np.vstack([matrix.values, matrix.values[:1]]),
        content=np.append(matrix.content, False),
    )
    first.change(answer=replace(first.explanation, caption=padded, interactions=wider))
    assert current_heat(state) is not None
    session.selection_controller.commit_rows((), (row,))
    assert (state.selection.rows, state.selection.absent) == ((), True)
    assert current_heat(state) is None
    assert "does not read the selected token" in pane.title.text
    session.selection_controller.hover_rows((2,))
    assert current_heat(state) is not None
    session.selection_controller.hover_rows(())
    session.selection_controller.commit_rows((row,), (row, 2))
    assert (state.selection.rows, state.selection.absent) == ((2,), False)
    assert "does not read" not in pane.title.text


def test_what_only_the_other_model_reads_cannot_be_selected_in_both(paired: Opened) -> None:
    session, state = paired.session, paired.session.second_model.state
    caption = state.explanation.caption
    padded = replace(caption, tokens=(*caption.tokens, Token(0, "[PAD]", "padding", 0, 0)))
    state.change(answer=replace(state.explanation, caption=padded))
    row = len(caption.tokens)
    session.second_model.show_rows((row,))
    session.second_model.commit_rows((), (row,))
    assert paired.state.selection == Selection()
    assert not session.undo.canUndo()
    assert state.notice == ABSENT_NOTE
    session.second_model.commit_rows((), (2,))
    assert paired.state.selection.rows == (2,)
    session.second_model.commit_rows((2,), ())
    assert paired.state.selection.rows == ()


def test_a_hovered_patch_is_the_one_at_the_same_place(paired: Opened) -> None:
    session, state = paired.session, paired.session.second_model.state
    coarse = replace(state.explanation, geometry=replace(state.explanation.geometry, grid=(6, 6)))
    state.change(answer=coarse)
    session.selection_controller.hover_patch((5, 8))
    assert state.preview.patch == (2, 4)
    far = Geometry((640, 480), (1000.0, 0.0, 1100.0, 100.0), (6, 6))
    state.change(answer=replace(coarse, geometry=far))
    assert state.preview.patch is None
    session.second_model.hover_patch((1, 1))
    assert (state.preview.patch, paired.state.preview.patch) == ((1, 1), (5, 8))


def test_a_selection_in_the_second_model_is_one_undo_step_of_the_first(paired: Opened, qtbot: QtBot) -> None:
    window, session = paired.window, paired.session
    strip, before = window.second_model_pane.strip, session.undo.index()
    place = strip.grab().rect().topLeft() + QPoint(20, 20)
    QTest.mouseClick(strip, LEFT, pos=place)
    assert paired.state.selection.rows == session.second_model.state.selection.rows != ()
    assert session.undo.index() == before + 1
    window.commands["undo"].trigger()
    assert paired.state.selection.rows == session.second_model.state.selection.rows == ()
    session.second_model.selection_controller.commit_regions((), (BOX,), "draw box")
    assert paired.state.selection.regions == session.second_model.state.selection.regions == (BOX,)


def test_both_are_coloured_in_the_wider_range(paired: Opened) -> None:
    first, state, window = paired.state, paired.session.second_model.state, paired.window
    canvases, strips = (window.canvas, window.second_model_pane.canvas), (window.strip, window.second_model_pane.strip)
    state.change(answer=_enlarge(first.explanation, 3.0))
    for shown in (canvases[0].current_limit(), canvases[1].current_limit(), window.bars[0].limit):
        assert shown == pytest.approx(canvases[1].own_limit()) == pytest.approx(3 * canvases[0].own_limit())
    for limit in (strips[0].limit, strips[1].limit, window.bars[1].limit):
        assert limit == pytest.approx(strips[1].own_limit) == pytest.approx(3 * strips[0].own_limit)
    paired.session.show(picture_limit=0.5)
    assert [canvas.current_limit() for canvas in canvases] == [0.5, 0.5]
    paired.session.show(picture_limit=None)
    paired.session.second_model.close()
    assert window.canvas.current_limit() == pytest.approx(window.canvas.own_limit())


def test_zoom_and_pan_go_together(paired: Opened) -> None:
    first, second = paired.window.canvas.view, paired.window.second_model_pane.canvas.view
    first.zoom_to(2.0)
    assert (second.camera.scale, second.camera.centre) == (2.0, first.camera.centre)
    second.look_at(3.0, (50.0, 60.0))
    assert (first.camera.scale, first.camera.centre) == (3.0, (50.0, 60.0))
    second.fit()
    assert first.fits


def test_an_error_of_the_second_model_is_shown_in_its_pane(opened: Opened, qtbot: QtBot) -> None:
    opened.engine.load_raises.append(ModelError("No such model.", "Choose another."))
    second_model = opened.session.second_model
    second_model.open(OTHER)
    qtbot.waitUntil(lambda: second_model.state.notice is not None)
    assert second_model.state.notice.message == "No such model."
    assert opened.window.second_model_pane.banner.isVisible()
    assert (opened.state.notice, opened.state.stale) == (None, False)


def test_cancelling_stops_the_second_model_only(paired: Opened, qtbot: QtBot) -> None:
    session, engine, state = paired.session, paired.engine, paired.session.second_model.state
    engine.explained.clear()
    session.second_model.open(ModelChoice("/models/third"))
    qtbot.waitUntil(lambda: engine.explained == [paired.state.caption] and state.work is None)
    engine.gate.clear()
    engine.began.clear()
    session.second_model.open(ModelChoice("/models/fourth"))
    qtbot.waitUntil(engine.began.is_set)
    session.second_model.cancel()
    engine.gate.set()
    qtbot.waitUntil(lambda: state.work is None)
    assert state.choice == ModelChoice("/models/third")
    session.explain_controller.type_caption("a dog")
    _settle(paired, qtbot)
    assert paired.state.explanation.caption.text == "a dog"


def test_a_caption_does_not_wait_for_the_second_model(paired: Opened, qtbot: QtBot) -> None:
    session, engine, third = paired.session, paired.engine, ModelChoice("/models/third")
    engine.gate.clear()
    session.second_model.open(third)
    qtbot.waitUntil(lambda: _last_request(paired) == (third, paired.state.caption))
    session.explain_controller.type_caption("a dog")
    qtbot.waitUntil(lambda: _last_request(paired) == (ModelChoice(), "a dog"))
    engine.gate.set()
    qtbot.waitUntil(lambda: paired.state.explanation.caption.text == "a dog")
    _settle(paired, qtbot)
    assert session.second_model.state.provenance.choice == third


def test_the_second_model_continues_after_a_failed_explanation(paired: Opened, qtbot: QtBot) -> None:
    session, engine, third = paired.session, paired.engine, ModelChoice("/models/third")
    engine.gate.clear()
    session.second_model.open(third)
    qtbot.waitUntil(lambda: _last_request(paired) == (third, paired.state.caption))
    session.explain_controller.type_caption("a dog")
    qtbot.waitUntil(lambda: _last_request(paired) == (ModelChoice(), "a dog"))
    engine.raises.append(ModelError("It cannot.", "Choose another."))
    engine.gate.set()
    qtbot.waitUntil(lambda: session.second_model.state.provenance.choice == third)
    assert paired.state.notice.message == "It cannot."
    assert session.second_model.state.work is None


def test_closing_lets_the_other_model_go(paired: Opened, qtbot: QtBot) -> None:
    worker = paired.session.findChild(Worker)
    assert worker.holds_two
    with qtbot.waitSignal(worker.job_ended):
        paired.window.second_model_pane.title.close_requested.emit()
    assert not worker.holds_two
    assert not paired.window.second_model_pane.picture.isVisible()
    assert not paired.window.second_model_pane.words.isVisible()
    assert not paired.window.commands["second_model"].isChecked()
    paired.engine.loaded.clear()
    paired.session.explain_controller.type_caption("a cat")
    qtbot.waitUntil(lambda: paired.state.explanation.caption.text == "a cat" and paired.state.work is None)
    assert paired.engine.loaded == []
