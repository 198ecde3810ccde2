"""Table model of agreement: each pane's share in the box, and its similarity to every other pane."""

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from exclip_desktop.core.maths.agreement import Agreement
from exclip_desktop.core.maths.colour import choose_ink, to_rgb
from exclip_desktop.core.text.number_format import format_signed

Role = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex
NAME, IN_BOX, FIRST = 0, 1, 2
"""Columns: the pane's name, its share in the box, and the first of the numbers that stand for the other panes."""
HEADINGS: Final = ("Pane", "In box")
TEXT_ROLES: Final = (Role.DisplayRole, Role.ToolTipRole, Role.AccessibleDescriptionRole)
ROOT: Final = QModelIndex()


class AgreementModel(QAbstractTableModel):
    """One row per pane; rank correlations of pairs above the diagonal, overlaps below."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._agreement: Agreement | None = None

    def show(self, names: tuple[str, ...], agreement: Agreement | None) -> None:
        """Show the agreement of the panes with these ``names``."""
        if names != self._names:
            self.beginResetModel()
            self._names, self._agreement = names, agreement
            self.endResetModel()
            return
        self._agreement = agreement
        if names:
            self.dataChanged.emit(self.index(0, IN_BOX), self.index(len(names) - 1, len(names) + 1))

    def rowCount(self, parent: Index = ROOT) -> int:  # noqa: N802  Qt's name
        """Return the number of panes."""
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: Index = ROOT) -> int:  # noqa: N802
        """Return the number of columns: name, share in the box, and one for each pane."""
        return 0 if parent.isValid() else FIRST + len(self._names)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        """Return the panes' numbers, in rows and columns."""
        if role == Role.DisplayRole:
            across = orientation == Qt.Orientation.Horizontal
            return HEADINGS[section] if across and section < FIRST else str(section + 1 - FIRST * across)
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return a name or a number, or its meaning as a tooltip."""
        row, column = index.row(), index.column()
        if column == NAME:
            return self._names[row] if role in (Role.DisplayRole, Role.ToolTipRole) else None
        value = self.value(row, column) if role in TEXT_ROLES else None
        if value is None:
            return None
        if role == Role.DisplayRole:
            return f"{value:.0%}" if column == IN_BOX else format_coefficient(value)
        return self._meaning(row, column, value)

    def cell(self, row: int, column: int) -> tuple[str, QColor, QColor] | None:
        """Return a number's text, background and ink; None if there is none."""
        value = self.value(row, column)
        if value is None:
            return None
        return f"{value:.0%}" if column == IN_BOX else format_coefficient(value), *_colours(round(value, 2))

    def value(self, row: int, column: int) -> float | None:
        """Return the number of a cell; None if there is none."""
        agreement, other = self._agreement, column - FIRST
        if agreement is None or row == other:
            return None
        if column == IN_BOX:
            value = math.nan if agreement.inside is None else float(agreement.inside[row])
        else:
            value = float((agreement.ranks if other > row else agreement.overlaps)[row, other])
        return None if math.isnan(value) else value

    def _meaning(self, row: int, column: int, value: float) -> str:
        name = self._names[row]
        if column == IN_BOX:
            return f"{name}: {value:.0%} of its positive heat is in the box"
        other = column - FIRST
        pair = f"{name} and {self._names[other]}"
        if other > row:
            return f"{pair}: rank correlation of their patches {format_signed(value)}"
        assert self._agreement is not None
        return f"{pair}: {value:.0%} of their {self._agreement.top} strongest patches in common"


def format_coefficient(value: float) -> str:
    """Return a number from −1 to 1 in few letters: ``.83``, ``−.07``, ``1``."""
    text = f"{abs(value):.2f}"
    short = {"1.00": "1", "0.00": "0"}.get(text, text[1:])
    return f"−{short}" if value < 0 and short != "0" else short


@lru_cache(maxsize=256)
def _colours(value: float) -> tuple[QColor, QColor]:
    """Return a number's background, from −1 to 1, and the ink that is readable on it."""
    ground = to_rgb(np.array([value]), 1.0)[0]
    return QColor.fromRgbF(*ground.tolist()), QColor(choose_ink(ground))
