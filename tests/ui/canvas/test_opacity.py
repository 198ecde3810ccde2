"""The heat's opacity: shown and changed by a slider, by keys and by the menu, at once."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QSlider

from exclip_desktop.ui.canvas.picture_images import make_picture
from tests.ui.conftest import Opened
from tests.ui.window.test_widgets import child


def _slider(opened: Opened) -> QSlider:
    slider: QSlider = child(opened.window, "Opacity of the heat, in percent")
    return slider


def test_the_slider_shows_and_changes_the_opacity(opened: Opened) -> None:
    slider, state = _slider(opened), opened.state
    assert slider.value() == round(100 * state.view.opacity)
    viewport = opened.window.canvas.view.viewport()
    before = make_picture(viewport.grab().toImage()).pixels
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert state.view.opacity == pytest.approx(0.69)
    assert opened.window.opacity.findChild(QLabel).text() == "Heat 69 %"
    slider.setValue(100)
    assert state.view.opacity == 1.0
    QApplication.processEvents()
    assert np.abs(make_picture(viewport.grab().toImage()).pixels.astype(int) - before).max() > 20
    assert opened.session.settings.view().opacity == 1.0


def test_keys_and_menu_change_it_and_the_slider_follows(opened: Opened) -> None:
    slider, window = _slider(opened), opened.window
    window.canvas.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_O)
    assert slider.value() == 74
    QTest.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert slider.value() == 64
    for _ in range(8):
        window.commands["less_opaque"].trigger()
    assert (slider.value(), opened.state.view.opacity) == (0, 0.0)
    window.commands["heat"].trigger()
    assert not slider.isEnabled()
