"""A line at the top of a picture that says what is shown instead of the heat, and how to leave it."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from exclip_desktop.core.text.number_format import format_percent
from exclip_desktop.session.parts.heat_modes import HeatMode, SimilarHeat
from exclip_desktop.ui.widgets.notice_bar import paint_notice_ground

LEAVE: Final = "Esc shows the heat"
SIMILAR: Final = "Similar patches ({kind})"
PENDING: Final = "Comparing the patches…"


def describe_mode(mode: HeatMode) -> str:
    """Return what a mode shows, in a few words."""
    if isinstance(mode, SimilarHeat):
        return PENDING if mode.similarity is None else SIMILAR.format(kind=mode.kind)
    return f"Direction {mode.place + 1}: {format_percent(mode.share)} of ‖A‖²"


class HeatModeLabel(QFrame):
    """The line; hidden without a mode. The mouse passes through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._text = QLabel()
        self._text.setMinimumWidth(1)  # in a narrow window it is cut, and does not widen the picture
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.addWidget(self._text)
        self.hide()

    @property
    def text(self) -> str:
        """What is written; empty while hidden."""
        return "" if self.isHidden() else self._text.text()

    def show_mode(self, mode: HeatMode | None) -> None:
        """Describe a mode; None: hide."""
        if mode is not None:
            self._text.setText(f"{describe_mode(mode)} · {LEAVE}")
        self.setVisible(mode is not None)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Paint a ground like that of other messages."""
        paint_notice_ground(self, self.palette().color(QPalette.ColorRole.Highlight))
