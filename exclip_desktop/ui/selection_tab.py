"""What the selection adds to the score: the block's sum, the ledger, and the strongest pairs."""

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from exclip_desktop.core.explanation import Explanation, SideReport
from exclip_desktop.core.pairs import selected_groups, signed, strongest_pairs
from exclip_desktop.core.selection import Region, Selection, block_sum
from exclip_desktop.core.tokens import Caption
from exclip_desktop.session.state import State
from exclip_desktop.ui.ledger_bar import LedgerBar
from exclip_desktop.ui.pairs_list import COUNT, PairsList

LARGE_RESIDUAL: Final = 1e-3
MARGIN: Final = 9
LINES: Final = 2  # for what is selected; always taken, so that nothing moves during a drag
BREAKS: Final = "extraordinarily"  # what a line may lose at its end


def words_told(caption: Caption, rows: tuple[int, ...]) -> str:
    """Return the selected rows in words; neighbours as they stand in the caption."""
    specials = any(token.kind != "content" for token in caption.tokens)
    if not rows:
        return "all words and specials" if specials else "all words"
    if set(rows) == set(caption.content_rows):
        return "all words"
    named = [caption.text[caption.tokens[run[0]].start : caption.tokens[run[-1]].end] for run in _runs(caption, rows)]
    others = tuple(row for row in rows if caption.tokens[row].kind != "content")
    named += [group.name for group in selected_groups(caption, others)] if others else []
    return " + ".join(named)


def _runs(caption: Caption, rows: tuple[int, ...]) -> list[list[int]]:
    """Return the rows of words among ``rows``, neighbours together."""
    runs: list[list[int]] = []
    for row in sorted(set(rows).intersection(caption.content_rows)):
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def regions_told(regions: tuple[Region, ...]) -> str:
    """Return the drawn regions in words: the name of a single one, else how many, and how many are taken away."""
    if not regions:
        return "the whole picture"
    if len(regions) == 1 and regions[0].name and not regions[0].subtract:
        return regions[0].name
    added = [region for region in regions if not region.subtract]
    taken = [region for region in regions if region.subtract]
    told = _count(added) if added else "nothing"
    return f"{told} less {_count(taken)}" if taken else told


def _count(regions: list[Region]) -> str:
    lassos = sum(bool(region.outline) for region in regions)
    one, many = ("box", "boxes") if not lassos else ("lasso", "lassos")
    if 0 < lassos < len(regions):
        one, many = "region", "regions"
    return f"{len(regions)} {one if len(regions) == 1 else many}"


def doubt(explanation: Explanation) -> str:
    """Return one sentence on what the integrals missed; empty where they are good."""
    sides = (("picture", explanation.image_side), ("caption", explanation.text_side))
    parts = [f"the {name}'s integral {fault}" for name, side in sides if (fault := _fault(side))]
    return f"Not exact: {', and '.join(parts)}." if parts else ""


def _fault(side: SideReport) -> str:
    if side.residual > LARGE_RESIDUAL:
        return f"misses {side.residual:.1%} after {side.nodes} nodes"
    return "" if side.converged else f"has not settled after {side.nodes} nodes"


class Figure(QWidget):
    """A line of large text that changes often: unlike a label, it never asks for a new layout."""

    def __init__(self, factor: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setFont(larger(self.font(), factor))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """Return what is shown."""
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
        """Draw the text at the left."""
        QPainter(self).drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._text)


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

    """

    READS: Final = frozenset({"explanation", "selection", "view"})
    pair_chosen = Signal(object, object)
    rows_hovered = Signal(object)
    patch_hovered = Signal(object)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._choosing = False
        self._told = ""
        self._score, self._sum = Figure(2.2), Figure(1.3)
        self._what, self._doubt = QLabel(), QLabel()
        self._ledger, self._pairs = LedgerBar(), PairsList()
        self._lay_out()
        self._pairs.pair_chosen.connect(self._on_pair_chosen)
        self._pairs.pair_hovered.connect(self._on_pair_hovered)

    def refresh(self, names: frozenset[str]) -> None:
        """Show the state again; ``names`` are the values that have changed. There is an explanation."""
        explanation, selection = self._state.explanation, self._state.selection
        assert explanation is not None
        if "explanation" in names:
            self._show_explanation(explanation)
        if names & {"explanation", "selection"}:
            self._show_block(explanation, selection)
            # The list stays while one walks through it: the pair just chosen would leave itself as the only one.
            if not self._choosing:
                pairs = strongest_pairs(explanation, selection, COUNT)
                self._pairs.set_pairs(pairs, self._state.view.colours)
        elif "view" in names:
            self._pairs.set_pairs(self._pairs.pairs, self._state.view.colours)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the words to the room there is."""
        super().resizeEvent(event)
        self._fit_what()

    def _show_explanation(self, explanation: Explanation) -> None:
        self._score.setText(signed(explanation.score))
        self._doubt.setText(doubt(explanation))
        self._doubt.setVisible(bool(self._doubt.text()))
        self._ledger.set_ledger(explanation.ledger)

    def _show_block(self, explanation: Explanation, selection: Selection) -> None:
        self._told = f"{words_told(explanation.caption, selection.rows)} × {regions_told(selection.regions)}"
        self._fit_what()
        block = block_sum(explanation.interactions, explanation.geometry, selection)
        share = explanation.share_of_all(block)
        told = "–" if share is None else f"{share:.1%}".replace("-", "−")
        self._sum.setText(f"{signed(block)}   {told} of ΣΣA")

    def _fit_what(self) -> None:
        """Show what is selected, shortened to its lines."""
        metrics = self._what.fontMetrics()
        line = self.viewport().width() - 2 * MARGIN
        short = metrics.elidedText(
            self._told, Qt.TextElideMode.ElideMiddle, LINES * line - metrics.horizontalAdvance(BREAKS)
        )
        if short != self._what.text():
            self._what.setText(short)
            self._what.setToolTip(self._told if short != self._told else "")

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(4)
        column.addWidget(self._heading("Score"))
        column.addWidget(self._score)
        column.addWidget(self._doubt)
        column.addSpacing(8)
        column.addWidget(self._heading("Selected"))
        column.addWidget(self._sum)
        column.addWidget(self._what)
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
        self._sum.setToolTip("The sum of the selected block, and its share of the whole matrix's sum.")
        named = {"score": self._score, "doubt": self._doubt, "what": self._what, "sum": self._sum}
        for name, widget in named.items():
            widget.setObjectName(name)
        for label in (self._what, self._doubt):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setWordWrap(True)
        self._what.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._what.setFixedHeight(LINES * self._what.fontMetrics().lineSpacing())

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text)
        font = QFont(self.font())
        font.setBold(True)
        label.setFont(font)
        return label

    def _on_pair_chosen(self, rows: tuple[int, ...], patch: tuple[int, int]) -> None:
        self._choosing = True
        self.pair_chosen.emit(rows, patch)
        self._choosing = False

    def _on_pair_hovered(self, rows: tuple[int, ...], patch: tuple[int, int] | None) -> None:
        self.rows_hovered.emit(rows)
        self.patch_hovered.emit(patch)
