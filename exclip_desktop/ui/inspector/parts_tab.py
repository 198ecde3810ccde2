"""The inspector's tab of one picture with itself: its parts, or the directions of the matrix."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.maths.picture_parts import FEWEST_PARTS, MOST_PARTS, PARTS_METHODS, PartsMethod
from exclip_desktop.session.parts.one_picture import OnePicture
from exclip_desktop.session.parts.parts_controller import PartsController
from exclip_desktop.session.state import State
from exclip_desktop.ui.inspector.directions_page import DirectionsPage
from exclip_desktop.ui.inspector.parts_list import PartsList

MARGIN: Final = 9
METHOD_NAMES: Final[dict[PartsMethod, str]] = {"kmeans": "k-means", "nmf": "NMF"}
BUNDLED, NONE, OTHER = "Everyday words", "Caption only", "Choose a file…"
NOT_EXPLAINED: Final = "Nothing is explained yet."
HINTS: Final = {
    "none": "",
    "grouping": "Grouping the patches…",
    "naming": "Reading the vocabulary…",
    "done": "",
    "cancelled": "Cancelled.",
    "failed": "This did not work; the message over the picture says why.",
}
TIPS: Final = (
    "Groups of patches that the model treats alike",
    "Components of the matrix: words and patches that belong together",
)
FEWER: Final = "{count} of {wanted} groups have patches. Click selects a part, Ctrl+click several."
ABOUT: Final = "Click selects a part like a box, Ctrl+click several."


class PartsTab(QWidget):
    """Shows the parts, or the directions."""

    def __init__(self, one_picture: OnePicture, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views = QRadioButton("Parts"), QRadioButton("Directions")
        self._pages = PartsPage(one_picture.parts, state), DirectionsPage(one_picture.directions, state)
        choice = QHBoxLayout()
        choice.setContentsMargins(MARGIN, MARGIN, MARGIN, 0)
        stack = QStackedLayout()
        for view, page, tip in zip(self._views, self._pages, TIPS, strict=True):
            view.setToolTip(tip)
            choice.addWidget(view)
            stack.addWidget(page)
        choice.addStretch(1)
        self._views[0].setChecked(True)
        self._views[1].toggled.connect(lambda on: stack.setCurrentIndex(int(on)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(choice)
        column.addLayout(stack, 1)
        self.setFocusProxy(self._views[0])


class PartsPage(QWidget):
    """Shows the parts while it is visible."""

    def __init__(self, controller: PartsController, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller, self._state = controller, state
        self._method, self._count, self._vocabulary = QComboBox(), QSpinBox(), QComboBox()
        self._tint, self._hint, self._again = QCheckBox("Tints instead of the heat"), QLabel(), QPushButton("Try again")
        self._list = PartsList()
        self._build()
        self._lay_out()
        controller.changed.connect(self._show)
        state.selection_changed.connect(self._show_list)
        state.part_marks_changed.connect(self._show_stale)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Draw the parts on the picture, and request them where they are missing."""
        super().showEvent(event)
        self._controller.view(True)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Draw them no longer."""
        super().hideEvent(event)
        self._controller.view(False)

    def _build(self) -> None:
        for key, name in METHOD_NAMES.items():
            self._method.addItem(name, key)
            self._method.setItemData(self._method.count() - 1, PARTS_METHODS[key], Qt.ItemDataRole.ToolTipRole)
        self._method.setAccessibleName("Method that groups the patches")
        self._method.setToolTip("k-means gives every patch to the nearest mean; NMF finds overlapping components")
        self._count.setRange(FEWEST_PARTS, MOST_PARTS)
        self._count.setAccessibleName("Number of parts")
        self._count.setToolTip(f"Number of parts, {FEWEST_PARTS} to {MOST_PARTS}")
        self._vocabulary.setAccessibleName("Words that name the parts")
        self._vocabulary.setToolTip("The grey words come from this vocabulary, one word or phrase on each line")
        self._tint.setToolTip("Colour the parts, and hide the heat while they are shown")
        self._hint.setWordWrap(True)
        self._method.activated.connect(lambda _: self._choose(method=self._method.currentData()))
        self._count.valueChanged.connect(lambda count: self._choose(count=count))
        self._vocabulary.activated.connect(self._on_vocabulary_activated)
        self._tint.toggled.connect(lambda on: self._choose(tinted=on))
        self._again.clicked.connect(self._controller.retry)
        self._list.selected.connect(self._controller.select)
        self._list.hovered.connect(self._controller.hover)

    def _lay_out(self) -> None:
        ways = QHBoxLayout()
        ways.addWidget(self._method, 1)
        ways.addWidget(self._count)
        form = QFormLayout()
        form.addRow("Group by", ways)
        form.addRow("Name by", self._vocabulary)
        below = QHBoxLayout()
        below.addWidget(self._hint, 1)
        below.addWidget(self._again)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addLayout(form)
        column.addWidget(self._tint)
        column.addLayout(below)
        column.addWidget(self._list, 1)

    def _show(self) -> None:
        settings = self._controller.settings
        for widget in (self._count, self._tint):
            widget.blockSignals(True)  # only a person chooses
        self._method.setCurrentIndex(self._method.findData(settings.method))
        self._count.setValue(settings.count)
        self._tint.setChecked(settings.tinted)
        for widget in (self._count, self._tint):
            widget.blockSignals(False)
        self._fill_vocabularies(settings.vocabulary)
        status = self._controller.status
        explained = self._state.explanation is not None
        count = len(self._controller.parts)
        about = FEWER.format(count=count, wanted=settings.count) if 0 < count < settings.count else ABOUT
        self._hint.setText((HINTS[status] or about) if explained else NOT_EXPLAINED)
        self._again.setVisible(status in ("cancelled", "failed"))
        self._show_list()

    def _show_list(self) -> None:
        self._list.show_parts(self._controller.parts, self._controller.selected)

    def _show_stale(self) -> None:
        marks = self._state.part_marks
        self._list.setEnabled(marks is None or not marks.faint)

    def _fill_vocabularies(self, path: str | None) -> None:
        """List the bundled vocabulary, the person's own, none, and the choice of a file."""
        box = self._vocabulary
        box.clear()
        box.addItem(BUNDLED, "")
        if path:
            box.addItem(Path(path).name, path)
            box.setItemData(1, path, Qt.ItemDataRole.ToolTipRole)
        box.addItem(NONE, None)
        box.addItem(OTHER, OTHER)
        box.setCurrentIndex(next(at for at in range(box.count()) if box.itemData(at) == path))

    def _on_vocabulary_activated(self, index: int) -> None:
        chosen = self._vocabulary.itemData(index)
        if chosen == OTHER:
            start = str(Path(self._controller.settings.vocabulary or "").parent)
            chosen, _ = QFileDialog.getOpenFileName(self, "Words that name parts", start, "Text (*.txt);;All files (*)")
            chosen = chosen or self._controller.settings.vocabulary
        self._choose(vocabulary=chosen)

    def _choose(self, **changes: object) -> None:
        self._controller.choose(replace(self._controller.settings, **changes))  # type: ignore[arg-type]  # by name

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Paint the rows in the theme's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._list.viewport().update()
