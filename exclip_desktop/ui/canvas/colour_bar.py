"""The colour bar: which colour stands for which value, and a lock that keeps the range."""

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QToolButton, QWidget

from exclip_desktop.core.maths.colour import lookup_table, range_limit
from exclip_desktop.core.values.selection import token_heat
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.heat_item import picture_limit
from exclip_desktop.ui.theme import ThemedIcons

Side = Literal["picture", "words"]
BAR_PX: Final = 12.0
GAP_PX: Final = 4.0
LENGTH_PX: Final = 120
BUTTON_PX: Final = 16
OWN_RANGES: Final = "Each pane has a range of its own, up to its largest value: the methods' units differ"
UNIT: Final = "in the unit of the score"
LOCK_TIP: Final = "Lock the colour range so that maps compare"


def words_limit(state: State) -> float:
    """Return the end of the words' colour range: the locked one, else the largest magnitude of the tokens shown."""
    found, locked = state.explanation, state.view.words_limit
    if found is None:
        return range_limit(locked=locked)
    heat = token_heat(found.interactions, found.geometry, state.selection, state.preview)
    return range_limit(heat if state.view.specials else heat[found.interactions.content], locked=locked)


def told(value: float) -> str:
    """Return a number of the bar as it is written: signed, three digits, ``0`` for zero."""
    return f"{value:+.3g}".replace("-", "−") if value else "0"


class ColourBar(QWidget):
    """Shows the colour range of one side; upright for the picture, lying for the words.

    Signals:
        limit_locked(limit): the lock was clicked: the limit to keep, or None to let it follow what is shown.

    """

    limit_locked = Signal(object)

    def __init__(
        self,
        state: State,
        side: Side,
        parent: QWidget | None = None,
        *,
        limit_of: Callable[[], float | None] | None = None,
        unit_of: Callable[[], str] = lambda: UNIT,
    ) -> None:
        """Show ``side``'s range.

        ``limit_of`` says its end where that is not told by the state alone; None where several have their
        own. ``unit_of`` names the unit, for the tooltip.
        """
        super().__init__(parent)
        self._state, self._side = state, side
        limits = {"picture": picture_limit, "words": words_limit}
        self._unit_of = unit_of
        self._limit_of = limit_of or (lambda: limits[side](state))
        self._scale = _Scale(upright=side == "picture", parent=self)
        self._lock = QToolButton(self)
        self._icons = ThemedIcons(self)
        self._build()
        changes = (state.answer_changed, state.selection_changed, state.preview_changed, state.view_changed)
        for signal in (*changes, state.canvas_picture_changed):
            signal.connect(self.refresh)
        self.refresh()

    @property
    def limit(self) -> float | None:
        """The end of the range that is shown; None where several have their own."""
        return self._scale.limit

    def _build(self) -> None:
        self._scale.setAccessibleName(f"Colour range of the {self._side}")
        self._icons.add(self._lock, "lock")
        self._lock.setIconSize(QSize(BUTTON_PX, BUTTON_PX))
        self._lock.setAutoRaise(True)
        self._lock.setCheckable(True)
        self._lock.setToolTip(LOCK_TIP)
        self._lock.setAccessibleName(f"Lock the colour range of the {self._side}")
        self._lock.clicked.connect(self._on_lock_clicked)
        upright = self._side == "picture"
        layout = QBoxLayout(QBoxLayout.Direction.TopToBottom if upright else QBoxLayout.Direction.LeftToRight, self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(int(GAP_PX))
        layout.addWidget(self._scale, 1)
        layout.addWidget(self._lock, 0, Qt.AlignmentFlag.AlignLeft if upright else Qt.AlignmentFlag.AlignVCenter)

    def refresh(self) -> None:
        """Show the range as it is now."""
        view = self._state.view
        locked = view.picture_limit if self._side == "picture" else view.words_limit
        self._lock.setChecked(locked is not None)
        limit = self._limit_of()
        self._lock.setEnabled(limit is not None and (locked is not None or self._state.explanation is not None))
        self._scale.show_range(limit, view.colours, self._unit_of())

    def _on_lock_clicked(self, checked: bool) -> None:
        self.limit_locked.emit(self.limit if checked else None)
        # The state decides; where it did not follow, the button goes back.
        self.refresh()


class _Scale(QWidget):
    """The bar itself, with −limit, 0 and +limit beside it."""

    def __init__(self, *, upright: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.limit: float | None = 1.0
        self._colours = self._unit = ""
        self._upright = upright
        self._ramp = QImage()
        fixed, free = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(*((fixed, free) if upright else (free, fixed)))

    def show_range(self, limit: float | None, colours: str, unit: str = UNIT) -> None:
        """Show −limit … limit (None: each one's own) in the colours of a key of ``COLOUR_MAPS``."""
        if (limit, colours, unit) == (self.limit, self._colours, self._unit):
            return
        self.limit, self._colours, self._unit = limit, colours, unit
        self._ramp = _ramp(colours, self._upright)
        low, _, high = self._numbers()
        self.setAccessibleDescription(OWN_RANGES if limit is None else f"{low} to {high}")
        self.setToolTip(OWN_RANGES if limit is None else f"Colours from {low} to {high}, {self._unit}")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return a slim size with room for the numbers."""
        metrics = QFontMetricsF(self.font())
        if self._upright:
            # Room for the longest usual number: the bar must not jump while the range follows.
            return QSize(round(BAR_PX + GAP_PX + metrics.horizontalAdvance("+0.000123")), LENGTH_PX)
        return QSize(2 * LENGTH_PX, round(BAR_PX + GAP_PX + metrics.height()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the least size at which the three numbers stand apart."""
        metrics = QFontMetricsF(self.font())
        if self._upright:
            return QSize(self.sizeHint().width(), round(4 * metrics.height()))
        return QSize(round(3 * metrics.horizontalAdvance("+0.000123")), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Make room for another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the colours with the numbers at their ends and middle."""
        painter = QPainter(self)
        metrics = QFontMetricsF(self.font())
        bar = self._bar(metrics)
        painter.drawImage(bar, self._ramp)
        painter.setPen(self.palette().mid().color())
        painter.drawRect(bar)
        painter.setPen(self.palette().windowText().color())
        for share, text in zip((0.0, 0.5, 1.0), self._numbers(), strict=True):
            painter.drawText(*self._number(bar, metrics, share, text))

    def _numbers(self) -> tuple[str, str, str]:
        """Return what stands at the low end, the middle and the high end."""
        limit = self.limit
        return ("−max", "0", "+max") if limit is None else (told(-limit), told(0.0), told(limit))

    def _bar(self, metrics: QFontMetricsF) -> QRectF:
        """Return the bar's place: half a number is left free at its ends."""
        if self._upright:
            free = round(metrics.height() / 2)
            return QRectF(0, free, BAR_PX, self.height() - 2 * free - 1)
        return QRectF(0, 0, self.width() - 1, BAR_PX)

    def _number(self, bar: QRectF, metrics: QFontMetricsF, share: float, text: str) -> tuple[QPointF, str]:
        """Return where a number's baseline begins, ``share`` of the way from the low to the high end."""
        if self._upright:
            middle = bar.bottom() - share * bar.height()
            return QPointF(bar.right() + GAP_PX, middle + (metrics.ascent() - metrics.descent()) / 2), text
        left = share * (bar.width() - metrics.horizontalAdvance(text))
        return QPointF(left, bar.bottom() + GAP_PX + metrics.ascent()), text


def _ramp(colours: str, upright: bool) -> QImage:
    """Return the lookup table as an image one pixel wide, high values at the top, or at the right."""
    table = np.rint(lookup_table(colours) * 255).astype(np.uint8)
    pixels = np.ascontiguousarray(table[::-1] if upright else table)
    width, height = (1, len(pixels)) if upright else (len(pixels), 1)
    # The lines of an image begin at multiples of four bytes unless told otherwise; the copy owns its pixels.
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
