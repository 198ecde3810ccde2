"""Similar patches in a session: what is computed when, and what is shown of which picture."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.maths.similar_patches import similar_patches
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.parts.heat_modes import SimilarHeat
from exclip_desktop.ui.canvas.heat_item import current_heat
from tests.ui.conftest import Opened
from tests.ui.fakes import make_rows
from tests.ui.session.session_desk import Desk, count_requests


def is_shown(desk: Desk) -> bool:
    mode = desk.state.heat_mode
    return isinstance(mode, SimilarHeat) and mode.similarity is not None


def open_mode(desk: Desk) -> None:
    desk.session.one_picture.similar_patches.open()
    desk.qtbot.waitUntil(lambda: is_shown(desk))


def hold(desk: Desk) -> None:
    """Open the mode, and let the engine wait before it answers."""
    desk.engine.picture_gate.clear()
    desk.session.one_picture.similar_patches.open()
    desk.qtbot.waitUntil(lambda: bool(desk.engine.picture_requests))


def test_hovering_shows_the_cosines_with_the_patch(desk: Desk) -> None:
    open_mode(desk)
    desk.session.selection_controller.hover_patch((3, 2))
    rows = make_rows((12, 12))
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    heat = current_heat(desk.state)
    assert heat is not None
    assert heat == pytest.approx((units @ units[3 * 12 + 2]).reshape(12, 12), abs=1e-6)
    assert heat[3, 2] == pytest.approx(1)
    assert heat[:, :6].min() > heat[:, 6:].max()  # the left half is alike


def test_boxes_show_the_mean_over_their_patches(desk: Desk) -> None:
    open_mode(desk)
    geometry = desk.state.explanation.geometry
    patches = [(5, 7), (5, 8)]
    x0, y0 = geometry.patch_box(*patches[0])[:2]
    desk.session.selection_controller.show_regions((Region((x0, y0, *geometry.patch_box(*patches[1])[2:])),))
    similarity = similar_patches(make_rows((12, 12)), np.ones(8), (12, 12))
    mean = np.mean([similarity.heat_of_patch(patch) for patch in patches], axis=0)
    assert current_heat(desk.state) == pytest.approx(mean, abs=1e-6)


def test_without_a_patch_the_mean_over_the_picture_is_shown(desk: Desk) -> None:
    open_mode(desk)
    similarity = similar_patches(make_rows((12, 12)), np.ones(8), (12, 12))
    assert current_heat(desk.state) == pytest.approx(similarity.heat_of_patches(np.ones((12, 12))))


def test_the_product_is_another_kind_and_remembered(desk: Desk) -> None:
    open_mode(desk)
    desk.session.one_picture.similar_patches.choose("product")
    rows = make_rows((12, 12))
    desk.session.selection_controller.hover_patch((0, 0))
    norm = np.linalg.norm(rows.sum(0))
    assert current_heat(desk.state) == pytest.approx((rows @ rows[0] / norm**2).reshape(12, 12), abs=1e-6)
    assert desk.session.settings.parts.read().similarity == "product"
    assert count_requests(desk) == 1


def test_another_caption_keeps_the_similarities(desk: Desk) -> None:
    open_mode(desk)
    desk.explain(lambda: desk.session.explain_controller.type_caption("a dog"))
    assert is_shown(desk)
    assert count_requests(desk) == 1


def test_while_they_are_computed_no_heat_of_another_unit_is_shown(desk: Desk) -> None:
    hold(desk)
    assert current_heat(desk.state) is None
    assert desk.state.work is not None
    desk.engine.picture_gate.set()
    desk.qtbot.waitUntil(lambda: is_shown(desk))
    assert desk.state.work is None


def test_another_picture_shows_nothing_of_the_previous_one(desk: Desk) -> None:
    open_mode(desk)
    path = desk.picture("b.png")
    desk.engine.picture_gate.clear()
    before = desk.state.explanation
    desk.session.explain_controller.open_file(path, "a cat")
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    assert desk.state.explanation is not before
    assert current_heat(desk.state) is None
    desk.engine.picture_gate.set()
    desk.qtbot.waitUntil(lambda: is_shown(desk))


def test_a_caption_typed_meanwhile_interrupts_and_then_they_are_requested_again(desk: Desk) -> None:
    hold(desk)
    desk.session.explain_controller.type_caption("a cat")
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    assert desk.engine.picture_requests[1].question.caption == "a cat"
    desk.engine.picture_gate.set()
    desk.qtbot.waitUntil(lambda: is_shown(desk))


def test_another_model_computes_others(desk: Desk) -> None:
    open_mode(desk)
    make = desk.engine.make
    desk.engine.make = lambda caption: replace(
        make(caption), settings=replace(make(caption).settings, weights_sha256="1" * 64)
    )
    desk.explain(lambda: desk.session.explain_controller.choose_model(replace(desk.state.choice, name="other")))
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2 and is_shown(desk))
    assert desk.engine.picture_requests[1].choice.name == "other"


def test_leaving_while_they_are_computed_cancels(desk: Desk) -> None:
    hold(desk)
    desk.session.selection_controller.escape()
    assert desk.state.heat_mode is None
    desk.qtbot.waitUntil(lambda: desk.state.work is None)
    desk.engine.picture_gate.set()
    open_mode(desk)
    assert count_requests(desk) == 2


def test_cancelling_the_work_leaves_the_mode(desk: Desk) -> None:
    hold(desk)
    desk.session.cancel()
    assert desk.state.heat_mode is None
    assert desk.state.work is None


def test_a_failure_is_reported_and_the_heat_is_back(desk: Desk) -> None:
    desk.engine.picture_raises.append(PictureError("Too narrow.", "Choose another."))
    desk.session.one_picture.similar_patches.open()
    desk.qtbot.waitUntil(lambda: desk.state.notice is not None)
    assert desk.state.notice.message == "Too narrow."
    assert desk.state.heat_mode is None
    assert current_heat(desk.state) is not None


def test_they_are_refused_without_an_explanation_and_in_the_compare_view(desk: Desk) -> None:
    reasons: list[str] = []
    desk.session.one_picture.similar_patches.refused.connect(reasons.append)
    desk.session.compare_controller.open()
    desk.session.one_picture.similar_patches.open()
    assert desk.state.heat_mode is None
    desk.session.compare_controller.close()
    desk.hold(lambda: desk.session.explain_controller.open_file(desk.picture("b.png"), "a cat"))
    desk.session.one_picture.similar_patches.open()
    assert desk.state.heat_mode is None
    assert [reason.split(":")[0] for reason in reasons] == [
        "Similar patches are shown for exCLIP's own answer only",
        "Similar patches need an explained picture.",
    ]


def test_the_compare_view_ends_the_mode(desk: Desk) -> None:
    open_mode(desk)
    desk.session.compare_controller.open()
    assert desk.state.heat_mode is None


def test_the_key_opens_and_closes_and_esc_leaves_before_it_clears(opened: Opened, qtbot: QtBot) -> None:
    window, state = opened.window, opened.state
    rows = state.explanation.caption.words[1].rows
    opened.session.selection_controller.commit_rows((), rows)
    window.canvas.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_I)
    qtbot.waitUntil(lambda: isinstance(state.heat_mode, SimilarHeat) and state.heat_mode.similarity is not None)
    assert window.commands["similar_patches"].isChecked()
    assert window.canvas._mode_label.text.startswith("Similar patches (cosine)")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert state.heat_mode is None
    assert state.selection.rows == rows
    assert not window.commands["similar_patches"].isChecked()
    assert window.canvas._mode_label.text == ""
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not state.selection.rows


def test_the_colour_bar_has_their_unit_and_range_whatever_is_locked(opened: Opened, qtbot: QtBot) -> None:
    window, state = opened.window, opened.state
    window.commands["lock_range"].trigger()
    locked = window.bars[0].limit
    window.commands["similar_patches"].trigger()
    qtbot.waitUntil(lambda: isinstance(state.heat_mode, SimilarHeat) and state.heat_mode.similarity is not None)
    view = window.canvas.view.viewport()
    QTest.mouseMove(view, QPoint(view.width() // 2, view.height() // 2))
    QTest.mouseMove(view, QPoint(view.width() // 2 + 3, view.height() // 2))
    qtbot.waitUntil(lambda: state.preview.patch is not None)
    assert window.bars[0].limit == pytest.approx(1.0, abs=1e-6)
    assert window.bars[0]._unit_label.text() == "Cosine"
    assert window.bars[1].limit == state.view.words_limit
    window.commands["similar_by_product"].trigger()
    assert window.bars[0]._unit_label.text() == "Product"
    window.commands["similar_patches"].trigger()
    assert window.bars[0].limit == locked
    assert window.bars[0]._unit_label.isHidden()
