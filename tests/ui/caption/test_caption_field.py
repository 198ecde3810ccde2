"""Typing a caption, and the gauge next to it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from exclip_desktop.session.state import State
from exclip_desktop.ui.caption.caption_field import PAUSE_MS, CaptionField


class Typed:
    """A field with its editor, and the captions that it emitted; the state follows as in a session."""

    def __init__(self, qtbot: QtBot, state: State) -> None:
        self.qtbot, self.state = qtbot, state
        self.field = CaptionField(state)
        qtbot.addWidget(self.field)
        self.field.show()
        editor = self.field.findChild(QLineEdit)
        assert editor is not None
        self.editor = editor
        self.emitted: list[str] = []
        self.field.caption_typed.connect(self.emitted.append)
        self.field.caption_typed.connect(lambda text: state.change(caption=text))

    def keys(self, text: str) -> None:
        """Type ``text`` key by key."""
        self.qtbot.keyClicks(self.editor, text)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press one key."""
        self.qtbot.keyClick(self.editor, key, modifier)

    def settle(self) -> None:
        """Wait for the end of the pause."""
        self.qtbot.waitUntil(lambda: not self.field._pause.isActive(), timeout=20 * PAUSE_MS)


@pytest.fixture
def typed(qtbot: QtBot, make_state: Callable[..., State]) -> Typed:
    return Typed(qtbot, make_state())


def test_a_pause_in_typing_emits_once(typed: Typed) -> None:
    typed.editor.selectAll()
    typed.keys("a cat")
    assert typed.emitted == []
    typed.settle()
    assert typed.emitted == ["a cat"]
    assert typed.field._pause.interval() == PAUSE_MS == 150


def test_return_emits_at_once_and_the_pause_does_not_emit_again(typed: Typed) -> None:
    typed.editor.selectAll()
    typed.keys("a cat")
    typed.key(Qt.Key.Key_Return)
    assert typed.emitted == ["a cat"]
    assert not typed.field._pause.isActive()
    typed.key(Qt.Key.Key_Return)
    assert typed.emitted == ["a cat"]


def test_returning_to_the_same_text_emits_nothing(typed: Typed) -> None:
    typed.key(Qt.Key.Key_End)
    typed.keys("s")
    typed.key(Qt.Key.Key_Backspace)
    typed.keys(" ")
    typed.settle()
    assert typed.emitted == []
    assert typed.field.text == typed.state.caption + " "


def test_an_emitted_caption_is_emitted_again_after_an_external_change(typed: Typed) -> None:
    typed.editor.selectAll()
    typed.keys("a cat")
    typed.key(Qt.Key.Key_Return)
    typed.state.change(caption="a dog")
    assert typed.field.text == "a dog"
    typed.editor.selectAll()
    typed.keys("a cat")
    typed.key(Qt.Key.Key_Return)
    assert typed.emitted == ["a cat", "a cat"]


def test_the_state_is_followed_without_a_signal_and_the_cursor_stays(typed: Typed) -> None:
    typed.editor.setCursorPosition(3)
    typed.state.change(caption="two dogs in the snow")
    assert typed.field.text == "two dogs in the snow"
    assert typed.editor.cursorPosition() == 3
    typed.state.change(caption="ox")
    assert typed.editor.cursorPosition() == 2
    assert not typed.field._pause.isActive()
    assert typed.emitted == []


def test_what_is_being_typed_is_not_overwritten(typed: Typed) -> None:
    typed.editor.selectAll()
    typed.keys("a bir")
    typed.state.change(caption="a dog")
    assert typed.field.text == "a bir"
    typed.keys("d")
    typed.settle()
    assert typed.emitted == ["a bird"]


def test_its_own_caption_coming_back_keeps_spaces_and_cursor(typed: Typed) -> None:
    typed.editor.selectAll()
    typed.keys("a cat ")
    typed.key(Qt.Key.Key_Return)
    typed.key(Qt.Key.Key_Left)
    assert typed.emitted == ["a cat"]
    assert typed.field.text == "a cat "
    assert typed.editor.cursorPosition() == 5


@pytest.mark.parametrize("text", ["", "   "])
@pytest.mark.parametrize("way", ["pause", "return"])
def test_an_emptied_caption_is_emitted_once(typed: Typed, text: str, way: str) -> None:
    typed.editor.selectAll()
    typed.key(Qt.Key.Key_Backspace)
    typed.keys(text)
    assert typed.emitted == []
    if way == "return":
        typed.key(Qt.Key.Key_Return)
    typed.settle()
    assert typed.emitted == [""]
    assert typed.field.gauge == ""
    typed.key(Qt.Key.Key_Return)
    typed.keys(" ")
    typed.settle()
    assert typed.emitted == [""]
    typed.keys("a")
    assert typed.field.gauge == "9 / 77 tokens"


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\t", "\u2028"])
def test_pasted_line_breaks_become_spaces(typed: Typed, break_: str) -> None:
    typed.editor.selectAll()
    typed.keys("xy")
    typed.editor.setCursorPosition(1)
    QGuiApplication.clipboard().setText(f"a red{break_}dog")
    typed.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert typed.field.text == "xa red dogy"
    assert typed.editor.cursorPosition() == 10
    typed.settle()
    assert typed.emitted == ["xa red dogy"]


@pytest.mark.parametrize(
    ("unseen", "expected"),
    [
        ("", "9 / 77 tokens"),
        ("snow", "9 / 77 tokens, 1 word not seen"),
        ("on the  snow.", "9 / 77 tokens, 3 words not seen"),
    ],
)
def test_the_gauge_shows_tokens_and_unread_words(
    qtbot: QtBot, make_state: Callable[..., State], unseen: str, expected: str
) -> None:
    typed = Typed(qtbot, make_state(unseen=unseen))
    assert typed.field.gauge == expected
    assert typed.field._gauge.font().bold() == bool(unseen)
    assert typed.field._gauge.toolTip() == ("The greyed words were not seen." if unseen else "")


def test_the_gauge_follows_the_explanation(typed: Typed, make_state: Callable[..., State]) -> None:
    typed.state.change(answer=make_state(words=("a", "hydrant")).explanation)
    assert typed.field.gauge == "5 / 77 tokens"
    typed.state.change(answer=None)
    assert typed.field.gauge == ""


def test_the_empty_field_has_a_placeholder(qtbot: QtBot, qapp: object) -> None:
    typed = Typed(qtbot, State())
    assert typed.editor.placeholderText() == "Caption"
    assert typed.field.gauge == ""
    typed.key(Qt.Key.Key_Return)
    assert typed.emitted == []
    assert typed.field.focusProxy() is typed.editor
    assert typed.editor.accessibleName() == "Caption"
