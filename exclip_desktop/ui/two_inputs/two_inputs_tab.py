"""The inspector's tab of two inputs: score, sum of what is selected, ledger, and the strongest pairs."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QListWidget, QScrollArea, QVBoxLayout, QWidget

from exclip_desktop.core.maths.region_pairs import PairEnd, StrongestPair, find_strongest_matches
from exclip_desktop.core.text.accuracy_warnings import two_input_warnings
from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.core.values.selection import Region
from exclip_desktop.core.values.two_inputs import CaptionSide, InputSide, TwoInputExplanation
from exclip_desktop.session.notices import WINDOW_WORDS
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import State
from exclip_desktop.session.two_inputs.two_inputs_controller import TwoInputsController
from exclip_desktop.ui.inspector.ledger_bar import LedgerBar
from exclip_desktop.ui.inspector.selection_tab import MARGIN, TextLine, describe_share

STRONGEST: Final = 6
ROW_PX: Final = 24
EMPTY: Final = "Nothing is compared yet."
STALE: Final = "This still shows the previous inputs or settings."


class TwoInputsTab(QScrollArea):
    """Follows two inputs while it is visible."""

    def __init__(self, two_inputs: TwoInputsController, selection_controller: SelectionController) -> None:
        """Show ``two_inputs``; ``selection_controller`` selects in the input on screen."""
        super().__init__()
        self._two_inputs, self._selection_controller = two_inputs, selection_controller
        self._shown: TwoInputExplanation | None = None
        self._pairs: list[StrongestPair] = []
        self._state_line, self._warning = QLabel(EMPTY), QLabel()
        self._score, self._sum, self._share, self._words = TextLine(2.2), TextLine(1.3), TextLine(), TextLine()
        self._ledger, self._list = LedgerBar(), QListWidget()
        self._lay_out()
        self._list.itemClicked.connect(lambda _: self._choose(self._list.currentRow()))
        self._list.itemActivated.connect(lambda _: self._choose(self._list.currentRow()))
        two_inputs.answered.connect(self._refresh)
        two_inputs.opened.connect(self._refresh)
        for scene in (two_inputs.first, two_inputs.second):
            scene.selection_changed.connect(self._refresh)
            scene.stale_changed.connect(self._refresh)

    @property
    def pairs(self) -> list[StrongestPair]:
        """The strongest pairs in the list."""
        return self._pairs

    @property
    def text(self) -> str:
        """Score, sum of what is selected, its share and its description, one per line."""
        return "\n".join(line.text() for line in (self._score, self._sum, self._share, self._words))

    def values_text(self) -> str:
        """Return score and ledger as tab-separated lines."""
        return self._ledger.as_text()

    def sizeHint(self) -> QSize:
        """Return the usual width."""
        return QSize(320, 480)

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has changed since the tab was last visible."""
        super().showEvent(event)
        self._refresh()

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(4)
        parts = (
            *(_heading("Score"), self._score, self._warning, self._state_line),
            *(_heading("Selected"), self._sum, self._share, self._words),
            *(_heading("What the score is made of"), self._ledger),
            *(_heading("Strongest pairs"), self._list),
        )
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        for label in (self._warning, self._state_line):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._list.setFixedHeight(STRONGEST * ROW_PX)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName("Strongest pairs of regions or words")
        self._list.setToolTip("Click a pair to select it in both inputs")
        self.setAccessibleName("Two inputs")
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _refresh(self) -> None:
        if not self.isVisible():
            return
        two_inputs, explanation = self._two_inputs, self._two_inputs.explanation
        self._state_line.setText(EMPTY if explanation is None else STALE)
        self._state_line.setVisible(explanation is None or two_inputs.second.stale)
        if explanation is None:
            self._shown, self._pairs = None, []
            self._list.clear()
            for line in (self._score, self._sum, self._share, self._words):
                line.setText("")
            return
        if explanation is not self._shown:
            self._show_explanation(explanation)
        first, second = two_inputs.first.selection, two_inputs.second.selection
        block = explanation.block_sum(first, second)
        self._sum.setText(format_signed(block))
        self._share.setText(describe_share(explanation.share_of_all(block)))
        self._words.setText(
            f"{_describe(explanation.first, two_inputs.first)} × {_describe(explanation.second, two_inputs.second)}"
        )

    def _show_explanation(self, explanation: TwoInputExplanation) -> None:
        self._shown = explanation
        self._score.setText(format_signed(explanation.score))
        warnings = two_input_warnings(explanation, WINDOW_WORDS)
        self._warning.setText(" ".join(warnings) or f"Residual {format_percent(explanation.residual, 3)}")
        self._ledger.set_ledger(explanation.ledger)
        self._pairs = find_strongest_matches(explanation, STRONGEST)
        self._list.clear()
        for pair in self._pairs:
            self._list.addItem(f"{format_signed(pair.value)}   {_name(pair.first)} ↔ {_name(pair.second)}")

    def _choose(self, at: int) -> None:
        """Select a pair in both inputs."""
        if not 0 <= at < len(self._pairs):
            return
        pair, two_inputs = self._pairs[at], self._two_inputs
        for end, scene, controller in (
            (pair.first, two_inputs.first, self._selection_controller),
            (pair.second, two_inputs.second, two_inputs.second_selection),
        ):
            if end.box is not None:
                controller.commit_regions(scene.selection.regions, (Region(end.box),), "select pair")
            elif controller is self._selection_controller:
                rows = two_inputs.rows_in_main(scene.selection.rows), two_inputs.rows_in_main(end.rows)
                controller.commit_rows(*rows)
            else:
                controller.commit_rows(scene.selection.rows, end.rows)


def _describe(side: InputSide, scene: State) -> str:
    """Return what is selected in an input, in words."""
    if isinstance(side, CaptionSide):
        return describe_words(side.caption, scene.selection.rows)
    return describe_regions(scene.selection.regions)


def _name(end: PairEnd) -> str:
    """Return a word, or the edges of a region in pixels of its picture."""
    return end.name if end.box is None else "{:.0f}, {:.0f} – {:.0f}, {:.0f}".format(*end.box)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label
