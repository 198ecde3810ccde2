"""A canvas under test, with a hand on the mouse."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.canvas import Canvas

LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
NO_KEYS, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
Point = tuple[float, float]
BOX = Region((120.0, 100.0, 280.0, 260.0))


class Desk:
    """A canvas with a stand-in for the controller, a hand on the mouse, and a record of the signals."""

    def __init__(self, canvas: Canvas, state: State) -> None:
        self.canvas, self.state = canvas, state
        self.live: list[tuple[Region, ...]] = []
        self.committed: list[tuple[tuple[Region, ...], tuple[Region, ...], str]] = []
        self.named: list[int] = []
        self.hovered: list[tuple[int, int] | None] = []
        canvas.regions_changed.connect(self._on_regions_changed)
        canvas.regions_committed.connect(lambda *change: self.committed.append(change))
        canvas.region_chosen.connect(lambda index: state.change(current_region=index))
        canvas.region_naming_requested.connect(self.named.append)
        canvas.patch_hovered.connect(self._on_patch_hovered)

    @property
    def regions(self) -> tuple[Region, ...]:
        return self.state.selection.regions

    def select(self, *regions: Region, rows: tuple[int, ...] = ()) -> None:
        self.state.change(selection=Selection(rows, regions))

    def use(self, **changes: Any) -> None:
        """Choose a tool, or the subtract mode."""
        self.state.change(view=replace(self.state.view, **changes))

    def place(self, point: Point) -> QPointF:
        return QPointF(*self.canvas.view.camera.to_canvas(point))

    def mouse(self, kind: QEvent.Type, at: QPointF, button: Any, held: Any, keys: Any = NO_KEYS) -> None:
        viewport = self.canvas.view.viewport()
        there = QPointF(viewport.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(viewport, QMouseEvent(kind, at, there, button, held, keys))

    def press(self, point: Point, keys: Any = NO_KEYS, button: Any = LEFT) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, self.place(point), button, button, keys)

    def move(self, point: Point, held: Any = LEFT) -> None:
        self.mouse(QEvent.Type.MouseMove, self.place(point), NONE, held)

    def release(self, point: Point, button: Any = LEFT) -> None:
        self.mouse(QEvent.Type.MouseButtonRelease, self.place(point), button, NONE)

    def drag(self, *points: Point, keys: Any = NO_KEYS) -> None:
        self.press(points[0], keys)
        for point in points[1:]:
            self.move(point)
        self.release(points[-1])

    def click(self, point: Point) -> None:
        self.drag(point)

    def double_click(self, point: Point) -> None:
        self.click(point)
        self.mouse(QEvent.Type.MouseButtonDblClick, self.place(point), LEFT, LEFT)
        self.release(point)

    def wheel(self, point: Point, notches: float) -> None:
        at, viewport = self.place(point), self.canvas.view.viewport()
        phase, there = Qt.ScrollPhase.NoScrollPhase, QPointF(viewport.mapToGlobal(at.toPoint()))
        turn = QPoint(0, round(120 * notches))
        QApplication.sendEvent(viewport, QWheelEvent(at, there, QPoint(), turn, NONE, NO_KEYS, phase, False))

    def colour(self, point: Point) -> tuple[int, ...]:
        """Return the colour painted at a source pixel."""
        QApplication.processEvents()
        image = self.canvas.grab().toImage()
        return QColor(image.pixelColor(self.place(point).toPoint())).getRgb()[:3]  # type: ignore[return-value]

    def _on_regions_changed(self, regions: tuple[Region, ...]) -> None:
        self.live.append(regions)
        self.select(*regions, rows=self.state.selection.rows)

    def _on_patch_hovered(self, patch: tuple[int, int] | None) -> None:
        self.hovered.append(patch)
        self.state.change(preview=Preview(patch=patch))


def open_desk(make_state: Callable[..., State], qtbot: QtBot) -> Iterator[Desk]:
    """Open a canvas of 660×500 with a picture of 640×480: pixels are logical pixels, with a margin of 10."""
    state = make_state()
    canvas = Canvas(state)
    qtbot.addWidget(canvas)
    canvas.resize(660, 500)
    canvas.show()
    qtbot.waitExposed(canvas)
    yield Desk(canvas, state)
    QToolTip.hideText()
