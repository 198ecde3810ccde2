"""The model of the open pair list, its columns, and the marks of its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFont

from exclip_desktop.core.text.number_format import format_percent, format_residual, format_signed
from exclip_desktop.core.values.finding import RATINGS
from exclip_desktop.core.values.pair_list import PairFigures
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.lists.pair_values import PairValues
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.ui.lists.heat_images import HeatImages
from exclip_desktop.ui.lists.thumbnail_rows import (
    BELOW_ROLE,
    ERROR_ROLE,
    HEAT_ROLE,
    ON_SCREEN_ROLE,
    REMARK_ROLE,
    TITLE_ROLE,
    Index,
    ThumbnailModel,
)

Role = Qt.ItemDataRole
LONGEST: Final = 300  # characters; no cell shows more
RATING_TEXTS: Final = {rating: rating.capitalize() for rating in RATINGS}


@dataclass(frozen=True, slots=True)
class PairColumn:
    """A column of the pair list.

    Attributes:
        key: its sort key, and its name in saved layouts.
        heading: its heading.
        text: returns what it shows of the pair at a place.
        width_px: its first width; ``hidden``: whether it is hidden until it is chosen.
        is_number: whether it is aligned and sorted as a number.

    """

    key: str
    heading: str
    text: Callable[[PairValues, int], str]
    width_px: int = 90
    hidden: bool = False
    is_number: bool = False

    @property
    def is_sortable(self) -> bool:
        """Whether rows can be sorted by it."""
        return self.key != "picture"


def _number(key: str, write: Callable[[float], str]) -> Callable[[PairValues, int], str]:
    def text(values: PairValues, place: int) -> str:
        figures = values.figures(place)
        number = None if figures is None else getattr(figures, key)
        return "" if number is None else write(number)

    return text


def state_text(figures: PairFigures | None) -> str:
    """Return whether a pair is explained, or why it failed."""
    if figures is None:
        return ""
    return f"Failed: {figures.failure}" if figures.failure else "" if figures.score is None else "Explained"


PAIR_COLUMNS: Final = (
    PairColumn("picture", "Picture", lambda *_: "", 76),
    PairColumn("caption", "Caption", lambda values, place: values.pair(place).caption or "No caption", 138),
    PairColumn("score", "Score", _number("score", format_signed), 68, is_number=True),
    PairColumn("rating", "Rating", lambda values, place: RATING_TEXTS[values.remark(place).rating], 76),
    PairColumn("file", "File name", lambda values, place: values.file_name(place), 110),
    PairColumn("residual", "Residual", _number("residual", format_residual), 76, is_number=True),
    PairColumn("tags", "Tags", lambda values, place: ", ".join(values.remark(place).tags)),
    PairColumn("label", "Label", lambda values, place: values.pair(place).label),
    PairColumn("state", "State", lambda values, place: state_text(values.figures(place)), 110),
    PairColumn("share", "Share in label", _number("share", format_percent), hidden=True, is_number=True),
)
KEYS: Final = tuple(column.key for column in PAIR_COLUMNS)
PICTURE, CAPTION, SCORE = (KEYS.index(key) for key in ("picture", "caption", "score"))


class PairListModel(ThumbnailModel):
    """Rows are the pairs of the walk, columns those of ``PAIR_COLUMNS``; only rows that are painted are read."""

    def __init__(
        self, navigation: PairNavigation, thumbnails: Thumbnails, heats: HeatImages, parent: QObject | None = None
    ) -> None:
        super().__init__(thumbnails, PICTURE, parent)
        self._navigation, self._walk, self._values = navigation, navigation.walk, navigation.values
        self._bold = QFont()
        self._bold.setBold(True)
        self._on_screen = self._walk.current
        self._row_roles: dict[int, Callable[[int], Any]] = {
            ON_SCREEN_ROLE: lambda place: place == self._walk.current,
            ERROR_ROLE: self._has_failed,
            BELOW_ROLE: self._summary,
            REMARK_ROLE: lambda place: self._summary(place, with_score=False),
            HEAT_ROLE: heats.get,
            TITLE_ROLE: lambda place: self._values.pair(place).caption or self._values.file_name(place),
            Role.FontRole: lambda place: self._bold if place == self._walk.current else None,
            Role.AccessibleTextRole: self._details,
            Role.ToolTipRole: self._details,
        }
        heats.made.connect(self._show_row)
        heats.look_changed.connect(self._on_figures_reloaded)
        walk = self._walk
        walk.arranged.connect(self._on_arranged)
        walk.row_removal_started.connect(lambda row: self.beginRemoveRows(self.NO_PARENT, row, row))
        walk.row_removed.connect(self.endRemoveRows)
        walk.row_insertion_started.connect(lambda row: self.beginInsertRows(self.NO_PARENT, row, row))
        walk.row_inserted.connect(self.endInsertRows)
        navigation.current_changed.connect(self._on_current_changed)
        navigation.figures_changed.connect(self._show_row)
        navigation.figures_reloaded.connect(self._on_figures_reloaded)

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of listed pairs."""
        return 0 if parent is not None and parent.isValid() else len(self._walk.places)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(PAIR_COLUMNS)

    def headerData(  # noqa: N802  Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return a column's heading."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = PAIR_COLUMNS[section]
        if role == Role.DisplayRole:
            return column.heading
        if role == Role.ToolTipRole:
            return f"Sort by {column.heading.lower()}" if column.is_sortable else None
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a cell; thumbnail, marks and the text below it are those of the whole row."""
        places, row = self._walk.places, index.row()
        if not 0 <= row < len(places):
            return None
        place, column = places[row], PAIR_COLUMNS[index.column()]
        if role == Role.DisplayRole:
            return column.text(self._values, place)[:LONGEST]
        if role == Role.DecorationRole:
            return self.thumbnail(self._path(place), place) if index.column() == PICTURE else None
        if role == Role.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
            return Qt.AlignmentFlag.AlignVCenter | side
        if role == Role.AccessibleTextRole and index.column() != PICTURE:
            return f"{column.heading}: {column.text(self._values, place)}"
        read = self._row_roles.get(role)
        return None if read is None else read(place)

    def row_of(self, place: int | None) -> int | None:
        """Return the row of the pair at a place of the list; None where the filter hides it."""
        return self._walk.row_of(place)

    def place_of(self, row: int) -> int:
        """Return the place of a row's pair in the list."""
        return self._walk.places[row]

    def _path(self, place: int) -> str:
        return str(self._navigation.path(self._values.pair(place)))

    def _row_waiting(self, token: int) -> int | None:
        return self._walk.row_of(token)

    def _has_failed(self, place: int) -> bool:
        figures = self._values.figures(place)
        return figures is not None and bool(figures.failure)

    def _summary(self, place: int, *, with_score: bool = True) -> str:
        """Return score, rating and label on one line."""
        figures, remark = self._values.figures(place), self._values.remark(place)
        number = figures.score if with_score and figures is not None else None
        score = "" if number is None else format_signed(number)
        failed = "failed" if figures is not None and figures.failure else score
        return " · ".join(part for part in (failed, remark.rating, self._values.pair(place).label) if part)

    def _details(self, place: int) -> str:
        pair, figures, remark = self._values.pair(place), self._values.figures(place), self._values.remark(place)
        parts = [pair.caption or "No caption", pair.label, pair.picture]
        parts.append(" · ".join(part for part in (RATING_TEXTS[remark.rating], *remark.tags) if part))
        parts.append(remark.note)
        if figures is not None:
            parts.append(figures.failure or _figures_text(figures))
            if figures.share is not None:
                parts.append(f"{format_percent(figures.share)} of positive heat in the labelled regions")
        return "\n".join(part for part in parts if part)

    def _on_arranged(self) -> None:
        self.beginResetModel()
        self.cancel_thumbnails()
        self.endResetModel()

    def _on_current_changed(self) -> None:
        before, self._on_screen = self._on_screen, self._walk.current
        for place in (before, self._on_screen):
            self._show_row(place)

    def _on_figures_reloaded(self) -> None:
        if self._walk.places:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._walk.places) - 1, len(PAIR_COLUMNS) - 1))

    def _show_row(self, place: int | None) -> None:
        row = self._walk.row_of(place) if place is not None and place < self._values.count else None
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(PAIR_COLUMNS) - 1))


def _figures_text(figures: PairFigures) -> str:
    if figures.score is None:
        return ""
    residual = "" if figures.residual is None else f", residual {format_residual(figures.residual)}"
    return f"score {format_signed(figures.score)}{residual}"
