"""Walking through a list: the next pair is on screen at once, and nothing of another pair is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import CaptionError, ModelError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.layer_profile import Profile
from exclip_desktop.core.values.selection import Preview, Selection
from exclip_desktop.session.state import ProfileProgress
from exclip_desktop.session.worker.requests import ModelChoice
from tests.ui.lists.walk_desk import CAPTIONS, CAT, DAMAGED, DOG, GONE, WalkDesk

PICTURES = ("0.png", "1.png", DAMAGED, GONE, "4.png")


@pytest.fixture
def walk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Iterator[WalkDesk]:
    made = WalkDesk(tmp_path, make_explanation, PICTURES)
    qtbot.addWidget(made.window)
    made.window.show()
    made.session.start(str(tmp_path / "list.csv"))
    made.settle(qtbot, 0)
    yield made
    made.release()


def _is_bare(walk: WalkDesk, number: int) -> None:
    """Check that pair ``number`` is on screen without an answer, and nothing of another pair is."""
    state, window = walk.state, walk.window
    assert walk.session.pair_navigation.current == number
    assert state.caption == CAPTIONS[number]
    assert (state.explanation, state.stale, state.selection, state.preview) == (None, False, Selection(), Preview())
    assert (state.profile, state.occlusion, state.framings) == (ProfileProgress(), None, ())
    assert walk.session.active_pane.active_answer is None
    assert window.windowTitle().startswith(PICTURES[number])
    assert window.caption.text == CAPTIONS[number]
    assert window.canvas.current_heat() is None
    assert [bar.limit for bar in window.bars] == [1.0, 1.0]
    assert "score" not in window.status._result.text()
    for name in ("export_picture", "export_numbers", "copy_values", "note"):
        assert not window.commands[name].isEnabled()


def _title(walk: WalkDesk) -> str | None:
    return None if walk.state.canvas_picture is None else walk.state.canvas_picture.title


def test_the_next_pair_is_on_screen_before_it_is_explained(walk: WalkDesk, qtbot: QtBot) -> None:
    session, state = walk.session, walk.state
    session.selection_controller.commit_rows((), (2,))
    height = walk.window.strip.height()
    state.change(preview=Preview((1,)), profile=ProfileProgress(Profile("image", (0,))))
    walk.hold()
    QTest.keyClick(walk.window, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: _title(walk) == "1.png")
    _is_bare(walk, 1)
    assert walk.window.strip.heightForWidth(walk.window.strip.width()) == height  # the canvas does not jump
    assert session.picture_labels.labels == (CAT,)
    walk.release()
    walk.settle(qtbot, 1)
    assert [state.explanation.caption.tokens[row].text for row in state.selection.rows] == ["dog"]


def test_nothing_of_the_previous_pair_stays_while_the_picture_is_read(walk: WalkDesk, qtbot: QtBot) -> None:
    walk.hold()
    walk.session.shelf.clear()
    gate = walk.hold_decoding()
    walk.step()
    assert walk.state.canvas_picture is None
    assert walk.window.canvas.hint == ""
    _is_bare(walk, 1)
    gate.set()
    qtbot.waitUntil(lambda: _title(walk) == "1.png")
    _is_bare(walk, 1)


def test_labels_are_drawn_before_the_answer_and_without_being_selected(walk: WalkDesk, qtbot: QtBot) -> None:
    canvas, state = walk.window.canvas, walk.state
    walk.hold()
    walk.step()
    qtbot.waitUntil(lambda: _title(walk) == "1.png")
    assert canvas._marks._marks.labels == (CAT,)
    assert state.selection.regions == canvas._marks._marks.regions == ()
    walk.window.commands["labels"].trigger()
    assert canvas._marks._marks.labels == ()
    walk.window.commands["labels"].trigger()
    assert [item.opacity() for item in canvas._marks._labels] == [0.75]
    walk.release()
    walk.settle(qtbot, 1)
    walk.window.commands["take_labels"].trigger()
    assert (canvas._marks._marks.labels, state.selection.regions) == ((), (CAT,))
    walk.session.region_controller.set_visible(0, False)
    assert canvas._marks._marks.labels == ()  # a hidden box stays hidden
    walk.step(-1)
    qtbot.waitUntil(lambda: _title(walk) == "0.png")
    assert canvas._marks._marks.labels == (DOG,)


@pytest.mark.parametrize("number", [2, 3])
def test_a_picture_that_cannot_be_read_is_an_empty_canvas_with_its_error(
    walk: WalkDesk, qtbot: QtBot, number: int
) -> None:
    with qtbot.waitSignal(walk.state.notice_changed):
        walk.session.pair_navigation.show(number)
    qtbot.waitUntil(lambda: walk.state.work is None)
    assert walk.state.canvas_picture is None
    _is_bare(walk, number)
    assert walk.window.banner.isVisible()
    assert walk.window.canvas.hint == f"{PICTURES[number]} cannot be shown. The message above says why."
    assert PICTURES[number] in walk.state.notice.message
    walk.step(1 if number == 3 else -1)
    walk.settle(qtbot, 4 if number == 3 else 1)
    assert not walk.window.banner.isVisible()


@pytest.mark.parametrize(
    "error", [CaptionError("The caption has 2,100 characters."), ModelError("No."), ZeroDivisionError("x")]
)
def test_a_pair_that_cannot_be_explained_shows_its_own_picture_with_the_error(
    walk: WalkDesk, qtbot: QtBot, error: Exception
) -> None:
    walk.hold()
    walk.step()
    walk.engine.raises.append(error)
    with qtbot.waitSignal(walk.state.notice_changed):
        walk.release()
    assert _title(walk) == "1.png"
    _is_bare(walk, 1)
    assert walk.window.banner.isVisible()


def test_an_answer_of_the_previous_pair_is_not_shown(walk: WalkDesk, qtbot: QtBot) -> None:
    walk.hold()
    walk.step()
    qtbot.waitUntil(lambda: _title(walk) == "1.png")
    walk.session.pair_navigation.show(4)
    qtbot.waitUntil(lambda: _title(walk) == "4.png")
    seen: list[str] = []
    walk.state.answer_changed.connect(lambda: seen.append(walk.state.explanation.caption.text))
    walk.release()
    walk.settle(qtbot, 4)
    assert seen == [CAPTIONS[4]]


def test_a_pair_that_is_left_while_its_picture_is_read_does_not_come_back(walk: WalkDesk, qtbot: QtBot) -> None:
    walk.session.shelf.clear()
    gate = walk.hold_decoding()
    walk.step()
    walk.session.pair_navigation.show(4)
    gate.set()
    walk.settle(qtbot, 4)
    assert _title(walk) == "4.png"


def test_cancelling_stays_with_the_pair(walk: WalkDesk, qtbot: QtBot) -> None:
    walk.hold()
    walk.step()
    qtbot.waitUntil(lambda: _title(walk) == "1.png")
    walk.session.cancel()
    _is_bare(walk, 1)
    walk.release()
    walk.session.explain_controller.type_caption(CAPTIONS[1])  # Enter in the caption field
    walk.settle(qtbot, 1)


def test_a_model_that_fails_during_the_walk_is_not_asked_for_the_next_pair(walk: WalkDesk, qtbot: QtBot) -> None:
    walk.hold()
    walk.step()
    qtbot.waitUntil(lambda: _title(walk) == "1.png")
    walk.engine.load_raises.append(ModelError("There is no such model."))
    with qtbot.waitSignal(walk.state.notice_changed):
        walk.session.explain_controller.choose_model(ModelChoice("/wrong/folder"))
    assert walk.state.choice == ModelChoice()
    _is_bare(walk, 1)
    walk.release()
    walk.session.pair_navigation.show(4)
    walk.settle(qtbot, 4)


def test_the_second_model_shows_the_pair_too_and_nothing_of_the_previous_one(walk: WalkDesk, qtbot: QtBot) -> None:
    second = walk.session.second_model
    second.open(ModelChoice("other"))
    qtbot.waitUntil(lambda: second.state.explanation is not None and walk.state.work is None)
    walk.hold()
    walk.step()
    qtbot.waitUntil(lambda: _title(walk) == "1.png")
    assert second.state.canvas_picture is walk.state.canvas_picture
    assert (second.state.explanation, second.state.selection) == (None, Selection())
    walk.release()
    qtbot.waitUntil(lambda: second.state.explanation is not None)
    assert second.state.explanation.caption.text == CAPTIONS[1]


def test_panes_show_the_pair_too_and_nothing_of_the_previous_one(walk: WalkDesk, qtbot: QtBot) -> None:
    compare = walk.session.compare_controller
    compare.open()
    qtbot.waitUntil(lambda: all(pane.scene.answer is not None for pane in compare.panes))
    walk.hold()
    for number in (1, 4):  # also from a pair that has no answer yet
        walk.session.pair_navigation.show(number)
        qtbot.waitUntil(lambda number=number: _title(walk) == PICTURES[number])
        for pane in compare.panes:
            assert pane.scene.canvas_picture is walk.state.canvas_picture
            assert pane.scene.answer is None
            walk.session.active_pane.use(pane)
            assert walk.session.active_pane.active_answer is None


def test_scores_of_the_previous_pairs_captions_are_not_shown(walk: WalkDesk, qtbot: QtBot) -> None:
    session = walk.session
    walk.hold()
    session.caption_alternatives.add("a cat")
    walk.step()
    qtbot.waitUntil(lambda: _title(walk) == "1.png")
    assert walk.state.alternatives == ()
    walk.release()
    walk.settle(qtbot, 1)
    assert walk.state.alternatives == ()


def test_a_damaged_file_that_is_opened_leaves_the_screen_as_it_was(walk: WalkDesk, qtbot: QtBot) -> None:
    before = walk.state.explanation
    with qtbot.waitSignal(walk.state.notice_changed):
        walk.session.open(str(walk.folder / DAMAGED))
    assert (_title(walk), walk.state.explanation) == ("0.png", before)
    assert walk.session.pair_navigation.current == 0
