"""Tabs for the selection, the matrix, the layers and the details of the explanation on screen."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QStackedLayout,
    QStyle,
    QStyleOptionTab,
    QStylePainter,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.maths.word_patch_pairs import sum_words
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.state import State
from exclip_desktop.ui.inspector.details_tab import DetailsTab
from exclip_desktop.ui.inspector.layers_tab import LayersTab
from exclip_desktop.ui.inspector.matrix_tab import MatrixTab
from exclip_desktop.ui.inspector.selection_tab import SelectionTab

CONDITION: Final = frozenset({"answer", "stale", "caption"})
EVERYTHING: Final = CONDITION | {"provenance", "selection", "preview", "view", "facts", "profile"}
VEIL_ALPHA: Final = 130
TAB_PAD_PX: Final = 5  # on either side of a name; styles leave two to three times as much
LEAST_TAB_PAD_PX: Final = 2  # where all names would not fit otherwise
TAB_FONT_SHARE: Final = 0.9
STALE_CAPTION: Final = "This still shows the previous caption."
STALE_OTHER: Final = "This still shows the previous picture or settings."


Tab = SelectionTab | MatrixTab | LayersTab | DetailsTab


class _Veil(QWidget):
    """Dims the widget under it and gives the reason at its foot; the mouse passes through."""

    def __init__(self, under: QWidget) -> None:
        super().__init__(under)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # Over the dimmed widget, not above it: a line that appears while a caption is typed must not move anything.
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
        """Take the size of the widget under it."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.resize(watched.size())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill with the window's colour, half transparent."""
        colour = QColor(self.palette().window().color())
        colour.setAlpha(VEIL_ALPHA)
        QPainter(self).fillRect(self.rect(), colour)


class _Page(QWidget):
    """A page with its tab, or a sentence before the first explanation; a stale tab is dimmed and labelled."""

    def __init__(self, make: Callable[[], Tab], reads: frozenset[str], state: State) -> None:
        """Make the tab by ``make`` when it is first shown; ``reads`` are the names of the values that it shows."""
        super().__init__()
        self._make, self._reads, self._state = make, reads, state
        self._tab: Tab | None = None
        self._veil: _Veil | None = None
        self._pending = EVERYTHING
        self._empty = QLabel("Nothing is explained yet.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)

    def note(self, name: str) -> None:
        """Remember that a value has changed."""
        if name in self._reads or name in CONDITION:
            self._pending |= {name}

    def catch_up(self) -> None:
        """Show the changes since the last call."""
        names, self._pending = self._pending, frozenset()
        explanation = self._state.explanation
        if explanation is None:
            self._stack.setCurrentIndex(0)
            return
        if self._tab is None:
            self._tab = self._make()
            self._veil = _Veil(self._tab)
            self._stack.addWidget(self._tab)
        if names & CONDITION:
            self._show_condition(explanation)
        if names & self._reads:
            self._tab.refresh(names)

    def _show_condition(self, explanation: Explanation) -> None:
        assert self._veil is not None
        self._stack.setCurrentIndex(1)
        of_caption = explanation.caption.text != self._state.caption
        self._veil.line.setText(STALE_CAPTION if of_caption else STALE_OTHER)
        self._veil.setVisible(self._state.stale)
        self._veil.raise_()


class _SlimTabs(QTabBar):
    """The style's tabs with less room around their names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * TAB_FONT_SHARE)
        self.setFont(font)

    def tabSizeHint(self, index: int) -> QSize:  # noqa: N802  Qt's name
        """Return the width of the name with a small margin, smaller where the names fill the inspector."""
        names = [self.tabText(place) for place in range(self.count()) if self.isTabVisible(place)]
        across = self.parentWidget() or self
        room = across.width() - sum(map(self.fontMetrics().horizontalAdvance, names))
        pad = min(max(room // (2 * max(len(names), 1)), LEAST_TAB_PAD_PX), TAB_PAD_PX)
        width = self.fontMetrics().horizontalAdvance(self.tabText(index)) + 2 * pad
        return QSize(width, super().tabSizeHint(index).height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw the tabs, the current one last. The style would cut the names, because its margins are wider."""
        painter, current = QStylePainter(self), self.currentIndex()
        order = [index for index in range(self.count()) if index != current and self.isTabVisible(index)]
        for index in order + [current] * (current >= 0):
            option = QStyleOptionTab()
            self.initStyleOption(option, index)
            painter.drawControl(QStyle.ControlElement.CE_TabBarTabShape, option)
            area = self.tabRect(index)
            painter.drawItemText(
                area, Qt.AlignmentFlag.AlignCenter, self.palette(), True, self.tabText(index), self.foregroundRole()
            )
            if option.state & QStyle.StateFlag.State_HasFocus:
                painter.drawRect(area.adjusted(3, 3, -4, -4))


class Inspector(QTabWidget):
    """Tabs: Selection, Matrix, Layers, Details, and others that are added. Only the visible tab follows the state.

    Signals:
        pair_chosen(rows, patch): a word × patch was chosen; rows of the matrix, (row, column) of the patch.
        rows_hovered(rows): the mouse is over rows of the matrix; (): no longer.
        patch_hovered(patch): the mouse is over a patch, (row, column); None: no longer.
        rows_committed(before, after): rows were selected by their label; the selected rows before and after.
        sign_explained(question, answer): a question about the sign of the selection's sum was asked.
        layers_viewed(side), profile_requested(side), layer_chosen(side, layer): of the tab of layers.

    """

    pair_chosen = Signal(object, object)
    rows_hovered = Signal(object)
    patch_hovered = Signal(object)
    rows_committed = Signal(object, object)
    sign_explained = Signal(str, str)
    layers_viewed = Signal(str)
    profile_requested = Signal(str)
    layer_chosen = Signal(str, object)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabBar(_SlimTabs(self))
        self._state = state
        self._selection, self._details = SelectionTab(state), DetailsTab(state)
        self._pages = {
            "Selection": _Page(lambda: self._selection, SelectionTab.READS, state),
            "Matrix": _Page(self._make_matrix, MatrixTab.READS, state),
            "Layers": _Page(self._make_layers, LayersTab.READS, state),
            "Details": _Page(lambda: self._details, DetailsTab.READS, state),
        }
        for name, page in self._pages.items():
            self.addTab(page, name)
        self.setAccessibleName("Inspector")
        self.setDocumentMode(True)
        self._forward(self._selection)
        self._selection.sign_explained.connect(self.sign_explained)
        state.changed.connect(self._on_changed)
        self.currentChanged.connect(self._on_current_changed)

    def set_log_file(self, path: str) -> None:
        """Name the log file in the details."""
        self._details.set_log_file(path)

    def values_text(self) -> str:
        """Return the words of the selection and their values as tab-separated lines; "" without an explanation."""
        explanation = self._state.explanation
        if explanation is None:
            return ""
        values = sum_words(explanation, self._state.selection)
        return "\n".join(["word\tvalue", *(f"{name}\t{value:.9g}" for name, value in values)])

    def sizeHint(self) -> QSize:
        """Return the usual width."""
        return QSize(340, 560)

    def minimumSizeHint(self) -> QSize:
        """Return the least readable width."""
        return QSize(260, 200)

    def showEvent(self, event: QShowEvent) -> None:
        """Show the changes since the inspector was last visible."""
        super().showEvent(event)
        self._catch_up()

    def _make_matrix(self) -> MatrixTab:
        tab = MatrixTab(self._state)
        self._forward(tab)
        tab.rows_committed.connect(self.rows_committed)
        return tab

    def _make_layers(self) -> LayersTab:
        tab = LayersTab(self._state)
        tab.side_viewed.connect(self.layers_viewed)
        tab.profile_requested.connect(self.profile_requested)
        tab.layer_chosen.connect(self.layer_chosen)
        return tab

    def _forward(self, tab: SelectionTab | MatrixTab) -> None:
        tab.pair_chosen.connect(self.pair_chosen)
        tab.rows_hovered.connect(self.rows_hovered)
        tab.patch_hovered.connect(self.patch_hovered)

    def _catch_up(self) -> None:
        page = self.currentWidget()
        if isinstance(page, _Page):  # other tabs follow the state themselves
            page.catch_up()

    def _on_changed(self, name: str) -> None:
        for page in self._pages.values():
            page.note(name)
        if self.isVisible():
            self._catch_up()

    def _on_current_changed(self, index: int) -> None:
        if self.isVisible():
            self._catch_up()
