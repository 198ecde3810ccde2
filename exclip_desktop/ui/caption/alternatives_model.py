"""Table model of other captions: the caption on screen first, then the others by rank."""

from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.session.worker.requests import Alternative

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
BAR_ROLE: Final = Role.UserRole
"""A score's share of the largest magnitude in the list, signed, in −1 … 1; None while there is no score."""
ROLES: Final = frozenset(
    {
        *(Role.DisplayRole, Role.AccessibleTextRole, Role.TextAlignmentRole),
        *(Role.FontRole, Role.ToolTipRole, BAR_ROLE),
    }
)
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
PENDING: Final = "…"
SMALL_SHARE: Final = 0.001


class AlternativeColumn(IntEnum):
    """The columns of the table."""

    RANK = 0
    CAPTION = 1
    SCORE = 2
    GAP = 3
    SHARE = 4
    REMOVE = 5


NUMBERS: Final = (AlternativeColumn.RANK, AlternativeColumn.GAP, AlternativeColumn.SHARE)
HEADINGS: Final = ("Rank", "Caption", "Score", "Difference", "Share", "")
HINTS: Final = (
    "Rank by score",
    "",
    "Cosine of picture and caption",
    "Score minus the score of the caption on screen",
    "Softmax over the captions listed, with the model's own scale",
    "",
)


class AlternativesModel(QAbstractTableModel):
    """The alternatives of the state, in display order.

    Attributes:
        entries: (index in ``state.alternatives``, entry), in display order.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[tuple[int, Alternative]] = []
        self._caption = ""
        self._own_score: float | None = None
        self._largest = 0.0  # magnitude of the scores

    def show(self, alternatives: tuple[Alternative, ...], caption: str) -> None:
        """Show other alternatives; ``caption`` is the caption on screen."""
        self.beginResetModel()
        self._caption = caption.strip()
        self._own_score = next((entry.score for entry in alternatives if self._is_own(entry)), None)
        scores = [entry.score for entry in alternatives if entry.score is not None]
        self._largest = max(map(abs, scores), default=0.0)
        self.entries = list(enumerate(alternatives))
        ranked = all(entry.rank is not None for entry in alternatives)
        self.entries.sort(
            key=lambda numbered: (not self._is_own(numbered[1]), (numbered[1].rank or 0) if ranked else 0)
        )
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of captions."""
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(AlternativeColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return a column's heading or tooltip."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Role.TextAlignmentRole:
            return RIGHT if section in NUMBERS else Qt.AlignmentFlag.AlignLeft
        return {Role.DisplayRole: HEADINGS, Role.ToolTipRole: HINTS}.get(Role(role), (None,) * len(AlternativeColumn))[
            section
        ]

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a cell."""
        if role not in ROLES:  # views request many others for each cell
            return None
        _, entry = self.entries[index.row()]
        column = AlternativeColumn(index.column())
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return self._cell_text(entry, column)
        if role == Role.TextAlignmentRole and column in NUMBERS:
            return RIGHT
        if role == Role.FontRole and self._is_own(entry):
            font = QFont()
            font.setBold(True)
            return font
        if role == Role.ToolTipRole:
            return self._hint(entry, column)
        return self._bar(entry) if role == BAR_ROLE else None

    def is_own(self, row: int) -> bool:
        """Return whether a row is the caption on screen."""
        return self._is_own(self.entries[row][1])

    def row_of(self, caption: str) -> int | None:
        """Return the row of ``caption``, or None."""
        return next((row for row, (_, entry) in enumerate(self.entries) if entry.caption == caption), None)

    def _is_own(self, entry: Alternative) -> bool:
        return entry.caption.strip() == self._caption

    def _cell_text(self, entry: Alternative, column: AlternativeColumn) -> str:
        if column == AlternativeColumn.CAPTION:
            return entry.caption
        if column == AlternativeColumn.REMOVE:
            return "" if self._is_own(entry) else "Remove"
        if column == AlternativeColumn.RANK:
            return PENDING if entry.rank is None else str(entry.rank)
        if column == AlternativeColumn.GAP:
            return self._gap(entry)
        if column == AlternativeColumn.SCORE:
            return PENDING if entry.score is None else format_signed(entry.score)
        return PENDING if entry.share is None else format_share(entry.share)

    def _hint(self, entry: Alternative, column: AlternativeColumn) -> str:
        if column == AlternativeColumn.REMOVE:
            return "" if self._is_own(entry) else "Remove this caption"
        own = "The caption on screen" if self._is_own(entry) else "Click to explain this caption"
        return own if column == AlternativeColumn.CAPTION else HINTS[column]

    def _gap(self, entry: Alternative) -> str:
        own = self._own_score
        return "" if self._is_own(entry) or own is None or entry.score is None else format_signed(entry.score - own)

    def _bar(self, entry: Alternative) -> float | None:
        return None if entry.score is None else entry.score / (self._largest or 1.0)


def format_share(share: float) -> str:
    """Return a share in per cent with one decimal; one that would round to zero as "<0.1 %"."""
    return "<0.1 %" if 0 < share < SMALL_SHARE else format_percent(share, 1)
