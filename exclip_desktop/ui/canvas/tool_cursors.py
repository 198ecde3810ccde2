"""Cursors of the canvas: of handles, of regions, and a cross with the sign of the tool."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QGuiApplication, QPainter, QPen, QPixmap

from exclip_desktop.session.pair.scene import View
from exclip_desktop.ui.canvas.gestures import Handle

Shape = Qt.CursorShape
HANDLE_CURSORS: Final = {
    (-1, -1): Shape.SizeFDiagCursor,
    (1, 1): Shape.SizeFDiagCursor,
    (1, -1): Shape.SizeBDiagCursor,
    (-1, 1): Shape.SizeBDiagCursor,
    (0, -1): Shape.SizeVerCursor,
    (0, 1): Shape.SizeVerCursor,
    (-1, 0): Shape.SizeHorCursor,
    (1, 0): Shape.SizeHorCursor,
}
SIDE_PX: Final = 32
MIDDLE_PX: Final = 12.0  # of the cross, from the upper left corner
ARM_PX: Final = (3.0, 9.0)  # of the cross: a gap around its middle, so that the place under it is visible
SIGN: Final = QRectF(17, 18, 12, 10)
STROKES: Final = ((QColor(255, 255, 255), 3.4), (QColor(20, 20, 20), 1.4))  # visible on any picture


class ToolCursors:
    """Makes the cursors once, when they are first shown."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, bool], QCursor] = {}

    def of_handle(self, handle: Handle) -> QCursor:
        """Return the cursor of a handle."""
        return QCursor(HANDLE_CURSORS[handle])

    def of_region(self) -> QCursor:
        """Return the cursor of a region that a drag moves."""
        return QCursor(Shape.SizeAllCursor)

    def of_drawing(self, view: View, *, subtract: bool) -> QCursor:
        """Return the cursor where a drag draws: a cross with the tool's sign, or with a minus."""
        if view.tool == "select" and not subtract:
            return QCursor(Shape.CrossCursor)
        key = view.tool, subtract
        if key not in self._made:
            self._made[key] = _draw_cross(lasso=view.tool == "lasso", subtract=subtract)
        return self._made[key]


def _draw_cross(*, lasso: bool, subtract: bool) -> QCursor:
    ratio = QGuiApplication.primaryScreen().devicePixelRatio()
    drawn = QPixmap(round(SIDE_PX * ratio), round(SIDE_PX * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for colour, width in STROKES:
        painter.setPen(QPen(colour, width))
        for sign in (-1, 1):
            near, far = (MIDDLE_PX + sign * end for end in ARM_PX)
            painter.drawLine(QPointF(near, MIDDLE_PX), QPointF(far, MIDDLE_PX))
            painter.drawLine(QPointF(MIDDLE_PX, near), QPointF(MIDDLE_PX, far))
        painter.setBrush(STROKES[0][0])
        painter.drawEllipse(SIGN) if lasso else painter.drawRect(SIGN)
        if subtract:
            painter.setPen(QPen(colour, width + 0.6))
            painter.drawLine(QPointF(SIGN.left() + 4, SIGN.center().y()), QPointF(SIGN.right() - 4, SIGN.center().y()))
    painter.end()
    return QCursor(drawn, round(MIDDLE_PX), round(MIDDLE_PX))
