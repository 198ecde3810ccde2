"""Pairs are rated and tagged by keys: one finding per view, the next pair, held ratings, undo, and the walk."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPlainTextEdit, QRadioButton, QToolButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import PairFigures
from exclip_desktop.core.values.pair_remarks import PairRemark
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.session.project.rating_controller import is_doubtful
from exclip_desktop.session.project.remark_index import make_pair_key
from exclip_desktop.ui.action_table import shortcut_rows
from exclip_desktop.ui.dialogs.rating_keys_dialog import RatingKeysDialog, apply_keys
from exclip_desktop.ui.lists.note_dialog import NoteDialog
from exclip_desktop.ui.lists.tag_field import TagDialog, list_offers
from exclip_desktop.ui.window import Window
from tests.ui.lists.rating_desk import CAPTIONS, RatingDesk

Key = Qt.Key


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> RatingDesk:
    return RatingDesk(qtbot, tmp_path, make_explanation).start()


@pytest.fixture
def held_desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Iterator[RatingDesk]:
    """The second pair is not explained before ``second_gate`` opens."""
    made = RatingDesk(qtbot, tmp_path, make_explanation)
    made.engine.second_gate.clear()
    yield made.start(settles=False)
    made.engine.second_gate.set()


def undo_button(desk: RatingDesk) -> QToolButton:
    return next(one for one in desk.window.status.findChildren(QToolButton) if one.text() == "Undo")


@pytest.mark.parametrize(
    ("key", "rating"),
    [(Key.Key_1, "match"), (Key.Key_2, "mismatch"), (Key.Key_3, "artefact"), (Key.Key_4, "unsure")],
)
def test_one_key_notes_the_view_with_its_rating(desk: RatingDesk, key: Qt.Key, rating: str) -> None:
    desk.press(key)
    (found,) = desk.wait_findings(1)
    assert (found.rating, found.view.caption, found.view.pair) == (rating, "a dog", "p0")
    assert desk.navigation.current == 0, "without the setting the pair stays"
    assert desk.navigation.figures(0).rating == rating
    assert desk.message() == f"{rating.capitalize()}: 0.png"
    assert undo_button(desk).isVisible()


def test_another_key_changes_the_rating_of_the_same_finding(desk: RatingDesk) -> None:
    desk.press(Key.Key_1)
    (first,) = desk.wait_findings(1)
    desk.press(Key.Key_2)
    desk.qtbot.waitUntil(lambda: desk.kept()[0].rating == "mismatch")
    assert [one.id for one in desk.kept()] == [first.id]
    desk.press(Key.Key_0)
    desk.qtbot.waitUntil(lambda: desk.kept()[0].rating == "")
    desk.undo.undo()
    desk.undo.undo()
    assert desk.kept()[0].rating == "match"


def test_another_selection_is_another_finding_and_the_pair_has_the_newest_rating(desk: RatingDesk) -> None:
    desk.press(Key.Key_1)
    desk.wait_findings(1)
    desk.session.state.change(selection=Selection((1,)))
    desk.press(Key.Key_4)
    assert [one.rating for one in desk.wait_findings(2)] == ["match", "unsure"]
    remarks = desk.session.findings.remark_index.remarks
    assert remarks[make_pair_key(desk.folder / "0.png", "a dog")].rating == "unsure"


def test_a_rated_finding_is_one_key_with_the_setting(desk: RatingDesk) -> None:
    desk.window.commands["rating_goes_on"].trigger()
    assert desk.session.settings.annotating.goes_on
    for place, key in enumerate((Key.Key_1, Key.Key_2, Key.Key_1)):
        desk.wait_pair(place)
        desk.press(key)
    desk.wait_pair(3)
    ratings = {one.view.caption: one.rating for one in desk.wait_findings(3)}
    assert ratings == {"a dog": "match", "a red cat": "mismatch", "a balloon": "match"}
    desk.press(Key.Key_3)
    desk.wait_findings(4)
    assert desk.navigation.current == 3, "the last pair stays"


def test_undo_after_going_on_removes_the_rating_and_shows_the_pair_again(desk: RatingDesk) -> None:
    desk.window.commands["rating_goes_on"].trigger()
    desk.press(Key.Key_1)
    desk.wait_pair(1)
    desk.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.kept() == []
    assert desk.message() == "Undone: rate match"
    desk.wait_pair(0)
    desk.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert [one.rating for one in desk.kept()] == ["match"]
    assert desk.message() == "Redone: rate match"


def test_the_button_next_to_the_confirmation_undoes(desk: RatingDesk) -> None:
    desk.press(Key.Key_1)
    desk.wait_findings(1)
    undo_button(desk).click()
    assert desk.kept() == []
    assert not undo_button(desk).isVisible()


def test_the_button_is_hidden_once_another_step_is_the_last(desk: RatingDesk) -> None:
    desk.press(Key.Key_1)
    desk.wait_findings(1)
    desk.session.selection_controller.commit_rows((), (1,))
    assert not undo_button(desk).isVisible()


def test_a_rating_of_a_pair_that_is_still_explained_is_held_and_stored_with_its_numbers(held_desk: RatingDesk) -> None:
    desk = held_desk
    desk.press(Key.Key_D)
    desk.press(Key.Key_2)
    assert "stored when the pair is explained" in desk.message()
    assert not desk.file.exists()
    desk.engine.second_gate.set()
    (found,) = desk.wait_findings(1)
    assert (found.view.caption, found.rating, Path(found.view.picture).name) == (CAPTIONS[1], "mismatch", "1.png")


def test_a_held_rating_can_be_changed_and_goes_on_when_it_is_stored(held_desk: RatingDesk) -> None:
    desk = held_desk
    desk.window.commands["rating_goes_on"].trigger()
    desk.press(Key.Key_D)
    desk.press(Key.Key_2)
    desk.press(Key.Key_1)
    assert desk.message() == "Match: stored when the pair is explained"
    desk.engine.second_gate.set()
    desk.wait_pair(2)
    assert [(one.view.caption, one.rating) for one in desk.wait_findings(1)] == [(CAPTIONS[1], "match")]


def test_a_held_rating_is_dropped_with_a_sentence_where_the_pair_is_left(held_desk: RatingDesk) -> None:
    desk = held_desk
    desk.press(Key.Key_D)
    desk.press(Key.Key_2)
    desk.press(Key.Key_D)
    assert desk.message() == "Mismatch was not stored: another pair was shown"
    desk.engine.second_gate.set()
    desk.wait_pair(2)
    assert not desk.file.exists()


def test_a_held_rating_is_dropped_where_the_pair_fails(held_desk: RatingDesk) -> None:
    desk = held_desk
    desk.press(Key.Key_D)
    desk.press(Key.Key_2)
    desk.engine.raises.append(CaptionError("The caption is too long.", "Shorten it."))
    desk.engine.second_gate.set()
    desk.qtbot.waitUntil(lambda: desk.message() == "Mismatch was not stored: the pair could not be explained")
    assert not desk.file.exists()
    desk.press(Key.Key_2)
    assert not desk.file.exists(), "the answer of the previous pair is not rated"


@pytest.mark.parametrize("part", ["pairs", "inspector", "canvas"])
def test_keys_work_wherever_the_focus_is(desk: RatingDesk, part: str) -> None:
    widget = {
        "pairs": desk.window.pair_list_dock.view,
        "inspector": desk.window.inspector.tabBar(),
        "canvas": desk.window.stage.canvas.view,
    }[part]
    widget.setFocus()
    QTest.keyClick(widget, Key.Key_1)
    assert desk.wait_findings(1)[0].rating == "match"


def test_keys_of_ratings_are_text_in_the_caption(desk: RatingDesk) -> None:
    desk.window.caption.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Key.Key_1)
    assert "1" in desk.window.caption.text
    assert not desk.file.exists()


def test_a_held_key_rates_once(desk: RatingDesk) -> None:
    for name in ("rate_match", "rate_mismatch", "rate_artefact", "rate_unsure", "rate_none"):
        assert not desk.window.commands[name].autoRepeat()
    assert desk.window.commands["next_pair"].autoRepeat()


def test_keys_go_to_the_next_unrated_pair_and_say_when_there_is_none(desk: RatingDesk) -> None:
    desk.press(Key.Key_1)
    desk.wait_findings(1)
    desk.press(Key.Key_D)
    desk.wait_pair(1)
    desk.press(Key.Key_2)
    desk.wait_findings(2)
    desk.press(Key.Key_U)
    desk.wait_pair(2)
    desk.press(Key.Key_1)
    desk.wait_findings(3)
    desk.press(Key.Key_D)
    desk.wait_pair(3)
    desk.press(Key.Key_U)
    assert desk.navigation.current == 3
    assert desk.message() == "No other pair of the list is unrated."
    desk.press(Key.Key_A)
    desk.wait_pair(2)
    desk.press(Key.Key_U)
    desk.wait_pair(3)


def test_keys_go_to_the_next_doubtful_pair(desk: RatingDesk) -> None:
    desk.press(Key.Key_D)
    desk.wait_pair(1)
    desk.press(Key.Key_4)
    desk.wait_findings(1)
    desk.press(Key.Key_D)
    desk.wait_pair(2)
    desk.press(Key.Key_U, Qt.KeyboardModifier.ShiftModifier)
    desk.wait_pair(1)


def test_doubtful_is_unsure_or_inexact_and_unrated() -> None:
    exact, inexact = PairFigures(0.3, 1e-4), PairFigures(0.3, 1e-2)
    assert is_doubtful(PairRemark("unsure"), exact)
    assert is_doubtful(PairRemark(), inexact)
    assert not is_doubtful(PairRemark("match"), inexact)
    assert not is_doubtful(PairRemark(), exact)
    assert not is_doubtful(PairRemark(), None)


def test_a_pair_is_tagged_by_keys_with_earlier_tags(desk: RatingDesk) -> None:
    def first() -> None:
        field = QApplication.activeModalWidget().field
        QTest.keyClicks(field, "snow scene")
        QTest.keyClick(field, Key.Key_Return)

    QTimer.singleShot(0, first)
    desk.press(Key.Key_W)
    (found,) = desk.wait_findings(1)
    assert (found.tags, found.rating) == (("snow scene",), "")
    desk.press(Key.Key_1)
    desk.qtbot.waitUntil(lambda: desk.kept()[0].rating == "match")
    desk.press(Key.Key_D)
    desk.wait_pair(1)

    def second() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, TagDialog)
        QTest.keyClicks(dialog.field, "sn")
        assert dialog.field._popup.isVisible()
        QTest.keyClick(dialog.field._popup, Key.Key_Tab)
        assert dialog.field.tags == ("snow scene",)
        QTest.keyClicks(dialog.field, "dark,")
        QTest.keyClick(dialog.field, Key.Key_Return)

    QTimer.singleShot(0, second)
    desk.press(Key.Key_W)
    assert desk.wait_findings(2)[1].tags == ("snow scene", "dark")
    desk.undo.undo()
    assert len(desk.kept()) == 1


def test_more_tags_are_added_behind_those_of_the_view(desk: RatingDesk) -> None:
    def add(text: str) -> None:
        field = QApplication.activeModalWidget().field
        QTest.qWaitForWindowActive(QApplication.activeModalWidget())
        assert not field.hasSelectedText()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Key.Key_Return)

    for text, tags in (("snow", ("snow",)), ("dark", ("snow", "dark"))):
        QTimer.singleShot(0, lambda text=text: add(text))
        desk.window.commands["tag"].trigger()
        desk.qtbot.waitUntil(lambda tags=tags: desk.file.exists() and [one.tags for one in desk.kept()] == [tags])


def test_offers_begin_with_the_letters_or_contain_them() -> None:
    known = ("snow", "dark snow", "colour")
    assert list_offers(known, "sn", 2) == ["snow", "dark snow"]
    assert list_offers(known, "snow, d", 7) == ["dark snow"]
    assert list_offers(known, "colour, snow", 12) == []
    assert list_offers(known, "", 0) == list_offers(known, "whale", 5) == []
    assert list_offers(known, "sn, colour", 2) == []


def test_note_continues_the_finding_that_a_key_made_and_ctrl_return_saves(desk: RatingDesk) -> None:
    desk.press(Key.Key_2)
    desk.wait_findings(1)

    def write() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, NoteDialog)
        assert dialog.remark().rating == "mismatch"
        note = dialog.findChild(QPlainTextEdit)
        QTest.keyClicks(note, "the cat is red")
        QTest.keyClick(note, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    QTimer.singleShot(0, write)
    desk.press(Key.Key_N)
    desk.qtbot.waitUntil(lambda: desk.kept()[0].note == "the cat is red")
    assert [one.rating for one in desk.kept()] == ["mismatch"]
    assert desk.message() == "Note saved: 0.png"


def answer_keys(desk: RatingDesk, name: str, key: str) -> list[str]:
    """Choose a key in the dialog, and return what it says; the dialog is accepted if it can be."""
    texts: list[str] = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, RatingKeysDialog)
        dialog._fields[name].setKeySequence(key)
        ok = dialog._buttons.button(QDialogButtonBox.StandardButton.Ok)
        texts.append(dialog._conflict.text())
        (dialog.accept if ok.isEnabled() else dialog.reject)()

    QTimer.singleShot(0, answer)
    desk.window.commands["rating_keys"].trigger()
    return texts


def test_keys_of_ratings_are_chosen_and_stay(desk: RatingDesk, qtbot: QtBot) -> None:
    assert answer_keys(desk, "rate_match", "Y") == [""]
    desk.press(Key.Key_1)
    desk.press(Key.Key_Y)
    assert [one.rating for one in desk.wait_findings(1)] == ["match"]
    assert "(Y)" in desk.window.commands["rate_match"].toolTip()
    again = Window(desk.session)
    qtbot.addWidget(again)
    assert again.commands["rate_match"].shortcut().toString() == "Y"
    rows = {row.text: row.keys for row in shortcut_rows(desk.session.settings.annotating.keys())}
    assert (rows["Match"], rows["Mismatch"]) == (("Y",), ("2",))


def test_a_key_of_another_action_is_refused(desk: RatingDesk) -> None:
    assert answer_keys(desk, "rate_match", "D") == ["D is the key of “Next pair” already."]
    assert answer_keys(desk, "rate_match", "2") == ["2 is the key of “Match” already."]
    assert desk.session.settings.annotating.keys() == {}
    desk.session.settings.annotating.save_keys({"rate_match": "D"})
    apply_keys(desk.window.commands, {})
    assert desk.window.commands["rate_match"].shortcut().toString() == "1"


def test_the_dialog_of_a_note_opens_over_the_window_and_nothing_in_it_is_cut(desk: RatingDesk) -> None:
    places: list[QPoint] = []
    cut: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        places.append(dialog.geometry().center() - desk.window.geometry().center())
        parts = [*dialog.findChildren(QLabel), *dialog.findChildren(QRadioButton)]
        cut.extend(part.text() for part in parts if part.width() < part.minimumSizeHint().width())
        dialog.reject()

    font = QApplication.font()
    large = QFont(font)
    large.setPointSizeF(font.pointSizeF() * 1.4)
    for used in (font, large):
        QApplication.setFont(used)
        QTimer.singleShot(0, look)
        desk.window.commands["note"].trigger()
    QApplication.setFont(font)
    assert cut == []
    assert all(abs(place.x()) < 40 and abs(place.y()) < 200 for place in places), places
