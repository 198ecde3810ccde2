"""Work ahead: the next pairs are explained while a person looks, and are on screen with their heat at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import Arrangement
from exclip_desktop.core.values.settings import ExplainSettings
from tests.ui.lists.walk_desk import CAPTIONS, GONE, WalkDesk

PICTURES = tuple(f"{number}.png" for number in range(6))


@pytest.fixture
def walk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Iterator[WalkDesk]:
    made = WalkDesk(tmp_path, make_explanation, PICTURES)
    qtbot.addWidget(made.window)
    made.window.show()
    made.session.start(str(tmp_path / "list.csv"))
    made.settle(qtbot, 0)
    yield made
    made.release()


def _ahead(walk: WalkDesk, qtbot: QtBot, *numbers: int, completed: int) -> None:
    """Wait until these pairs were explained ahead, in this order, and the picture of a pair was completed last."""
    qtbot.waitUntil(lambda: walk.engine.completed == [CAPTIONS[completed]])
    assert walk.engine.explained == [CAPTIONS[number] for number in numbers]
    walk.engine.explained.clear()
    walk.engine.completed.clear()


def _start_afresh(walk: WalkDesk) -> None:
    walk.engine.explained.clear()
    walk.engine.completed.clear()


def test_the_next_two_pairs_are_explained_and_then_the_picture_is_completed(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    walk.step()
    walk.settle(qtbot, 1)
    _ahead(walk, qtbot, 3, completed=1)  # 2 and 0 are there already


def test_the_next_pair_shows_its_heat_at_once(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    walk.engine.gate.clear()  # the worker answers nothing
    QTest.keyClick(walk.window, Qt.Key.Key_D)
    state = walk.state
    assert (state.canvas_picture.title, state.explanation.caption.text) == ("1.png", CAPTIONS[1])
    assert walk.window.canvas.current_heat() is not None
    assert walk.session.active_pane.active_answer is not None
    assert walk.session.pair_navigation.figures(1).score is not None


def test_the_walk_backwards_prepares_the_pairs_before(walk: WalkDesk, qtbot: QtBot) -> None:
    walk.session.pair_navigation.show(4)
    walk.settle(qtbot, 4)
    qtbot.waitUntil(lambda: walk.engine.completed[-1:] == [CAPTIONS[4]])
    walk.session.explain_controller.ready.clear()
    _start_afresh(walk)
    walk.step(-1)
    walk.settle(qtbot, 3)
    _ahead(walk, qtbot, 3, 2, 1, 4, completed=3)


def test_the_order_of_the_list_decides_what_comes_next(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    walk.session.pair_navigation.arrange(Arrangement(descending=True))
    walk.step(-1)  # now towards the pairs after
    walk.settle(qtbot, 1)
    qtbot.waitUntil(lambda: walk.engine.explained == [CAPTIONS[3]])
    walk.session.pair_navigation.arrange(Arrangement("balloon"))
    qtbot.waitUntil(lambda: walk.engine.explained == [CAPTIONS[3], CAPTIONS[5]])


def test_pairs_without_picture_or_caption_are_left_out(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]
) -> None:
    made = WalkDesk(tmp_path, make_explanation, ("0.png", GONE, "2.png", "3.png"))
    qtbot.addWidget(made.window)
    made.session.start(str(tmp_path / "list.csv"))
    made.settle(qtbot, 0)
    _ahead(made, qtbot, 0, 2, completed=0)
    assert made.state.notice is None
    made.step()  # the missing one: its neighbours are prepared all the same
    qtbot.waitUntil(lambda: made.state.notice is not None)
    qtbot.waitUntil(lambda: made.engine.explained == [CAPTIONS[3]])


def test_a_pair_that_fails_ahead_is_silent_and_the_others_go_on(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    walk.engine.raises.append(CaptionError("Too long."))
    walk.session.pair_navigation.show(2)  # ready
    qtbot.waitUntil(lambda: walk.engine.completed == [CAPTIONS[2]])
    assert walk.engine.explained == [CAPTIONS[4]]
    assert walk.state.notice is None


def test_memory_that_runs_out_ahead_ends_the_work_in_silence(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    for number in (3, 4):
        walk.session.shelf.read(walk.folder / f"{number}.png")  # so that the plan is complete from its beginning
    walk.engine.raises.append(MemoryError())
    failed: list[object] = []
    walk.session._worker.ahead_failed.connect(lambda request, _: failed.append(request))
    walk.session.pair_navigation.show(2)
    qtbot.waitUntil(lambda: len(failed) == 1)
    qtbot.wait(50)
    assert (walk.engine.explained, walk.engine.completed, walk.state.notice) == ([], [], None)


def test_the_person_does_not_wait_for_work_ahead(walk: WalkDesk, qtbot: QtBot) -> None:
    """Typing, and showing any other pair, interrupt it; it is resumed afterwards."""
    walk.hold()
    walk.engine.began.clear()
    walk.session.pair_navigation.show(2)
    qtbot.waitUntil(walk.engine.began.is_set)
    walk.engine.gate.set()
    walk.settle(qtbot, 2)
    qtbot.waitUntil(walk.engine.completing.is_set)
    walk.session.explain_controller.type_caption("a green balloon")
    qtbot.waitUntil(lambda: walk.state.explanation.caption.text == "a green balloon")
    walk.session.pair_navigation.show(0)
    walk.settle(qtbot, 0)
    walk.release()
    qtbot.waitUntil(lambda: walk.engine.completed == [CAPTIONS[0], CAPTIONS[0]])


def test_another_setting_prepares_the_pairs_again(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    walk.session.explain_controller.choose_settings(ExplainSettings(image_layer=3), None)
    walk.settle(qtbot, 0)
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    asked = [request for request in walk.engine.explain_requests if request.caption == CAPTIONS[1]]
    assert all(request.explain_settings == ExplainSettings(image_layer=3) for request in asked)


def test_cancelling_ends_work_ahead_until_the_next_pair(walk: WalkDesk, qtbot: QtBot) -> None:
    walk.hold()
    walk.engine.gate.set()
    walk.session.pair_navigation.show(3)
    walk.settle(qtbot, 3)
    qtbot.waitUntil(walk.engine.completing.is_set)
    with qtbot.waitSignal(walk.session._worker.job_ended):
        walk.session.cancel()
    walk.release()
    qtbot.wait(50)
    assert CAPTIONS[3] not in walk.engine.completed
    walk.step()
    qtbot.waitUntil(lambda: walk.engine.completed[-1:] == [CAPTIONS[4]])


def test_one_bar_that_never_goes_back_says_what_is_computed(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    walk.hold()
    seen: list[tuple[str, int]] = []

    def look() -> None:
        work = walk.state.work
        if work is not None and work.idle:
            seen.append((work.what, work.done))

    walk.state.work_changed.connect(look)
    walk.engine.gate.set()
    walk.session.pair_navigation.show(2)
    walk.settle(qtbot, 2)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1][0] == "Computing ahead: other captions")
    pictures = [part.request for part in walk.session.pairs_ahead._parts if part.request and part.request.completes]
    for done in (2, 1, 5):  # as after an interruption: the work reports its beginning again
        walk.session._worker.ahead_progressed.emit(pictures[0], Report("picture", done, 10))
    assert {what.partition(":")[0] for what, _ in seen} == {"Computing ahead"}
    assert "Computing ahead: pair 5 of 6" in {what for what, _ in seen}
    assert seen[-1][0] == "Computing ahead: other captions"
    assert [done for _, done in seen] == sorted(done for _, done in seen)
    walk.release()
    qtbot.waitUntil(lambda: walk.state.work is None)


def test_pictures_ahead_are_decoded_within_their_room_only(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    assert all(walk.session.shelf.peek(walk.folder / f"{number}.png") is not None for number in (1, 2))
    walk.session.shelf.most_bytes = 1
    walk.session.pair_navigation.show(5)
    walk.settle(qtbot, 5)
    qtbot.waitUntil(lambda: walk.engine.completed == [CAPTIONS[5]])
    assert walk.session.shelf.peek(walk.folder / "4.png") is not None  # the first always
    assert walk.session.shelf.peek(walk.folder / "3.png") is None


def test_a_picture_that_was_changed_on_disk_is_read_again(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    (walk.folder / "1.png").write_bytes((walk.folder / "5.png").read_bytes() + b" ")
    walk.step()
    walk.settle(qtbot, 1)
    assert int(walk.state.canvas_picture.picture.pixels[0, 0, 0]) == 150


def test_a_picture_that_is_decoded_while_its_list_is_closed_is_of_no_use(walk: WalkDesk, qtbot: QtBot) -> None:
    _ahead(walk, qtbot, 0, 1, 2, completed=0)
    gate = walk.hold_decoding()
    walk.step()
    walk.settle(qtbot, 1)
    ahead = walk.session.pairs_ahead
    qtbot.waitUntil(lambda: any(part.is_decoding for part in ahead._parts))
    gate.set()
    assert ahead._decoding._pool.waitForDone(5000)  # its answer waits for the event loop
    with qtbot.captureExceptions() as raised:
        walk.session.pair_navigation.close()
        qtbot.waitUntil(lambda: not any(part.is_decoding for part in ahead._parts))
    assert raised == []
