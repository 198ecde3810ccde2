"""The keyboard's way through the window: each stop can be seen, and there is no trap."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.settings_file import ThemeChoice
from exclip_desktop.ui.app_theme import Theme
from exclip_desktop.ui.focus_ring import DRAWN_BY_STYLE, FocusRing
from exclip_desktop.ui.theme import contrast
from tests.ui.window.dialog_desk import DialogDesk, settle

MOST_STOPS = 80


@pytest.fixture
def dialog_desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> DialogDesk:
    return DialogDesk(qtbot, tmp_path, make_explanation)


@pytest.fixture
def themed(dialog_desk: DialogDesk, qapp: QApplication) -> Iterator[DialogDesk]:
    """A window in an application that has a theme."""
    theme = Theme(qapp, dialog_desk.session.settings.appearance)
    yield dialog_desk
    theme.end()
    qapp.setStyle("Fusion")
    qapp.setPalette(QPalette())


def tab_through(desk: DialogDesk) -> list[QWidget]:
    """Press Tab from the caption field until it has the focus again; return the stops."""
    first = desk.window.caption.findChild(QLineEdit)
    first.setFocus()
    stops = [first]
    for _ in range(MOST_STOPS):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        settle()
        stops.append(QApplication.focusWidget())
        if stops[-1] is first:
            return stops
    raise AssertionError(f"Tab does not return: {[type(stop).__name__ for stop in stops[-6:]]}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tab_reaches_all_parts_and_each_stop_is_framed(theme: ThemeChoice, themed: DialogDesk) -> None:
    themed.session.settings.appearance.choose_theme(theme)
    window, framed, ground = themed.window, [], QApplication.palette().window().color()
    first = window.caption.findChild(QLineEdit)
    first.setFocus()
    for _ in range(MOST_STOPS):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        settle()
        stop = QApplication.focusWidget()
        framed.append(stop)
        if stop is first:
            break
        if isinstance(stop, DRAWN_BY_STYLE):
            assert stop.findChild(FocusRing) is None
            continue
        rings = [ring for ring in stop.findChildren(FocusRing) if ring.isVisible()]
        assert len(rings) == 1, stop
        edge = rings[0].grab().toImage().pixelColor(rings[0].width() // 2, 0)
        assert contrast(edge, ground) >= 3, stop
    assert framed[-1] is first
    assert {window.canvas.view, window.strip, *window.bars[0].findChildren(QWidget, "range")} <= set(framed)


def test_a_click_takes_the_ring_away(themed: DialogDesk) -> None:
    stops = tab_through(themed)
    strip = themed.window.strip
    assert strip in stops
    before = stops[stops.index(strip) - 1]
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert strip.findChild(FocusRing) is not None
    QTest.mouseClick(themed.window.canvas.view.viewport(), Qt.MouseButton.LeftButton)
    settle()
    assert [ring for ring in themed.window.findChildren(FocusRing) if ring.isVisible()] == []
