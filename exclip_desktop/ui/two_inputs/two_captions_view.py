"""Two captions: the words of one × the words of the other as a matrix, between two linked strips of words."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from exclip_desktop.core.maths.word_patch_pairs import RowGroup, group_rows
from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.values.two_inputs import WHICH, CaptionSide, Which
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import State
from exclip_desktop.session.two_inputs.two_inputs_controller import TwoInputsController
from exclip_desktop.ui.canvas.banner import Banner
from exclip_desktop.ui.canvas.colour_bar import ColourBar
from exclip_desktop.ui.caption.caption_field import CaptionField
from exclip_desktop.ui.caption.strip_area import StripArea
from exclip_desktop.ui.caption.token_strip import TokenStrip
from exclip_desktop.ui.inspector.matrix_plot import MatrixMarks
from exclip_desktop.ui.inspector.matrix_view import MatrixView
from exclip_desktop.ui.theme import ThemedIcons
from exclip_desktop.ui.widgets.labels import ElidedLabel

NAME_PX: Final = 60
BAR_PX: Final = 200
NAMES: Final[dict[Which, str]] = {"first": "First", "second": "Second"}


class TwoCaptionsView(QWidget):
    """The second caption's field and words, the matrix, and the words of the caption on screen.

    Attributes:
        field: the second caption's editor.
        strips: the words of the first and the second caption, by name.
        matrix: words of the first × words of the second caption.

    """

    def __init__(self, two_inputs: TwoInputsController, selection_controller: SelectionController) -> None:
        """Show ``two_inputs``; ``selection_controller`` selects words of the caption on screen."""
        super().__init__()
        self._two_inputs, self._selection_controller = two_inputs, selection_controller
        self._scenes: dict[Which, State] = {"first": two_inputs.first, "second": two_inputs.second}
        self.field = CaptionField(two_inputs.second)
        self.strips = {which: TokenStrip(self._scenes[which]) for which in WHICH}
        self.matrix = MatrixView()
        self.banner = Banner(two_inputs.second, over=self.matrix)
        self._title = ElidedLabel(8)
        self._groups: dict[Which, tuple[RowGroup, ...]] = {"first": (), "second": ()}
        self._lay_out()
        self._connect()
        self._show_matrix()

    @property
    def title(self) -> str:
        """The text above the matrix."""
        return self._title.text()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 2, 4, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        close = QToolButton()
        close.setAutoRaise(True)
        close.setToolTip("Show picture and caption")
        close.setAccessibleName("Close the second caption")
        self._icons = ThemedIcons(close)
        self._icons.add(close, "close")
        close.clicked.connect(self._two_inputs.close)
        head.addWidget(close)
        column.addLayout(head)
        column.addWidget(self.field)
        column.addLayout(self._words("second"))
        column.addWidget(self.matrix, 1)
        column.addLayout(self._words("first"))
        self.field.setAccessibleName("Second caption")
        self.matrix.setAccessibleName("Matrix of the words of two captions")
        self._title.setAccessibleName("Score of two captions")

    def _words(self, which: Which) -> QHBoxLayout:
        """Return a row with the name, the words and the colour bar of a caption."""
        strip, scene = self.strips[which], self._scenes[which]
        strip.setAccessibleName(f"Words of the {which} caption")
        name = QLabel(NAMES[which])
        name.setFixedWidth(NAME_PX)
        name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        bar = ColourBar(scene, "words", limit_of=lambda: strip.limit)
        bar.setMaximumWidth(BAR_PX)
        bar.limit_locked.connect(lambda limit: self._two_inputs.lock(which, limit))
        row = QHBoxLayout()
        row.addWidget(name)
        row.addWidget(StripArea(strip), 1)
        row.addWidget(bar, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _connect(self) -> None:
        two_inputs, first, second = self._two_inputs, self._selection_controller, self._two_inputs.second_selection
        in_main = two_inputs.rows_in_main
        strip = self.strips["first"]
        strip.rows_changed.connect(lambda rows: first.show_rows(in_main(rows)))
        strip.rows_committed.connect(lambda before, after: first.commit_rows(in_main(before), in_main(after)))
        strip.rows_widened.connect(lambda before, after: first.widen_rows(in_main(before), in_main(after)))
        strip.rows_hovered.connect(lambda rows: two_inputs.hover_rows("first", rows))
        strip = self.strips["second"]
        strip.rows_changed.connect(second.show_rows)
        strip.rows_committed.connect(second.commit_rows)
        strip.rows_widened.connect(second.widen_rows)
        strip.rows_hovered.connect(lambda rows: two_inputs.hover_rows("second", rows))
        self.field.caption_typed.connect(two_inputs.type_caption)
        self.field.left.connect(self.strips["second"].setFocus)
        self.matrix.hovered.connect(self._on_hovered)
        self.matrix.cell_chosen.connect(self._on_cell_chosen)
        self.matrix.label_clicked.connect(lambda row, _: self._select_first(row))
        self.banner.closed.connect(two_inputs.dismiss)
        two_inputs.answered.connect(self._show_matrix)
        two_inputs.opened.connect(self._show_matrix)
        for scene in self._scenes.values():
            scene.view_changed.connect(self._show_matrix)
            scene.selection_changed.connect(self._show_marks)
            scene.preview_changed.connect(self._show_marks)
        two_inputs.second.stale_changed.connect(self._show_title)

    def _sides(self) -> tuple[CaptionSide, CaptionSide] | None:
        explanation = self._two_inputs.explanation
        if explanation is None or self._two_inputs.kind != "captions":
            return None
        first, second = explanation.first, explanation.second
        return (first, second) if isinstance(first, CaptionSide) and isinstance(second, CaptionSide) else None

    def _show_matrix(self) -> None:
        """Draw the words of one caption × the words of the other."""
        sides, explanation = self._sides(), self._two_inputs.explanation
        self._show_title()
        self.matrix.setVisible(sides is not None)
        if sides is None or explanation is None:
            return
        view = self._two_inputs.second.view
        for which, side in zip(WHICH, sides, strict=True):
            self._groups[which] = group_rows(side.caption, by_word=True, specials=view.specials)
        rows, columns = self._groups["first"], self._groups["second"]
        values = explanation.values.astype(np.float64)
        sums = np.array([values[list(group.rows)].sum(0) for group in rows]).reshape(len(rows), -1)
        table = np.array([sums[:, list(group.rows)].sum(1) for group in columns]).reshape(len(columns), -1).T
        names = tuple(group.name for group in columns)
        self.matrix.set_matrix(tuple(group.name for group in rows), table, max(len(names), 1), view.colours, names)
        self._show_marks()

    def _show_title(self) -> None:
        explanation = self._two_inputs.explanation
        parts = ["Two captions"]
        if self._sides() is not None and explanation is not None:
            parts += [
                f"score {format_signed(explanation.score)}",
                f"residual {format_percent(explanation.residual, 2)}",
            ]
            parts += ["previous captions"] if self._two_inputs.second.stale else []
        self._title.show_text("  ·  ".join(parts))

    def _show_marks(self) -> None:
        if self._sides() is None:
            return
        chosen = {which: frozenset(self._scenes[which].selection.rows) for which in WHICH}
        shares = {
            which: np.array([len(chosen[which].intersection(group.rows)) / len(group.rows) for group in groups])
            for which, groups in self._groups.items()
        }
        hovered = {which: self._hovered(which) for which in WHICH}
        columns = shares["second"] if chosen["second"] else None
        self.matrix.set_marks(
            MatrixMarks(shares["first"], columns, hovered["first"], next(iter(hovered["second"]), None))
        )

    def _hovered(self, which: Which) -> tuple[int, ...]:
        """Return the places of the words under the mouse."""
        rows = frozenset(self._scenes[which].preview.rows)
        return tuple(at for at, group in enumerate(self._groups[which]) if not rows.isdisjoint(group.rows))

    def _on_hovered(self, row: int | None, column: int | None) -> None:
        for which, at in zip(WHICH, (row, column), strict=True):
            self._two_inputs.hover_rows(which, () if at is None else self._groups[which][at].rows)

    def _on_cell_chosen(self, row: int, column: int) -> None:
        """Select the two words of a cell."""
        self._select_first(row)
        second = self._two_inputs.second_selection
        second.commit_rows(self._two_inputs.second.selection.rows, self._groups["second"][column].rows)

    def _select_first(self, row: int) -> None:
        in_main = self._two_inputs.rows_in_main
        before = self._two_inputs.first.selection.rows
        self._selection_controller.commit_rows(in_main(before), in_main(self._groups["first"][row].rows))
