"""The theme: chosen, saved and applied at once; text, outlines and focus have contrast in both."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from exclip_desktop.session.settings_file import SettingsFile, ThemeChoice
from exclip_desktop.session.window_settings import Appearance, Settings
from exclip_desktop.ui.app_theme import LEAST_TEXT_CONTRAST, Theme, is_readable, make_palette
from exclip_desktop.ui.theme import contrast, is_dark
from tests.ui.conftest import Opened

LEAST_OUTLINE_CONTRAST = 3.0
Group, Role = QPalette.ColorGroup, QPalette.ColorRole
GROUNDS = (Role.Window, Role.Base, Role.AlternateBase, Role.Button)
READ = [
    *product((Role.WindowText, Role.Text, Role.PlaceholderText, Role.Link, Role.LinkVisited), GROUNDS[:3]),
    (Role.ButtonText, Role.Button),
    (Role.HighlightedText, Role.Highlight),
    (Role.ToolTipText, Role.ToolTipBase),
]
CONTROLS: tuple[Callable[[], QWidget], ...] = (
    *(QCheckBox, QRadioButton, QLineEdit, QPlainTextEdit, QComboBox, QSpinBox, QPushButton, QListWidget),
    lambda: QSlider(Qt.Orientation.Horizontal),
)


@pytest.fixture
def appearance(tmp_path: Path) -> Appearance:
    """The appearance of a first start."""
    return Settings(SettingsFile(tmp_path / "settings.json")).appearance


@pytest.fixture
def themed(qapp: QApplication, appearance: Appearance) -> Iterator[Appearance]:
    """Let the application follow the appearance, and restore its style and palette."""
    theme = Theme(qapp, appearance)
    yield appearance
    theme.end()
    qapp.setStyle("Fusion")
    qapp.setPalette(QPalette())


def draw(widget: QWidget, qtbot: QtBot) -> QImage:
    """Return a picture of ``widget`` in a window, with a margin of the window's colour."""
    around = QWidget()
    qtbot.addWidget(around)
    column = QVBoxLayout(around)
    column.addWidget(widget)
    field = QLineEdit()  # takes the focus
    column.addWidget(field)
    with qtbot.waitExposed(around):
        around.show()
    image = around.grab(widget.geometry().adjusted(-2, -2, 2, 2)).toImage()
    around.hide()
    return image


def line_contrast(image: QImage, ground: QColor) -> float:
    """Return the contrast of the most contrasting colour that is at least 8 pixels large: an outline."""
    counts: dict[str, int] = {}
    for x, y in product(range(image.width()), range(image.height())):
        name = image.pixelColor(x, y).name()
        counts[name] = counts.get(name, 0) + 1
    return max(contrast(QColor(name), ground) for name, count in counts.items() if count >= 8)


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_readable_in_every_role(dark: bool) -> None:
    palette = make_palette(dark)
    for group in (Group.Active, Group.Inactive):
        for text, ground in READ:
            ratio = contrast(palette.color(group, text), palette.color(group, ground))
            assert ratio >= LEAST_TEXT_CONTRAST, (group, text, ground, ratio)


@pytest.mark.parametrize("dark", [False, True])
def test_disabled_text_can_be_read_too(dark: bool) -> None:
    palette = make_palette(dark)
    pairs = ((Role.WindowText, Role.Window), (Role.Text, Role.Base), (Role.ButtonText, Role.Button))
    for text, ground in pairs:
        ratio = contrast(palette.color(Group.Disabled, text), palette.color(ground))
        assert LEAST_OUTLINE_CONTRAST <= ratio < contrast(palette.color(text), palette.color(ground))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("make", CONTROLS, ids=lambda make: getattr(make, "__name__", "QSlider"))
def test_outlines_of_controls_can_be_seen(
    make: Callable[[], QWidget], theme: ThemeChoice, themed: Appearance, qtbot: QtBot
) -> None:
    themed.choose_theme(theme)
    image = draw(make(), qtbot)
    assert line_contrast(image, QApplication.palette().window().color()) >= LEAST_OUTLINE_CONTRAST


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("make", [*CONTROLS, QToolButton], ids=lambda make: getattr(make, "__name__", "QSlider"))
def test_the_focus_can_be_seen(
    make: Callable[[], QWidget], theme: ThemeChoice, themed: Appearance, qtbot: QtBot
) -> None:
    themed.choose_theme(theme)
    widget = make()
    if isinstance(widget, QCheckBox | QRadioButton | QPushButton | QToolButton):
        widget.setText("word")
    around = QWidget()
    qtbot.addWidget(around)
    column = QVBoxLayout(around)
    column.addWidget(QLabel("word"))
    column.addWidget(widget)
    with qtbot.waitActive(around):
        around.show()
    around.setFocus()
    before = widget.grab().toImage()
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(widget.hasFocus)
    after = widget.grab().toImage()
    ground = widget.palette().window().color()
    changed = [
        after.pixelColor(x, y)
        for x, y in product(range(after.width()), range(after.height()))
        if after.pixel(x, y) != before.pixel(x, y)
    ]
    seen = [colour for colour in changed if contrast(colour, ground) >= LEAST_OUTLINE_CONTRAST]
    assert len(seen) >= after.height()


def test_the_system_decides_until_a_theme_is_chosen(themed: Appearance, qapp: QApplication) -> None:
    assert themed.theme() == "system"
    before = qapp.palette()
    themed.choose_theme("dark")
    assert is_dark(qapp.palette())
    assert themed.theme() == "dark"
    themed.choose_theme("light")
    assert not is_dark(qapp.palette())
    themed.choose_theme("system")
    assert qapp.palette().window().color() == before.window().color()


def test_an_unreadable_theme_of_the_system_is_replaced_and_a_readable_one_stays(qapp: QApplication) -> None:
    grey = QPalette(QColor("#444444"))
    grey.setColor(Role.WindowText, QColor("#777777"))
    assert not is_readable(grey)
    assert is_readable(make_palette(dark=True))
    assert is_readable(make_palette(dark=False))


def test_an_unknown_saved_theme_is_the_systems(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "pink"}')
    assert Settings(SettingsFile(tmp_path / "settings.json")).appearance.theme() == "system"


def test_the_window_and_its_plots_follow_the_theme_at_once(opened: Opened, themed: Appearance, qtbot: QtBot) -> None:
    window = opened.window
    for tab in range(window.inspector.count()):
        window.inspector.setCurrentIndex(tab)
    grounds = []
    for theme in ("dark", "light", "dark"):
        themed.choose_theme(theme)
        QApplication.processEvents()
        image = window.grab().toImage()
        corners = [image.pixelColor(3, image.height() - 3), image.pixelColor(image.width() - 3, image.height() // 2)]
        grounds.append([is_dark_colour(colour) for colour in corners])
        assert is_dark_colour(window.canvas.view.backgroundBrush().color()) == (theme == "dark")
    assert grounds == [[True, True], [False, False], [True, True]]


def is_dark_colour(colour: QColor) -> bool:
    return colour.lightnessF() < 0.5
