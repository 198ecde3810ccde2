"""Lists of pairs in a whole session, and the dock that shows them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.lists.thumbnails import SIDE_PX
from exclip_desktop.ui.lists.thumbnail_rows import BELOW_ROLE
from tests.ui.fakes import make_blank_picture
from tests.ui.lists.list_desk import BOX, PAIRS, ListDesk, settle
from tests.ui.window.test_widgets import child


@pytest.fixture
def walk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> ListDesk:
    return ListDesk(tmp_path, make_explanation).start(qtbot)


def test_a_list_opens_with_its_first_pair(walk: ListDesk) -> None:
    dock = walk.window.pair_list_dock
    assert dock.isVisible()
    assert walk.session.pair_navigation.current == 0
    assert dock.count.text() == "1 of 4"
    assert walk.session.settings.recent_pictures.paths() == []


def test_keys_step_through_the_list_and_stop_at_its_ends(walk: ListDesk, qtbot: QtBot) -> None:
    QTest.keyClick(walk.window, Qt.Key.Key_A)
    assert walk.session.pair_navigation.current == 0
    QTest.keyClick(walk.window, Qt.Key.Key_D)
    settle(qtbot, walk, "a red balloon")
    assert walk.session.state.canvas_picture.title == "two.png"
    QTest.keyClick(walk.window, Qt.Key.Key_A)
    settle(qtbot, walk, "a dog and a cat")


def test_a_letter_in_the_filter_does_not_step(walk: ListDesk, qtbot: QtBot) -> None:
    dock = walk.window.pair_list_dock
    dock.filter.setFocus()
    QTest.keyClicks(dock.filter.line, "ad")
    assert dock.filter.query == "ad"
    assert walk.session.pair_navigation.current == 0


def test_a_click_shows_a_pair(walk: ListDesk, qtbot: QtBot) -> None:
    view = walk.window.pair_list_dock.view
    where = view.visualRect(view.model().index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    settle(qtbot, walk, "a red balloon")


def test_a_row_has_the_figures_of_its_pair(walk: ListDesk, qtbot: QtBot) -> None:
    navigation = walk.session.pair_navigation
    found = navigation.figures(0)
    assert found is not None
    assert found.score == walk.session.state.explanation.score
    assert 0.0 < found.share < 1.0
    assert navigation.figures(1) is None
    tip = walk.window.pair_list_dock.view.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "of positive heat in the labelled regions" in tip
    below = walk.window.pair_list_dock.view.model().index(0, 0).data(BELOW_ROLE)
    assert below == f"{found.score:+.4f} · animals".replace("-", "−")


def test_a_missing_picture_fails_and_stepping_continues(walk: ListDesk, qtbot: QtBot) -> None:
    navigation = walk.session.pair_navigation
    navigation.show(2)
    qtbot.waitUntil(lambda: navigation.figures(2) is not None)
    assert "gone.jpg" in navigation.figures(2).failure
    assert walk.session.state.notice is not None
    navigation.step(1)
    settle(qtbot, walk, "a blue balloon")


def test_a_pair_that_cannot_be_explained_fails(walk: ListDesk, qtbot: QtBot) -> None:
    walk.session.explain_controller.ready.clear()
    walk.engine.raises.append(CaptionError("The caption is empty.", "Type one."))
    walk.session.pair_navigation.step(1)
    qtbot.waitUntil(lambda: walk.session.pair_navigation.figures(1) is not None)
    assert walk.session.pair_navigation.figures(1).failure == "The caption is empty. Type one."


def test_filter_and_order_decide_what_is_next(walk: ListDesk, qtbot: QtBot) -> None:
    dock, navigation = walk.window.pair_list_dock, walk.session.pair_navigation
    dock.filter.write("BALLOON")
    assert navigation.order == (1, 3)
    assert dock.count.text() == "2 pairs; 4 in the list"
    navigation.step(1)
    settle(qtbot, walk, "a red balloon")
    assert dock.count.text() == "1 of 2; 4 in the list"
    dock.filter.write("is:explained")
    assert navigation.order == (0, 1)
    dock.filter.write("is:unexplained")
    assert navigation.order == (2, 3)


def test_another_picture_belongs_to_no_pair(walk: ListDesk, qtbot: QtBot) -> None:
    walk.session.explain_controller.open_file(make_blank_picture(walk.folder / "other.png"), "a dog")
    settle(qtbot, walk, "a dog")
    assert walk.session.pair_navigation.current is None
    assert len(walk.session.settings.recent_pictures.paths()) == 1


def test_the_other_captions_of_a_picture_are_scored(walk: ListDesk, qtbot: QtBot) -> None:
    state = walk.session.state
    qtbot.waitUntil(lambda: [entry.score for entry in state.alternatives] == [0.1, 0.1])
    assert [entry.caption for entry in state.alternatives] == ["a dog and a cat", "a blue balloon"]
    walk.session.pair_navigation.step(1)
    settle(qtbot, walk, "a red balloon")
    assert state.alternatives == ()


def test_labels_are_selected_by_a_key_and_undone(walk: ListDesk, qtbot: QtBot) -> None:
    QTest.keyClick(walk.window, Qt.Key.Key_E)
    assert walk.session.state.selection.regions == (BOX,)
    walk.session.undo.undo()
    assert walk.session.state.selection.regions == ()
    walk.session.pair_navigation.step(1)
    settle(qtbot, walk, "a red balloon")
    assert not walk.window.commands["take_labels"].isEnabled()


def test_named_boxes_are_kept_as_labels_when_the_pair_is_left(walk: ListDesk, qtbot: QtBot) -> None:
    said, session = child(walk.window.status, "Message"), walk.session
    labels, drawn = session.picture_labels, Region((10.0, 10.0, 90.0, 90.0), name="tail")
    session.state.change(selection=Selection((), (BOX, drawn, Region((1.0, 1.0, 9.0, 9.0)))))
    QTest.keyClick(walk.window, Qt.Key.Key_D)
    assert said.text() == "2 labels kept in your personal file"
    settle(qtbot, walk, "a red balloon")
    QTest.keyClick(walk.window, Qt.Key.Key_A)
    settle(qtbot, walk, "a dog and a cat")
    assert labels.labels == (BOX, drawn), "the list's label stays, the box without a name is a selection"
    session.undo.undo()
    assert labels.labels == (BOX,)


def test_boxes_are_selections_where_no_name_is_asked_for(walk: ListDesk, qtbot: QtBot) -> None:
    session = walk.session
    session.known_labels.set_prompt(False)
    session.state.change(selection=Selection((), (Region((10.0, 10.0, 90.0, 90.0), name="tail"),)))
    QTest.keyClick(walk.window, Qt.Key.Key_D)
    assert child(walk.window.status, "Message").text() == ""
    settle(qtbot, walk, "a red balloon")
    assert session.projects.project is None


def test_labels_that_replace_more_labels_are_reported(walk: ListDesk) -> None:
    said = child(walk.window.status, "Message")
    for count in (2, 1):
        drawn = tuple(Region((10.0 * at, 10.0, 90.0, 90.0), name="tail") for at in range(count))
        walk.session.state.change(selection=Selection((), drawn))
        walk.window.commands["keep_labels"].trigger()
    assert said.text() == "1 label kept in your personal file instead of 2"


def test_a_key_opens_a_folder(walk: ListDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = walk.folder / "more"
    folder.mkdir()
    make_blank_picture(folder / "other.png")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    QTest.keyClick(walk.window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: [pair.picture for pair in walk.navigation.pairs] == ["other.png"])


def test_closing_the_list_keeps_the_picture(walk: ListDesk) -> None:
    shown = walk.session.state.canvas_picture
    walk.window.commands["close_list"].trigger()
    assert walk.session.pair_navigation.pairs == ()
    assert not walk.window.pair_list_dock.isVisible()
    assert walk.session.state.canvas_picture is shown
    assert not walk.window.commands["next_pair"].isEnabled()


def test_unreadable_entries_are_reported(walk: ListDesk, qtbot: QtBot) -> None:
    lines = "".join(f'{{"caption": "no picture {line}"}}\n' for line in range(5))
    (walk.folder / "b.jsonl").write_text(f'{{"picture": "two.png", "caption": "a dog"}}\n{lines}', "utf-8")
    walk.session.pair_navigation.open(walk.folder / "b.jsonl")
    settle(qtbot, walk, "a dog")
    notice = walk.session.state.notice
    assert notice is not None
    assert notice.kind == "note"
    assert notice.message.startswith("b.jsonl, line 2: ")
    assert "4 more like this" in notice.message
    assert len(notice.details.splitlines()) == 5


def test_a_list_that_cannot_be_read_leaves_the_one_before(walk: ListDesk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(walk.session.state.notice_changed):
        walk.session.pair_navigation.open(walk.folder / "gone.csv")
    assert walk.session.pair_navigation.pairs == PAIRS


def test_thumbnails_are_read_for_rows_on_screen_only(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]
) -> None:
    pairs = tuple(ListedPair(str(n), "one.png" if n else "two.png", "a dog") for n in range(100_000))
    made = ListDesk(tmp_path, make_explanation, pairs)
    qtbot.addWidget(made.window)
    made.window.show()
    requested: list[str] = []
    get = made.session.thumbnails.get
    made.session.thumbnails.get = lambda path, side_px: (requested.append(path), get(path, side_px))[1]  # type: ignore[method-assign]
    made.session.start(str(tmp_path / "list.csv"))
    settle(qtbot, made, "a dog", timeout_ms=30_000)
    qtbot.waitUntil(lambda: len(made.session.thumbnails._images[SIDE_PX]) == 2)
    assert made.window.pair_list_dock.count.text() == "1 of 100,000"
    assert 0 < len(requested) < 2_000


def test_another_model_clears_the_scores_also_while_the_caption_is_changed(walk: ListDesk, qtbot: QtBot) -> None:
    session = walk.session
    session.pair_navigation.step(1)
    settle(qtbot, walk, "a red balloon")
    session.explain_controller.type_caption("a green balloon")
    settle(qtbot, walk, "a green balloon")
    assert session.pair_navigation.figures(0).score is not None
    explanation = session.state.explanation
    settings = replace(explanation.settings, model="other")
    session.state.change(answer=replace(explanation, settings=settings))
    assert [session.pair_navigation.figures(place).score for place in (0, 1)] == [None, None]


def test_boxes_outside_of_the_picture_are_reported_when_it_is_opened(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]
) -> None:
    outside = Region((700.0, 10.0, 800.0, 90.0), name="dog")
    pairs = (replace(PAIRS[0], regions=(BOX, outside)), PAIRS[1])
    desk = ListDesk(tmp_path, make_explanation, pairs).start(qtbot)
    notice = desk.session.state.notice
    assert notice is not None
    assert "1 box of the list is outside of the picture, or beyond its edge (640 × 480 pixels)." in notice.message
    QTest.keyClick(desk.window, Qt.Key.Key_D)
    settle(qtbot, desk, "a red balloon")
    assert desk.session.state.notice is None
