"""The help sheet: every shortcut and mouse gesture of the action table, grouped and searchable."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.ui.action_table import ACTIONS, GESTURES, MENUS
from exclip_desktop.ui.actions import shown_keys

OPENS_AT_PX: Final = (880, 720)
BETWEEN_COLUMNS_PX: Final = 36


@dataclass(frozen=True, slots=True)
class HelpRow:
    """One line of the sheet: its heading, what is done, and the ways to do it."""

    group: str
    text: str
    ways: tuple[str, ...]

    def matches(self, searched: str) -> bool:
        """Return whether every searched word stands somewhere in the line."""
        told = " ".join((self.group, self.text, *self.ways)).casefold()
        return all(word in told for word in searched.casefold().split())


def help_rows() -> list[HelpRow]:
    """Return all lines, heading by heading, actions in the menus' order, then gestures."""
    menu_order = [name for names in MENUS.values() for name in names]
    with_keys = sorted((spec for spec in ACTIONS if spec.shortcuts), key=lambda spec: menu_order.index(spec.name))
    rows = [
        HelpRow(spec.group, spec.text.rstrip("…"), tuple(shown_keys((keys,)) for keys in spec.shortcuts))
        for spec in with_keys
    ]
    rows += [HelpRow(gesture.group, gesture.text, (gesture.how,)) for gesture in GESTURES]
    groups = list(dict.fromkeys(row.group for row in rows))
    return sorted(rows, key=lambda row: groups.index(row.group))


class HelpSheet(QDialog):
    """Lists every shortcut and gesture in two columns; typing narrows the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts and gestures")
        self.resize(*OPENS_AT_PX)
        self._search = QLineEdit(placeholderText="Search, for example: zoom", clearButtonEnabled=True)
        self._search.setAccessibleName("Search shortcuts and gestures")
        self._search.textChanged.connect(self._on_search_changed)
        self._nothing = QLabel("No shortcut or gesture matches.")
        self._nothing.hide()
        self._groups = _groups(help_rows())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self._search)
        column.addWidget(self._nothing)
        column.addWidget(self._sheet(), 1)
        column.addWidget(buttons)

    def shown_rows(self) -> list[HelpRow]:
        """Return the lines that the search leaves."""
        return [row for group in self._groups for row in group.shown_rows()]

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
        self._nothing.setVisible(not self.shown_rows())


def _groups(rows: list[HelpRow]) -> list["_Group"]:
    names = dict.fromkeys(row.group for row in rows)
    return [_Group(name, [row for row in rows if row.group == name]) for name in names]


class _Group(QWidget):
    """A heading and its lines."""

    def __init__(self, name: str, rows: list[HelpRow]) -> None:
        super().__init__()
        self.lines = len(rows) + 2  # with the heading and the gap below
        self._lines: list[tuple[HelpRow, list[QWidget]]] = []
        grid = QGridLayout(self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        grid.setContentsMargins(0, 0, 0, 10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        heading = QLabel(name)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        grid.addWidget(heading, 0, 0, 1, 2)
        for at, row in enumerate(rows, start=1):
            text, keys = QLabel(row.text), _keys(row.ways)
            grid.addWidget(text, at, 0)
            grid.addWidget(keys, at, 1, Qt.AlignmentFlag.AlignRight)
            self._lines.append((row, [text, keys]))

    def narrow(self, searched: str) -> None:
        """Show the lines that match."""
        for row, parts in self._lines:
            for part in parts:
                part.setVisible(row.matches(searched))
        self.setVisible(any(row.matches(searched) for row, _ in self._lines))

    def shown_rows(self) -> list[HelpRow]:
        """Return the lines that are shown."""
        return [row for row, parts in self._lines if not parts[0].isHidden()]


def _keys(ways: tuple[str, ...]) -> QWidget:
    """Return the ways as key caps, side by side."""
    caps = QWidget()
    caps.setAccessibleName(" or ".join(ways))
    line = QHBoxLayout(caps)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(4)
    for way in ways:
        cap = QLabel(way, margin=2)
        cap.setFrameShape(QFrame.Shape.StyledPanel)
        cap.setAutoFillBackground(True)
        cap.setBackgroundRole(QPalette.ColorRole.Base)
        cap.setForegroundRole(QPalette.ColorRole.Text)
        line.addWidget(cap)
    return caps
