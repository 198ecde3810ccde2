"""The shortcut sheet: every shortcut and mouse gesture of the action table, grouped and searchable."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.ui.action_table import ShortcutRow, shortcut_rows
from exclip_desktop.ui.actions import format_shortcuts

BETWEEN_COLUMNS_PX: Final = 24
LONG_WAY: Final = 24  # letters: a longer gesture is wrapped
LONG_WAY_PX: Final = 160


class ShortcutSheet(QWidget):
    """Lists every shortcut and gesture in two columns; typing narrows the list."""

    def __init__(self, chosen: Mapping[str, str], parent: QWidget | None = None) -> None:
        """List the table's shortcuts, but for the ``chosen`` keys, by the action's name."""
        super().__init__(parent)
        self.search_field = QLineEdit(placeholderText="Search shortcuts, for example: zoom", clearButtonEnabled=True)
        self.search_field.setAccessibleName("Search shortcuts and gestures")
        self.search_field.textChanged.connect(self._on_search_changed)
        self._no_match = QLabel("No shortcut or gesture matches.")
        self._no_match.hide()
        self._groups = _groups(shortcut_rows(chosen))
        column = QVBoxLayout(self)
        column.addWidget(self.search_field)
        column.addWidget(self._no_match)
        column.addWidget(self._sheet(), 1)

    def visible_rows(self) -> list[ShortcutRow]:
        """Return the lines that match the search."""
        return [row for group in self._groups for row in group.visible_rows()]

    def _sheet(self) -> QScrollArea:
        inside = QWidget()
        sides = QHBoxLayout(inside)
        sides.setSpacing(BETWEEN_COLUMNS_PX)
        half = sum(group.lines for group in self._groups) / 2
        before, columns = 0, (QVBoxLayout(), QVBoxLayout())
        for group in self._groups:
            columns[before + group.lines / 2 > half].addWidget(group)
            before += group.lines
        for side in columns:
            side.setSpacing(6)  # or they would take that between the columns
            side.addStretch(1)
            sides.addLayout(side, 1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrow keys scroll
        area.setAccessibleName("Shortcuts and gestures")
        area.setWidget(inside)
        return area

    def _on_search_changed(self, searched: str) -> None:
        for group in self._groups:
            group.narrow(searched)
        self._no_match.setVisible(not self.visible_rows())


def _groups(rows: list[ShortcutRow]) -> list["_Group"]:
    names = dict.fromkeys(row.group for row in rows)
    return [_Group(name, [row for row in rows if row.group == name]) for name in names]


class _Group(QWidget):
    """A heading and its lines."""

    def __init__(self, name: str, rows: list[ShortcutRow]) -> None:
        super().__init__()
        self.lines = len(rows) + 2  # with the heading and the gap below
        self._lines: list[tuple[ShortcutRow, list[QWidget]]] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        heading = QLabel(name)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        grid.addWidget(heading, 0, 0, 1, 2)
        for at, row in enumerate(rows, start=1):
            text, keys = QLabel(row.text, wordWrap=True), _keys(_ways(row))
            grid.addWidget(text, at, 0)
            grid.addWidget(keys, at, 1, Qt.AlignmentFlag.AlignRight)
            self._lines.append((row, [text, keys]))

    def narrow(self, searched: str) -> None:
        """Show the lines that match."""
        for row, parts in self._lines:
            for part in parts:
                part.setVisible(_matches(row, searched))
        self.setVisible(any(_matches(row, searched) for row, _ in self._lines))

    def visible_rows(self) -> list[ShortcutRow]:
        """Return the lines that match the search."""
        return [row for row, parts in self._lines if not parts[0].isHidden()]


def _ways(row: ShortcutRow) -> tuple[str, ...]:
    """Return the keys as this system writes them, or the gesture."""
    return tuple(format_shortcuts((keys,)) for keys in row.keys) or (row.gesture,)


def _matches(row: ShortcutRow, searched: str) -> bool:
    """Return whether the line contains every searched word."""
    line = " ".join((row.group, row.text, *_ways(row))).casefold()
    return all(word in line for word in searched.casefold().split())


def _keys(ways: tuple[str, ...]) -> QWidget:
    """Return the ways as key caps, side by side."""
    caps = QWidget()
    caps.setAccessibleName(" or ".join(ways))
    line = QHBoxLayout(caps)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(4)
    for way in ways:
        cap = QLabel(way, margin=2)
        if len(way) > LONG_WAY:
            cap.setWordWrap(True)
            cap.setFixedWidth(LONG_WAY_PX)
        cap.setFrameShape(QFrame.Shape.StyledPanel)
        cap.setAutoFillBackground(True)
        cap.setBackgroundRole(QPalette.ColorRole.Base)
        cap.setForegroundRole(QPalette.ColorRole.Text)
        line.addWidget(cap)
    return caps
