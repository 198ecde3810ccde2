"""The inspector's tab with score, sum of the selection, ledger, and strongest pairs."""

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from exclip_desktop.core.maths.word_patch_pairs import find_strongest_pairs
from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.text.word_signs import WHY_NEGATIVE, explain_negative_sum, sign_of_word
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Selection, block_sum
from exclip_desktop.session.notices import describe_inexactness, describe_remedy
from exclip_desktop.session.state import State
from exclip_desktop.ui.inspector.ledger_bar import LedgerBar
from exclip_desktop.ui.inspector.word_patch_list import COUNT, WordPatchList
from exclip_desktop.ui.widgets.labels import wrap_tooltip

MARGIN: Final = 9
LINES: Final = 2  # of the selection in words; a fixed number, so that nothing moves during a drag
BREAKS: Final = "extraordinarily"  # a line of the label loses up to this much at its end
SUM_EXPLANATION: Final = (
    "Sum over the selection, in the unit of the score, and its share of the sum of the whole matrix. The matrix sum "
    "includes [SOT], [EOT], and class and register tokens. A negative share has the opposite sign. There is no share "
    "if the matrix sum is between −0.01 and 0.01."
)


def describe_share(share: float | None) -> str:
    """Return a share of the matrix sum in words with its sign, or "" for None."""
    if share is None:
        return ""
    return f"{format_percent(share, 1)} of the matrix sum"


def describe_whole(explanation: Explanation) -> str:
    """Return the matrix sum in words where there are prefix tokens, which no selection includes; else ""."""
    if not explanation.interactions.prefix:
        return ""
    return f"{format_signed(float(explanation.matrix.sum(dtype=float)))} with class and register tokens"


class TextLine(QWidget):
    """A line of text that changes often; unlike QLabel, it never requests a new layout."""

    def __init__(self, factor: float = 1.0, parent: QWidget | None = None, *, bold: bool = False) -> None:
        super().__init__(parent)
        self._text = ""
        font = larger(self.font(), factor)
        font.setBold(bold)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """Return the text."""
        return self._text

    def setText(self, text: str) -> None:
        """Show other text."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        """Return a line's height."""
        return QSize(200, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text at the left, with an ellipsis where the line is too short."""
        text = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        QPainter(self).drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def larger(font: QFont, factor: float) -> QFont:
    """Return the font at another size."""
    made = QFont(font)
    made.setPointSizeF(font.pointSizeF() * factor)
    return made


class SelectionTab(QScrollArea):
    """The inspector's first tab.

    Signals:
        pair_chosen(rows, patch): a pair of the list was chosen.
        rows_hovered(rows), patch_hovered(patch): a pair is hovered over; () and None: no longer.
        sign_explained(question, answer): a question about the sign of the sum was asked.

    """

    READS: Final = frozenset({"answer", "selection", "view"})
    pair_chosen = Signal(object, object)
    rows_hovered = Signal(object)
    patch_hovered = Signal(object)
    sign_explained = Signal(str, str)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Selection")
        self._state = state
        self._is_choosing = False
        self._selection_text = ""
        self._score, self._sum, self._share = TextLine(2.2), TextLine(1.3), TextLine()
        self._block = TextLine(bold=True)
        self._selection_label, self._warning = QLabel(), QLabel()
        self._why, self._answer_text = QPushButton(WHY_NEGATIVE, autoDefault=False), ""
        self._ledger, self._pairs = LedgerBar(), WordPatchList()
        self._lay_out()
        self._why.clicked.connect(lambda: self.sign_explained.emit(WHY_NEGATIVE, self._answer_text))
        self._pairs.pair_chosen.connect(self._on_pair_chosen)
        self._pairs.pair_hovered.connect(self._on_pair_hovered)

    def refresh(self, names: frozenset[str]) -> None:
        """Show the state again; ``names`` are the values that have changed. There is an explanation."""
        explanation, selection = self._state.explanation, self._state.selection
        assert explanation is not None
        if "answer" in names:
            self._show_explanation(explanation)
        if names & {"answer", "selection"}:
            self._show_block(explanation, selection)
            # The list stays while a pair is chosen from it; otherwise the chosen pair would be the only one left.
            if not self._is_choosing:
                pairs = find_strongest_pairs(explanation, selection, COUNT)
                self._pairs.set_pairs(pairs, self._state.view.colours)
        elif "view" in names:
            self._pairs.set_pairs(self._pairs.pairs, self._state.view.colours)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the selection in words to the width."""
        # A fixed size, because a label of flexible size requests a new layout for every text. It is set before Qt lays
        # out the content; otherwise the content keeps the label's old width and is cut where a scroll bar appears.
        self._selection_label.setFixedSize(self._room(), LINES * self._selection_label.fontMetrics().lineSpacing())
        super().resizeEvent(event)
        self._fit_selection_label()

    def _show_explanation(self, explanation: Explanation) -> None:
        self._score.setText(format_signed(explanation.score))
        self._warning.setText(describe_inexactness(explanation))
        self._warning.setVisible(bool(self._warning.text()))
        self._warning.setToolTip(wrap_tooltip(describe_remedy(explanation)))
        self._ledger.set_ledger(explanation.ledger)

    def _show_block(self, explanation: Explanation, selection: Selection) -> None:
        self._selection_text = (
            f"{describe_words(explanation.caption, selection.rows)} × {describe_regions(selection.regions)}"
        )
        self._fit_selection_label()
        block = block_sum(explanation.interactions, explanation.geometry, selection)
        everything = selection.is_everything
        self._block.setText("Everything" if everything else "Selected")
        self._sum.setText(format_signed(block))
        self._share.setText(
            describe_whole(explanation) if everything else describe_share(explanation.share_of_all(block))
        )

        self._show_why(explanation, selection)

    def _show_why(self, explanation: Explanation, selection: Selection) -> None:
        """Offer an explanation where selected words have a negative sum although some of their patches are red."""
        rows, matrix = selection.rows, explanation.interactions
        sign = sign_of_word(matrix, explanation.geometry, selection, rows, "picture") if rows else None
        is_puzzling = sign is not None and sign.is_puzzling
        if sign is not None and is_puzzling:
            self._answer_text = explain_negative_sum(describe_words(explanation.caption, rows), sign)
        self._why.setVisible(is_puzzling)

    def _fit_selection_label(self) -> None:
        """Show the selection in words, shortened to its lines."""
        metrics = self._selection_label.fontMetrics()
        room = LINES * self._room() - metrics.horizontalAdvance(BREAKS)
        short = metrics.elidedText(self._selection_text, Qt.TextElideMode.ElideMiddle, room)
        if short != self._selection_label.text():
            self._selection_label.setText(short)
            self._selection_label.setToolTip(
                wrap_tooltip(self._selection_text) if short != self._selection_text else ""
            )

    def _room(self) -> int:
        return max(self.viewport().width() - 2 * MARGIN, 0)

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(4)
        column.addWidget(self._heading("Score"))
        column.addWidget(self._score)
        column.addWidget(self._warning)
        column.addSpacing(8)
        column.addWidget(self._block)
        column.addWidget(self._sum)
        column.addWidget(self._share)
        column.addWidget(self._selection_label)
        column.addWidget(self._why, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(8)
        column.addWidget(self._heading("What the score is made of"))
        column.addWidget(self._ledger)
        column.addSpacing(8)
        column.addWidget(self._heading("Strongest word ↔ patch pairs"))
        column.addWidget(self._pairs)
        column.addStretch(1)
        self._dress()
        self.setWidget(content)

    def _dress(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for figure in (self._block, self._sum, self._share):
            figure.setToolTip(wrap_tooltip(SUM_EXPLANATION))
        named = {"score": self._score, "warning": self._warning, "selection": self._selection_label, "sum": self._sum}
        named |= {"share": self._share, "block": self._block, "why": self._why}
        keeping = self._why.sizePolicy()
        keeping.setRetainSizeWhenHidden(True)  # nothing below it moves during a drag
        self._why.setSizePolicy(keeping)
        for name, widget in named.items():
            widget.setObjectName(name)
        for label in (self._selection_label, self._warning):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        # Not the selection's label, which changes with every step of a drag: Qt paints selectable text twice.
        self._warning.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._selection_label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text)
        font = QFont(self.font())
        font.setBold(True)
        label.setFont(font)
        return label

    def _on_pair_chosen(self, rows: tuple[int, ...], patch: tuple[int, int]) -> None:
        self._is_choosing = True
        self.pair_chosen.emit(rows, patch)
        self._is_choosing = False

    def _on_pair_hovered(self, rows: tuple[int, ...], patch: tuple[int, int] | None) -> None:
        self.rows_hovered.emit(rows)
        self.patch_hovered.emit(patch)
