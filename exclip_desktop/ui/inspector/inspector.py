"""The inspector: what the selection adds up to, the whole matrix, the layers, and what decided the numbers."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QStackedLayout, QTabWidget, QVBoxLayout, QWidget

from exclip_desktop.core.maths.word_patch_pairs import word_values
from exclip_desktop.session.state import State
from exclip_desktop.ui.inspector.details_tab import DetailsTab
from exclip_desktop.ui.inspector.layers_tab import LayersTab
from exclip_desktop.ui.inspector.matrix_tab import MatrixTab
from exclip_desktop.ui.inspector.selection_tab import SelectionTab
from exclip_desktop.ui.inspector.slim_tabs import SlimTabs

CONDITION: Final = frozenset({"answer", "stale", "caption"})
EVERYTHING: Final = CONDITION | {"provenance", "selection", "preview", "view", "facts", "profile"}
VEIL_ALPHA: Final = 130


Tab = SelectionTab | MatrixTab | LayersTab | DetailsTab


class _Veil(QWidget):
    """Dims what lies under it, says why at its foot, and lets the mouse through."""

    def __init__(self, under: QWidget) -> None:
        super().__init__(under)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # Over what is dimmed, not above it: a line that comes and goes while one types must not move anything.
        self.line = QLabel()
        self.line.setObjectName("stale")
        self.line.setAutoFillBackground(True)
        self.line.setMargin(8)
        self.line.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch(1)
        column.addWidget(self.line)
        under.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as what lies under it."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.resize(watched.size())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the window's colour, half through."""
        colour = QColor(self.palette().window().color())
        colour.setAlpha(VEIL_ALPHA)
        QPainter(self).fillRect(self.rect(), colour)


class _Page(QWidget):
    """A tab's page: the tab itself, or that there is nothing yet; dimmed, with a line, where it is stale."""

    def __init__(self, tab: Tab, state: State) -> None:
        super().__init__()
        self._tab, self._state = tab, state
        self._pending = EVERYTHING
        self._empty = QLabel("Nothing is explained yet.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._veil = _Veil(tab)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(tab)

    def note(self, name: str) -> None:
        """Remember that a value has changed."""
        if name in self._tab.READS or name in CONDITION:
            self._pending |= {name}

    def catch_up(self) -> None:
        """Show what has changed since the last time."""
        names, self._pending = self._pending, frozenset()
        if names & CONDITION:
            self._show_condition()
        explained = self._state.explanation is not None
        if explained and names & self._tab.READS:
            self._tab.refresh(names)

    def _show_condition(self) -> None:
        explanation, stale = self._state.explanation, self._state.stale
        self._stack.setCurrentIndex(0 if explanation is None else 1)
        if explanation is not None:
            of_caption = explanation.caption.text != self._state.caption
            self._veil.line.setText("Of the caption before." if of_caption else "Of the picture or settings before.")
        self._veil.setVisible(stale)
        self._veil.raise_()


class Inspector(QTabWidget):
    """Tabs: Selection, Matrix, Layers, Details, and others that are added. Only the one in sight follows the state.

    Signals:
        pair_chosen(rows, patch): a word × patch was chosen; rows of the matrix, (row, column) of the patch.
        rows_hovered(rows): the mouse is over rows of the matrix; (): no longer.
        patch_hovered(patch): the mouse is over a patch, (row, column); None: no longer.
        rows_committed(before, after): rows were selected by their label; the selected rows before and after.
        layers_looked_at(side), profile_asked(side), layer_chosen(side, layer): of the tab of layers.

    """

    pair_chosen = Signal(object, object)
    rows_hovered = Signal(object)
    patch_hovered = Signal(object)
    rows_committed = Signal(object, object)
    layers_looked_at = Signal(str)
    profile_asked = Signal(str)
    layer_chosen = Signal(str, object)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabBar(SlimTabs(self))
        self._state = state
        self._selection, self._matrix = SelectionTab(state), MatrixTab(state)
        self._layers, self._details = LayersTab(state), DetailsTab(state)
        tabs: dict[str, Tab] = {
            "Selection": self._selection,
            "Matrix": self._matrix,
            "Layers": self._layers,
            "Details": self._details,
        }
        self._pages = tuple(_Page(tab, state) for tab in tabs.values())
        for page, name in zip(self._pages, tabs, strict=True):
            self.addTab(page, name)
        self.setAccessibleName("Inspector")
        self.setDocumentMode(True)
        self._pass_on()
        state.changed.connect(self._on_changed)
        self.currentChanged.connect(self._on_current_changed)

    def set_log_file(self, path: str) -> None:
        """Tell the details where the log is written."""
        self._details.set_log_file(path)

    def values_text(self) -> str:
        """Return the selection's words and values, a line each, tab-separated; empty without an explanation."""
        explanation = self._state.explanation
        if explanation is None:
            return ""
        values = word_values(explanation, self._state.selection)
        return "\n".join(["word\tvalue", *(f"{name}\t{value:.9g}" for name, value in values)])

    def sizeHint(self) -> QSize:
        """Return the usual width."""
        return QSize(340, 560)

    def minimumSizeHint(self) -> QSize:
        """Return the least width at which everything can be read."""
        return QSize(260, 200)

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has changed while it could not be seen."""
        super().showEvent(event)
        self._catch_up()

    def _pass_on(self) -> None:
        for tab in (self._selection, self._matrix):
            tab.pair_chosen.connect(self.pair_chosen)
            tab.rows_hovered.connect(self.rows_hovered)
            tab.patch_hovered.connect(self.patch_hovered)
        self._matrix.rows_committed.connect(self.rows_committed)
        self._layers.looked_at.connect(self.layers_looked_at)
        self._layers.profile_asked.connect(self.profile_asked)
        self._layers.layer_chosen.connect(self.layer_chosen)

    def _catch_up(self) -> None:
        page = self.currentWidget()
        if isinstance(page, _Page):  # tabs of other things than the explanation look after themselves
            page.catch_up()

    def _on_changed(self, name: str) -> None:
        for page in self._pages:
            page.note(name)
        if self.isVisible():
            self._catch_up()

    def _on_current_changed(self, index: int) -> None:
        if self.isVisible():
            self._catch_up()
