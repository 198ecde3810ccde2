"""Small parts of the window: actions, icons, banner, status line and dialogs."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QKeySequence, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QGraphicsView,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.state import Notice, State
from exclip_desktop.session.worker.requests import ModelFacts
from exclip_desktop.storage.exports.number_files import NUMBER_FORMATS
from exclip_desktop.ui import theme
from exclip_desktop.ui.action_table import ACTIONS, MENUS, SEPARATOR
from exclip_desktop.ui.actions import make_actions, make_menus, show_view
from exclip_desktop.ui.canvas.banner import HINT_LINES, MESSAGE_LINES, Banner
from exclip_desktop.ui.widgets.labels import ClampedLabel
from exclip_desktop.ui.widgets.screen_size import resize_within_screen

FACTS = ModelFacts("ViT-B-32", "cpu", 12, 12, 77)
TROUBLE = Notice(
    "This file is not a picture that this program reads: photo.heic.", "Convert it to PNG or JPEG.", "line\nline"
)
Window = tuple[QMainWindow, dict[str, QAction], list[str]]


def child(parent: QWidget, name: str) -> Any:
    """Return the only widget with that accessible name."""
    found = [widget for widget in parent.findChildren(QWidget) if widget.accessibleName() == name]
    assert len(found) == 1, name
    return found[0]


def button(parent: QWidget, text: str) -> QPushButton:
    """Return the only button with ``text``."""
    found = [one for one in parent.findChildren(QPushButton) if one.text().replace("&", "") == text]
    assert len(found) == 1, text
    return found[0]


@pytest.fixture
def dark(qapp: QApplication) -> Iterator[QPalette]:
    """Set a dark palette for a test."""
    before = QPalette(qapp.palette())
    made = QPalette(QColor("#2b2b2e"))
    qapp.setPalette(made)
    yield made
    qapp.setPalette(before)


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    """A window with all actions, and the names of those triggered."""
    made = QMainWindow()
    qtbot.addWidget(made)
    inside = QWidget()
    QVBoxLayout(inside)
    made.setCentralWidget(inside)
    actions, triggered = make_actions(made), list[str]()
    for name, action in actions.items():
        action.triggered.connect(lambda _=False, name=name: triggered.append(name))
    make_menus(made.menuBar(), actions)
    with qtbot.waitActive(made):
        made.show()
    return made, actions, triggered


def focus_in(window: QMainWindow, widget: QWidget, qtbot: QtBot) -> QWidget:
    """Put ``widget`` into the window and focus it; return the widget that receives the keys."""
    layout = window.centralWidget().layout()
    assert layout is not None
    layout.addWidget(widget)
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    return widget


# The action table


def test_each_action_is_in_one_menu_and_each_key_means_one_thing() -> None:
    names = [spec.name for spec in ACTIONS]
    listed = [name for menu in MENUS.values() for name in menu if name != SEPARATOR]
    assert sorted(listed) == sorted(names)
    assert len(set(names)) == len(names)
    keys = [QKeySequence(keys).toString() for spec in ACTIONS for keys in spec.shortcuts]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    for spec in ACTIONS:
        assert spec.tip
        assert not spec.tip.endswith(".")


def test_actions_carry_the_tables_words_keys_and_icons(window: Window) -> None:
    _, actions, _ = window
    assert list(actions) == [spec.name for spec in ACTIONS]
    for spec in ACTIONS:
        action = actions[spec.name]
        assert (action.text(), action.isCheckable()) == (spec.text, spec.checkable)
        assert action.shortcuts() == [QKeySequence(keys) for keys in spec.shortcuts]
        assert action.icon().isNull() == (not spec.icon)
        assert action.toolTip().startswith(spec.tip)
    assert actions["redo"].shortcuts() == [QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")]
    assert "Ctrl+O" in actions["open"].toolTip()
    assert actions["export_picture"].toolTip().startswith("Save what the canvas shows as PNG, SVG or PDF (")
    for one in NUMBER_FORMATS:
        assert one.ending[1:].upper() in actions["export_numbers"].toolTip()


def test_menus_follow_the_table(window: Window) -> None:
    made, actions, _ = window
    told = {entry.text(): entry.menu() for entry in made.menuBar().actions()}
    assert list(told) == ["&File", "&Edit", "&Boxes", "&View", "&Rate", "&Compare", "&Help"]
    for title, menu in told.items():
        expected = [None if name == SEPARATOR else actions[name] for name in MENUS[title]]
        assert [None if entry.isSeparator() else entry for entry in menu.actions()] == expected  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QComboBox])
def test_single_keys_go_to_a_text_field_that_has_the_focus(
    make: Callable[[], QWidget], window: Window, qtbot: QtBot
) -> None:
    made, _, triggered = window
    field = make()
    if isinstance(field, QComboBox):
        field.setEditable(True)
    focus_in(made, field, qtbot)
    for key in (Qt.Key.Key_L, Qt.Key.Key_1, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape):
        QTest.keyClick(field, key)
    QTest.keyClick(field, "?")
    assert triggered == []
    QTest.keyClick(field, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(field, Qt.Key.Key_F1)
    assert triggered == ["export_picture", "manual"]


def test_what_is_typed_arrives(window: Window, qtbot: QtBot) -> None:
    made, _, _ = window
    field = QLineEdit()
    focus_in(made, field, qtbot)
    QTest.keyClicks(field, "small tags, f1?")
    assert field.text() == "small tags, f1?"


@pytest.mark.parametrize(
    "make", [lambda: QPushButton("x"), lambda: QGraphicsView(), lambda: QPlainTextEdit(readOnly=True)]
)
def test_single_keys_work_everywhere_else(make: Callable[[], QWidget], window: Window, qtbot: QtBot) -> None:
    made, actions, triggered = window
    field = focus_in(made, make(), qtbot)
    names = ["lasso", "rate_match", "remove_box", "clear_selection", "shortcuts"]
    for name in names:
        QTest.keySequence(field, actions[name].shortcut())
    assert triggered == names
    assert actions["lasso"].isChecked()


def test_switches_show_the_view_without_being_triggered(window: Window) -> None:
    _, actions, triggered = window
    show_view(
        actions, View(colours="safe", drawing="magnitude", words_limit=0.1, grey=False, tool="lasso", subtract=True)
    )
    checked = {name for name, action in actions.items() if action.isChecked()}
    assert checked == {"magnitude", "lock_range", "lasso", "subtract", "heat", "histogram", "labels"}
    show_view(actions, View())
    assert {name for name, action in actions.items() if action.isChecked()} == {
        "heat",
        "grey",
        "histogram",
        "labels",
        "select_tool",
    }
    assert triggered == []


# Icons


def opaque(pixmap: Any) -> set[str]:
    """Return the colours of a pixmap's opaque pixels."""
    image = pixmap.toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def test_an_icon_is_drawn_in_any_colour(qapp: QApplication) -> None:
    red, blue = (theme.pixmap("open", 24, QColor(name), ratio=2.0) for name in ("#ff0000", "#0000ff"))
    assert theme.pixmap("open", 24, QColor("#ff0000"), ratio=2.0).cacheKey() == red.cacheKey()  # drawn once
    assert (red.width(), red.deviceIndependentSize().width()) == (48, 24)
    assert (opaque(red), opaque(blue)) == ({"#ff0000"}, {"#0000ff"})
    assert red.cacheKey() != blue.cacheKey()  # or Qt would paint one in place of the other
    with pytest.raises(FileNotFoundError):
        theme.pixmap("no-such-icon", 24, QColor("red"))


def test_icons_follow_the_palette(window: Window, qapp: QApplication, qtbot: QtBot) -> None:
    made, actions, _ = window
    assert not theme.is_dark(made.palette())
    made.setPalette(QPalette(QColor("#2b2b2e")))
    assert theme.is_dark(made.palette())
    assert opaque(actions["open"].icon().pixmap(24, 24)) == {made.palette().buttonText().color().name()}
    assert theme.error_colour(made.palette()).lightnessF() > theme.error_colour(QPalette()).lightnessF()


def test_the_programs_icon_has_its_own_colours(qapp: QApplication, dark: QPalette) -> None:
    assert {"#c9382c", "#7f98dd"} <= opaque(theme.make_app_icon().pixmap(128, 128))


# The banner


@pytest.fixture
def canvas(qtbot: QtBot) -> QWidget:
    made = QWidget()
    made.resize(700, 400)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
    return made


def test_the_banner_shows_the_notice_over_the_canvas(canvas: QWidget, qtbot: QtBot) -> None:
    state = State()
    banner = Banner(state, canvas)
    assert banner.isHidden()
    state.change(notice=TROUBLE)
    assert banner.isVisible()
    assert (banner.pos().x(), banner.pos().y(), banner.width()) == (0, 0, 700)
    told = [label.text() for label in banner.findChildren(QLabel) if label.isVisible() and label.text()]
    assert told == [TROUBLE.message, TROUBLE.hint]
    assert banner.accessibleName() == f"Alert: {TROUBLE.message}"
    low = banner.height()
    canvas.resize(260, 400)
    qtbot.waitUntil(lambda: banner.width() == 260 and banner.height() > low)  # the words wrap
    state.change(notice=None)
    assert banner.isHidden()


def test_details_open_can_be_copied_and_close_with_the_next_notice(canvas: QWidget, qtbot: QtBot) -> None:
    state = State()
    banner = Banner(state, canvas)
    state.change(notice=TROUBLE)
    details = banner.findChild(QPlainTextEdit)
    assert not details.isVisible()
    low = banner.height()
    qtbot.mouseClick(button(banner, "Details"), Qt.MouseButton.LeftButton)
    assert details.isVisible()
    assert details.toPlainText() == TROUBLE.details
    qtbot.waitUntil(lambda: banner.height() > low + details.height() // 2)
    qtbot.mouseClick(button(banner, "Copy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == f"{TROUBLE.message}\n{TROUBLE.hint}\n{TROUBLE.details}"
    state.change(notice=Notice("The caption has 112 tokens; this model reads 77.", kind="note"))
    assert not details.isVisible()
    assert not button(banner, "Details").isVisible()
    assert banner.accessibleName().startswith("Note: ")
    qtbot.waitUntil(lambda: banner.height() <= low)


def test_a_long_notice_is_shortened_and_complete_in_its_details(canvas: QWidget, qtbot: QtBot) -> None:
    state = State()
    banner = Banner(state, canvas)
    message, hint = "Line 17 of pairs.csv has no picture. " * 12, "Put the pictures back. " * 12
    state.change(notice=Notice(message, hint, "Seen at start.", kind="note"))
    more, details = button(banner, "Details"), banner.findChild(QPlainTextEdit)
    assert more.isVisible()
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert details.toPlainText() == f"{message}\n{hint}\nSeen at start."
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    for width in (260, 400, 700):
        canvas.resize(width, 400)
        qtbot.waitUntil(lambda width=width: banner.width() == width)
        lines = [label for label in banner.findChildren(ClampedLabel) if label.isVisible()]
        spacing = lines[0].fontMetrics().lineSpacing()
        assert [label.text()[-1] for label in lines] == ["…", "…"]
        assert [label.height() // spacing for label in lines] == [MESSAGE_LINES, HINT_LINES]
        assert banner.height() < (MESSAGE_LINES + HINT_LINES + 2) * spacing
    state.change(notice=Notice("The caption is empty.", kind="note"))
    assert not more.isVisible()


def test_a_cut_text_is_as_long_as_there_is_room(qtbot: QtBot) -> None:
    label, told = ClampedLabel(2), list[bool]()
    qtbot.addWidget(label)
    label.cut_changed.connect(lambda: told.append(label.is_cut))
    text = " ".join(f"word{number}" for number in range(60))
    room = label.fontMetrics().lineSpacing() * 2
    label.resize(300, room)
    label.show()
    label.show_text(text)
    shown = label.text().removesuffix("…")
    height = lambda text: label.fontMetrics().boundingRect(0, 0, 300, 9999, Qt.TextFlag.TextWordWrap, text).height()  # noqa: E731
    assert text.startswith(shown)
    assert height(f"{shown}…") <= room < height(f"{text[: len(shown) + 2]}…")
    assert label.heightForWidth(300) == room
    label.resize(9999, room)
    assert label.text() == text
    assert label.heightForWidth(9999) < room
    assert told == [True, False]
    label.show_text("")
    assert (label.text(), label.is_cut) == ("", False)


def test_the_banner_is_closed_by_mouse_and_by_keyboard_and_takes_no_focus(canvas: QWidget, qtbot: QtBot) -> None:
    state, field = State(), QLineEdit(canvas)
    field.show()
    field.setFocus()
    escaped = QAction("Clear selection", canvas)
    escaped.setShortcut("Esc")
    canvas.addAction(escaped)
    banner = Banner(state, canvas)
    state.change(notice=TROUBLE)
    assert field.hasFocus()
    with qtbot.waitSignal(banner.closed):
        qtbot.mouseClick(banner.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert banner.isVisible()  # only the state decides
    reached = set[str]()
    for _ in range(4):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget().accessibleName())
    assert {banner.accessibleName(), "Details", "Close the message"} <= reached
    button(banner, "Details").setFocus()
    with qtbot.assertNotEmitted(escaped.triggered), qtbot.waitSignal(banner.closed):
        QTest.keyClick(button(banner, "Details"), Qt.Key.Key_Escape)


def test_the_banners_icon_follows_kind_and_theme(canvas: QWidget) -> None:
    state = State()
    banner = Banner(state, canvas)
    state.change(notice=TROUBLE)
    icon = next(label for label in banner.findChildren(QLabel) if not label.pixmap().isNull())
    assert opaque(icon.pixmap()) == {theme.error_colour(canvas.palette()).name()}
    canvas.setPalette(QPalette(QColor("#2b2b2e")))
    assert opaque(icon.pixmap()) == {theme.error_colour(canvas.palette()).name()}
    state.change(notice=Notice("A note.", kind="note"))
    assert opaque(icon.pixmap()) == {canvas.palette().highlight().color().name()}


class OnSmallScreen(QWidget):
    """A window on a small screen with a panel."""

    def screen(self) -> SimpleNamespace:
        return SimpleNamespace(availableGeometry=lambda: QRect(0, 40, 1366, 728))


def test_a_first_size_is_within_the_screen(qtbot: QtBot) -> None:
    window = OnSmallScreen()
    qtbot.addWidget(window)
    resize_within_screen(window, 1280, 800)
    assert window.width() == 1280
    assert 640 < window.height() < 728
    resize_within_screen(window, 600, 400)
    assert (window.width(), window.height()) == (600, 400)
