"""Plots on pyqtgraph: they follow the theme, and leave out pyqtgraph's menus, buttons and mouse gestures."""

import pyqtgraph
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from exclip_desktop.ui.inspector.stacked_bars import COLOURS, StackedBars, stack_segments
from exclip_desktop.ui.widgets.plots import NumberAxis, Plot

DARK, LIGHT = QPalette(QColor("#202020")), QPalette(QColor("#eeeeee"))


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    """A shown plot with numbers at the left and below."""
    made = Plot(axes={"left": NumberAxis("left"), "bottom": NumberAxis("bottom")})
    qtbot.addWidget(made)
    made.resize(300, 200)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_background_and_text_are_the_palettes(plot: Plot, palette: QPalette) -> None:
    plot.setPalette(palette)
    axis = plot.plot_item.getAxis("left")
    assert axis.textPen().color() == palette.windowText().color()
    image = plot.grab().toImage()
    assert image.pixelColor(image.width() - 3, 3).name() == palette.window().color().name()


def test_a_title_takes_the_text_colour_of_every_theme(plot: Plot) -> None:
    plot.set_title("deletion")
    for palette in (LIGHT, DARK):
        plot.setPalette(palette)
        assert QColor(plot.plot_item.titleLabel.opts["color"]) == palette.windowText().color()
    assert plot.plot_item.titleLabel.text == "deletion"


def test_there_is_no_context_menu_and_no_button(plot: Plot) -> None:
    assert plot.plot_item.getMenu() is None or not plot.plot_item.menuEnabled()
    assert not plot.view_box.menuEnabled()
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.RightButton, pos=QPoint(150, 100))
    assert QApplication.activePopupWidget() is None
    plot.plot_item.updateButtons()
    assert not plot.plot_item.autoBtn.isVisible()


def test_the_mouse_changes_no_range(plot: Plot) -> None:
    plot.setRange(xRange=(0, 1), yRange=(0, 2), padding=0)
    before = plot.view_box.viewRange()
    at = QPointF(150, 100)
    wheel = QWheelEvent(
        at,
        plot.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QGuiApplication.sendEvent(plot.viewport(), wheel)
    QTest.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    QTest.mouseMove(plot.viewport(), QPoint(200, 120))
    QTest.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 120))
    assert plot.view_box.viewRange() == before


def test_pyqtgraphs_global_options_are_its_own(plot: Plot) -> None:
    options = ("imageAxisOrder", "background", "foreground", "antialias", "useOpenGL")
    assert [pyqtgraph.getConfigOption(name) for name in options] == ["col-major", "k", "d", False, False]


def test_a_bar_without_segments_is_pale_and_zero_is_marked(qtbot: QtBot) -> None:
    bars = StackedBars()
    qtbot.addWidget(bars)
    bars.resize(201, 40)
    with qtbot.waitExposed(bars):
        bars.show()
    bars.show_bars([stack_segments([("words × patches", 0.5), ("residual", -0.5)]), None], 1.0, with_zero=True)
    image = bars.grab().toImage()
    colours = [image.pixelColor(x, 10).name() for x in (40, 160)]
    assert colours == [COLOURS["residual"], COLOURS["words × patches"]]
    ink = bars.palette().windowText().color().name()
    assert ink in {image.pixelColor(x, 10).name() for x in (99, 100, 101)}
    pale, empty = image.pixelColor(40, 30), bars.palette().window().color()
    assert pale != empty
    assert abs(pale.lightnessF() - empty.lightnessF()) < 0.25
