"""Qt's model of the open pair list: one row per listed pair."""

from typing import Any

from PySide6.QtCore import QObject, Qt

from exclip_desktop.core.values.pair_list import PairFigures
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.ui.lists.thumbnail_rows import BELOW_ROLE, ERROR_ROLE, Index, ThumbnailModel

Role = Qt.ItemDataRole


class PairListModel(ThumbnailModel):
    """Rows are the pairs of ``navigation.order``; a thumbnail is requested when its row is painted."""

    def __init__(self, navigation: PairNavigation, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(thumbnails, parent=parent)
        self._navigation = navigation
        self._rows: dict[int, int] = {}
        navigation.order_changed.connect(self._update_rows)
        navigation.figures_changed.connect(self._on_figures_changed)
        navigation.figures_reloaded.connect(self._on_figures_renewed)
        self._update_rows()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of listed pairs."""
        return 0 if parent is not None and parent.isValid() else len(self._navigation.order)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a row."""
        place = self._navigation.order[index.row()]
        pair, figures = self._navigation.pairs[place], self._navigation.figures(place)
        if role == Role.DisplayRole:
            return pair.caption or "No caption"
        if role == Role.DecorationRole:
            return self.thumbnail(str(self._navigation.path(pair)), index.row())
        if role == BELOW_ROLE:
            return " · ".join(part for part in ("" if figures is None else _summary(figures), pair.label) if part)
        if role == ERROR_ROLE:
            return figures is not None and bool(figures.failure)
        if role in (Role.ToolTipRole, Role.AccessibleTextRole):
            return self._details(place)
        return None

    def row_of(self, place: int | None) -> int | None:
        """Return the row of the pair at a place of the list; None where the filter hides it."""
        return None if place is None else self._rows.get(place)

    def place_of(self, row: int) -> int:
        """Return the place of a row's pair in the list."""
        return self._navigation.order[row]

    def _details(self, place: int) -> str:
        pair, figures = self._navigation.pairs[place], self._navigation.figures(place)
        parts = [pair.caption or "No caption", pair.label, pair.picture]
        if figures is not None:
            parts.append(figures.failure or _figures_text(figures))
            if figures.share is not None:
                parts.append(f"{figures.share:.0%} of positive heat in the labelled regions")
        return "\n".join(part for part in parts if part)

    def _update_rows(self) -> None:
        self.beginResetModel()
        self._rows = {place: row for row, place in enumerate(self._navigation.order)}
        self.cancel_thumbnails()
        self.endResetModel()

    def _on_figures_renewed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0))

    def _on_figures_changed(self, place: int) -> None:
        row = self._rows.get(place)
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, 0))


def _summary(figures: PairFigures) -> str:
    text = "failed" if figures.failure else "" if figures.score is None else f"{figures.score:.3f}".replace("-", "−")
    return " · ".join(part for part in (text, figures.rating) if part)


def _figures_text(figures: PairFigures) -> str:
    if figures.score is None:
        return ""
    return f"score {figures.score:.4f}, residual {figures.residual:.1e}".replace("-", "−")
