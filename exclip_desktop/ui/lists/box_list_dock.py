"""The dock with the list of boxes, and its table model: name and visibility, sign, place."""

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCompleter,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from exclip_desktop.core.values.selection import ListedRegion, list_regions
from exclip_desktop.session.lists.known_labels import KnownLabels
from exclip_desktop.session.pair.region_controller import RegionController
from exclip_desktop.session.state import State

Index = QModelIndex | QPersistentModelIndex
Role, Flag, Key = Qt.ItemDataRole, Qt.ItemFlag, Qt.Key
NAME, SIGN, PLACE = range(3)
HEADINGS: Final = ("Name", "±", "Pixels")
WIDTH_PX: Final = 260
LEAST_PX: Final = 240
TIPS: Final = (
    "A ticked box is visible. A hidden box is not selected: no value depends on it.",
    "Whether the box is added to or subtracted from the boxes above it; + and − change it",
    "x0, y0 – x1, y1 in pixels of the picture",
)
UNNAMED: Final = "no name"
EMPTY: Final = "No boxes yet. Drag on the picture to draw one, or press P."
LABELLED: Final = "No boxes are selected. Press E to select the labelled ones, or drag on the picture to draw one."
PAD_PX: Final = 12
SIGN_KEYS: Final = {Key.Key_Plus: False, Key.Key_Minus: True}
OWN_KEYS: Final = (Key.Key_Delete, Key.Key_Backspace, Key.Key_F2, Key.Key_Space, *SIGN_KEYS)


class BoxListModel(QAbstractTableModel):
    """Rows are all regions, hidden ones too, in the order they were drawn; edits go to the controller."""

    def __init__(self, state: State, controller: RegionController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._controller = state, controller
        self._listed: tuple[ListedRegion, ...] = ()

    @property
    def listed(self) -> tuple[ListedRegion, ...]:
        """The regions that the rows show."""
        return self._listed

    def refresh(self) -> None:
        """Show the present regions; only rows that differ are painted again."""
        before, self._listed = self._listed, list_regions(self._state.selection)
        if len(before) != len(self._listed):
            self.beginResetModel()
            self.endResetModel()
            return
        for row, (old, new) in enumerate(zip(before, self._listed, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row, NAME), self.index(row, PLACE))

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of regions."""
        return 0 if parent is not None and parent.isValid() else len(self._listed)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(HEADINGS)

    def headerData(  # noqa: N802  Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return the headings of columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        return {Role.DisplayRole: HEADINGS, Role.ToolTipRole: TIPS}.get(Role(role), (None,) * 3)[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a cell: the name is edited in place, its tick shows or hides the box."""
        usual = Flag.ItemIsEnabled | Flag.ItemIsSelectable
        return usual | Flag.ItemIsEditable | Flag.ItemIsUserCheckable if index.column() == NAME else usual

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a cell."""
        if not index.isValid() or index.row() >= len(self._listed):
            return None
        one, column = self._listed[index.row()], index.column()
        if role == Role.CheckStateRole and column == NAME:
            return Qt.CheckState.Checked if one.visible else Qt.CheckState.Unchecked
        if role == Role.EditRole and column == NAME:
            return one.region.name
        if role == Role.DisplayRole:
            sign = "−" if one.region.subtract else "+"
            return (one.region.name or UNNAMED, sign, describe_box(one))[column]
        if role == Role.ToolTipRole:
            return TIPS[column]
        if role == Role.AccessibleTextRole:
            return describe_region(one) if column == NAME else None
        return None

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:  # noqa: N802  Qt's name
        """Name a region, or show or hide it."""
        if role == Role.EditRole:
            self._controller.name(index.row(), str(value))
        elif role == Role.CheckStateRole:
            self._controller.set_visible(index.row(), Qt.CheckState(value) == Qt.CheckState.Checked)
        else:
            return False
        return True


def describe_box(one: ListedRegion) -> str:
    """Return the box of a region, in whole pixels."""
    x0, y0, x1, y1 = (f"{edge:.0f}" for edge in one.region.box)
    return f"{x0}, {y0} – {x1}, {y1}"


def describe_region(one: ListedRegion) -> str:
    """Return a region in words, for screen readers."""
    kind = "lasso" if one.region.outline else "box"
    states = ("subtracted" if one.region.subtract else "", "" if one.visible else "hidden")
    return ", ".join(part for part in (one.region.name or UNNAMED, kind, *states, describe_box(one)) if part)


class NameDelegate(QStyledItemDelegate):
    """Edits a name, with earlier labels to choose from."""

    def __init__(self, labels: KnownLabels, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._labels = labels

    def createEditor(  # noqa: N802  Qt's name
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QWidget:
        """Return a field with a completer."""
        editor = QLineEdit(parent)
        completer = QCompleter(list(self._labels.names()), editor)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        editor.setCompleter(completer)
        editor.setAccessibleName("Name of this box")
        return editor

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:  # noqa: N802
        """Put the name into the model."""
        if isinstance(editor, QLineEdit):
            model.setData(index, editor.text())


class BoxTable(QTableView):
    """The table of boxes; its keys are its own while it has the focus.

    Signals:
        removal_requested(): the selected boxes should be removed.
        sign_requested(subtract): the selected boxes should be subtracted, or added.

    """

    removal_requested = Signal()
    sign_requested = Signal(bool)

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return a size with room for names."""
        return QSize(WIDTH_PX, super().sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Claim the table's keys before the window's shortcuts."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Remove, name or hide the selected boxes, or change their sign."""
        key = Key(event.key())
        if not _is_own(event):
            super().keyPressEvent(event)
        elif key in SIGN_KEYS:
            self.sign_requested.emit(SIGN_KEYS[key])
        elif key in (Key.Key_Delete, Key.Key_Backspace):
            self.removal_requested.emit()
        else:  # F2 and Space act on the name, whichever column is the current one
            current = self.currentIndex()
            if current.isValid():
                self.setCurrentIndex(current.siblingAtColumn(NAME))
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:  # noqa: N802  Qt's name
        """Ignore typed letters: they are the window's shortcuts."""


def _is_own(event: QKeyEvent) -> bool:
    held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
    return not held and event.key() in OWN_KEYS


class BoxListDock(QDockWidget):
    """Lists all boxes of the picture; the current row is the current box, both ways."""

    def __init__(
        self, state: State, controller: RegionController, labels: KnownLabels, parent: QWidget | None = None
    ) -> None:
        """Follow ``state``; edits go to ``controller``, and ``labels`` are offered for names."""
        super().__init__("Boxes", parent)
        self.setObjectName("boxes")
        self._state, self._controller = state, controller
        self._following = False
        self.model, self.table = BoxListModel(state, controller, self), BoxTable()
        self._stack, self._hint = QStackedWidget(), QLabel()
        self._build(labels)
        for signal in (state.selection_changed, state.labels_changed):
            signal.connect(self._follow)
        state.current_region_changed.connect(self._follow)
        self.visibilityChanged.connect(lambda _: self._follow())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._on_row_chosen())
        self.table.clicked.connect(self._on_clicked)
        self.table.removal_requested.connect(lambda: controller.remove(self._rows()))
        self.table.sign_requested.connect(self._on_sign_requested)

    def _build(self, labels: KnownLabels) -> None:
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName("Boxes")
        table.setItemDelegateForColumn(NAME, NameDelegate(labels, table))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        table.setShowGrid(False)
        table.setMinimumWidth(LEAST_PX)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (SIGN, PLACE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(PAD_PX, PAD_PX, PAD_PX, PAD_PX)
        self._hint.setMinimumWidth(LEAST_PX)
        self._stack.addWidget(table)
        self._stack.addWidget(self._hint)
        self.setWidget(self._stack)

    def _follow(self) -> None:
        """Show the present boxes, and the current one; nothing while the dock is hidden: a drag must stay fast."""
        if not self.isVisible():
            return
        self._following = True
        self.model.refresh()
        self._hint.setText(LABELLED if self._state.labels else EMPTY)
        self._stack.setCurrentWidget(self.table if self.model.rowCount() else self._hint)
        place = self._controller.current_place if self._state.current_region is not None else None
        chosen = self._rows()
        if place is not None and place not in chosen:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.table.selectionModel().setCurrentIndex(self.model.index(place, NAME), flags)
        elif place is None and any(self.model.listed[row].visible for row in chosen):
            self.table.clearSelection()
        self._following = False

    def _rows(self) -> list[int]:
        return [index.row() for index in self.table.selectionModel().selectedRows()]

    def _on_row_chosen(self) -> None:
        rows = self._rows()
        if rows and not self._following:
            self._controller.choose(rows[-1])

    def _on_clicked(self, index: Index) -> None:
        if index.column() == SIGN:
            self._controller.set_subtracted(index.row(), not self.model.listed[index.row()].region.subtract)

    def _on_sign_requested(self, subtract: bool) -> None:
        for row in self._rows():
            self._controller.set_subtracted(row, subtract)
