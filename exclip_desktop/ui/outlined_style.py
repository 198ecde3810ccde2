"""Qt's Fusion style with outlines and a focus frame that can be seen on light and dark windows."""

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QProxyStyle, QStyle, QStyleOption, QStyleOptionComplex, QWidget

from exclip_desktop.ui.theme import is_dark

OUTLINES: Final = ("#858585", "#8f8f8f")
"""Outlines of controls on light and dark windows: a contrast of 3 with the window, the button and the base."""
FOCUS: Final = ("#1f5fa8", "#6aa9e9")
FOCUS_PX: Final = 2.0
FUSION_FACTOR: Final = 140
"""Fusion draws outlines in the window's colour, darker by this factor."""

_Primitive = QStyle.PrimitiveElement
_Complex = QStyle.ComplexControl
_State = QStyle.StateFlag
_OUTLINED: Final = frozenset(
    {
        _Primitive.PE_IndicatorCheckBox,
        _Primitive.PE_IndicatorItemViewItemCheck,
        _Primitive.PE_IndicatorRadioButton,
        _Primitive.PE_FrameLineEdit,
        _Primitive.PE_PanelLineEdit,
        _Primitive.PE_PanelButtonCommand,
        _Primitive.PE_Frame,
    }
)
_COMPLEX: Final = frozenset({_Complex.CC_ComboBox, _Complex.CC_SpinBox, _Complex.CC_Slider})
_FOCUSED: Final = frozenset({_Primitive.PE_FrameLineEdit, _Primitive.PE_PanelButtonCommand, _Primitive.PE_Frame})


class OutlinedStyle(QProxyStyle):
    """Draws the outlines of controls in a colour of their own: Fusion's are darker than a dark window.

    Widgets that have the focus are framed in the focus colour.
    """

    def __init__(self) -> None:
        super().__init__("Fusion")
        self._palettes: dict[int, QPalette] = {}

    def drawPrimitive(  # noqa: N802  Qt's name
        self, element: QStyle.PrimitiveElement, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        """Draw outlines and focus in their own colours."""
        if element == _Primitive.PE_FrameFocusRect:
            self._draw_focus(option, painter)
            return
        before = self._set_outline(option) if element in _OUTLINED else None
        super().drawPrimitive(element, option, painter, widget)
        if before is not None:
            option.palette = before
        if element in _FOCUSED and _has_focus(option, widget):
            self._draw_focus(option, painter)

    def drawComplexControl(  # noqa: N802  Qt's name
        self,
        control: QStyle.ComplexControl,
        option: QStyleOptionComplex,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Draw outlines and focus in their own colours."""
        before = self._set_outline(option) if control in _COMPLEX else None
        super().drawComplexControl(control, option, painter, widget)
        if before is not None:
            option.palette = before
            if _has_focus(option, widget):
                self._draw_focus(option, painter)

    def _set_outline(self, option: QStyleOption) -> QPalette:
        """Give an option a palette from which Fusion derives the outline; return the previous palette."""
        before = QPalette(option.palette)
        key = before.cacheKey()
        if key not in self._palettes:
            if len(self._palettes) > 64:  # after many changes of the theme
                self._palettes.clear()
            outlined = QPalette(before)
            outlined.setColor(QPalette.ColorRole.Window, QColor(OUTLINES[is_dark(before)]).lighter(FUSION_FACTOR))
            self._palettes[key] = outlined
        option.palette = self._palettes[key]
        return before

    def _draw_focus(self, option: QStyleOption, painter: QPainter) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(FOCUS[is_dark(option.palette)]), FOCUS_PX))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = FOCUS_PX / 2
        painter.drawRoundedRect(QRectF(option.rect).adjusted(inset, inset, -inset, -inset), 2, 2)
        painter.restore()


def _has_focus(option: QStyleOption, widget: QWidget | None) -> bool:
    return bool(option.state & _State.State_HasFocus) and (widget is None or widget.hasFocus())
