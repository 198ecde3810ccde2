"""The view on the picture: it fits, zooms and pans, and reports other mouse actions by signals."""

from typing import Final

from pyqtgraph import GraphicsView, ViewBox
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsItem, QWidget

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Point
from exclip_desktop.ui.canvas.camera import Camera, fit_camera, pan_camera, place_camera, zoom_camera

WHEEL_FACTOR: Final = 1.2  # per notch
NOTCH: Final = 120
STEP_FACTOR: Final = 1.25

Buttons = Qt.MouseButton
Key = Qt.Key
ARROWS: Final = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
BY_KEY: Final = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
RING_PX: Final = 2


class CanvasView(GraphicsView):
    """Shows items in source pixels.

    The ``ViewBox`` shows the camera's visible area. Its own mouse handling, menu and automatic range are off, and no
    mouse event reaches the scene: this class handles the wheel and panning, and ``Pointer`` all gestures.

    Signals:
        camera_changed(): the visible area changed.
        pressed(point, modifiers), moved(point, buttons), released(point), double_clicked(point, modifiers): events of
            the left button, in logical pixels, except while it pans.
        left(): the mouse left the view.
        escaped(): Escape was pressed while ``holds_escape``.
        arrow_pressed(direction, modifiers): an arrow key was pressed while ``holds_arrows``: (−1, 0), … (0, 1).
        menu_requested(point, by_key): the context menu was requested at a point, logical pixels.

    """

    camera_changed = Signal()
    pressed = Signal(QPointF, object)
    moved = Signal(QPointF, object)
    released = Signal(QPointF)
    double_clicked = Signal(QPointF, object)
    left = Signal()
    escaped = Signal()
    arrow_pressed = Signal(object, object)
    menu_requested = Signal(QPointF, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.holds_escape = self.holds_arrows = False
        self._ring = False
        self.was_tabbed_to = False
        self.handles_tab = False  # only while a key is handled: Qt also moves the focus on when the view is hidden
        self._content: Box | None = None
        self._camera = Camera(1.0, (0.0, 0.0), (1.0, 1.0))
        self._fitted = True
        self._space = False
        self._grabbed: QPointF | None = None
        self._grabbing = Buttons.NoButton
        self._box = ViewBox(lockAspect=True, invertY=True, enableMouse=False, enableMenu=False, defaultPadding=0.0)
        self._box.disableAutoRange()
        self._box.setFlag(ViewBox.GraphicsItemFlag.ItemClipsChildrenToShape, False)  # the viewport clips already
        self.setCentralItem(self._box)
        self.setCacheMode(GraphicsView.CacheModeFlag.CacheNone)  # the background is one colour
        self.setAcceptDrops(False)  # the window accepts dropped files

    @property
    def camera(self) -> Camera:
        """Current position of the view over the picture."""
        return self._camera

    @property
    def fits(self) -> bool:
        """Whether the whole content is visible, and stays so when the view's size changes."""
        return self._fitted

    def add_source_item(self, item: QGraphicsItem) -> None:
        """Add an item that is drawn in source pixels."""
        self._box.addItem(item, ignoreBounds=True)

    def remove_source_item(self, item: QGraphicsItem) -> None:
        """Remove an item."""
        self._box.removeItem(item)

    def set_content(self, content: Box | None) -> None:
        """Set the area of the content, source pixels; a fitted view stays fitted."""
        self._content = content
        self.fit() if self._fitted else self._move_to(self._camera.scale, self._camera.centre)

    def fit(self) -> None:
        """Show the whole content."""
        self._fitted = True
        if self._content is not None:
            self._set_camera(fit_camera(self._content, self._size()))

    def look_at(self, scale: float, centre: Point) -> None:
        """Show ``scale`` logical pixels per source pixel, with the source pixel ``centre`` in the middle."""
        self._fitted = False
        self._move_to(scale, centre)

    def zoom_to(self, scale: float) -> None:
        """Show ``scale`` logical pixels per source pixel, with the same centre."""
        self.look_at(scale, self._camera.centre)

    def zoom_by(self, factor: float, place: Point | None = None) -> None:
        """Zoom; the source pixel at ``place`` (logical pixels; None: the middle) stays there."""
        if self._content is not None:
            self._fitted = False
            middle = self._camera.size[0] / 2, self._camera.size[1] / 2
            self._set_camera(zoom_camera(self._camera, factor, place or middle, self._content))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 (Qt's name)
        """Zoom at the mouse."""
        notches = event.angleDelta().y() / NOTCH
        if notches:
            self.zoom_by(WHEEL_FACTOR**notches, event.position().toTuple())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Start panning, or emit ``pressed``."""
        self.was_tabbed_to = False
        self._show_ring(False)
        if event.buttons() != event.button():
            return  # another button is down
        if self._pans(event):
            self._grabbed, self._grabbing = event.position(), event.button()
            self._show_hand()
        elif event.button() == Buttons.LeftButton:
            self.pressed.emit(event.position(), event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Emit ``double_clicked``; a second press that pans is a press."""
        if self._pans(event):
            self.mousePressEvent(event)
        elif event.button() == Buttons.LeftButton:
            self.double_clicked.emit(event.position(), event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pan, or emit ``moved``."""
        if self._grabbed is None:
            if not self._space or event.buttons():
                self.moved.emit(event.position(), event.buttons())
        elif self._content is not None:
            shift = event.position() - self._grabbed
            self._grabbed, self._fitted = event.position(), False
            self._set_camera(pan_camera(self._camera, (shift.x(), shift.y()), self._content))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """End panning, or emit ``released``."""
        if self._grabbed is not None:
            if event.button() == self._grabbing:
                self._grabbed = None
                self._show_hand()
        elif event.button() == Buttons.LeftButton:
            self.released.emit(event.position())

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Emit ``left``."""
        self.left.emit()

    def event(self, event: QEvent) -> bool:
        """Claim Escape, Space and arrow keys before the window's shortcuts while the view uses them."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._uses(event):
            event.accept()
            return True
        self.handles_tab = isinstance(event, QKeyEvent) and not self.was_tabbed_to
        try:
            return bool(super().event(event))
        finally:
            self.handles_tab = False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Pan while Space is held; report arrow keys; cancel a gesture by Escape. The window handles all others."""
        if not self._uses(event):
            event.ignore()
        elif event.key() in ARROWS:
            self._show_ring(True)
            self.arrow_pressed.emit(ARROWS[Key(event.key())], event.modifiers())
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif not event.isAutoRepeat():
            self._hold_space(True)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """End panning by Space."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(False)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Note whether Tab brought the focus: then Tab goes on to the next widget."""
        self.was_tabbed_to = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)
        self._show_ring(event.reason() in BY_KEY)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Reset Space: its release goes to another widget."""
        self._hold_space(False)
        self._show_ring(False)
        super().focusOutEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Emit ``menu_requested``; the scene's items have no menus of their own."""
        self.menu_requested.emit(QPointF(event.pos()), event.reason() == QContextMenuEvent.Reason.Keyboard)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the picture, and a frame while keys act here."""
        super().paintEvent(event)
        if self._ring:
            painter = QPainter(self.viewport())
            pen = QPen(self.palette().color(QPalette.ColorRole.Highlight), RING_PX)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
            painter.end()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Keep the whole content visible if it was fitted, else its centre."""
        super().resizeEvent(event)
        if hasattr(self, "_box"):  # the base class sends itself a resize event while it is made
            self.fit() if self._fitted else self._move_to(self._camera.scale, self._camera.centre)

    def _uses(self, event: QKeyEvent) -> bool:
        if event.key() in ARROWS:
            return self.holds_arrows
        if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier):
            return False
        return event.key() == Qt.Key.Key_Space or (event.key() == Qt.Key.Key_Escape and self.holds_escape)

    def _show_ring(self, visible: bool) -> None:
        """Show whether keys act here, unless the mouse was used last."""
        if visible != self._ring:
            self._ring = visible
            self.viewport().update()

    def _pans(self, event: QMouseEvent) -> bool:
        return event.button() == Buttons.MiddleButton or (event.button() == Buttons.LeftButton and self._space)

    def _hold_space(self, held: bool) -> None:
        self._space = held
        self._show_hand()

    def _show_hand(self) -> None:
        if self._grabbed is not None:
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.viewport().unsetCursor()

    def _size(self) -> tuple[float, float]:
        return max(float(self.width()), 1.0), max(float(self.height()), 1.0)

    def _move_to(self, scale: float, centre: Point) -> None:
        if self._content is not None:
            self._set_camera(place_camera(scale, centre, self._content, self._size()))

    def _set_camera(self, camera: Camera) -> None:
        if camera == self._camera:
            return
        self._camera = camera
        x0, y0, x1, y1 = camera.visible
        self._box.setRange(QRectF(x0, y0, x1 - x0, y1 - y0), padding=0)
        self._box.updateMatrix()  # now, instead of before the next painting
        self.camera_changed.emit()
