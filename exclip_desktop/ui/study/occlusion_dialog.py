"""Dialog with the model's scores while the selected words and regions are occluded."""

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QGridLayout, QLabel, QVBoxLayout, QWidget

from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.core.values.occlusion_scores import FILLS, OcclusionScores
from exclip_desktop.session.pair.occlusion_controller import OcclusionController
from exclip_desktop.session.state import State
from exclip_desktop.ui.widgets.labels import wrap_tooltip
from exclip_desktop.ui.widgets.screen_size import ScreenKeeper

WIDTH_PX: Final = 420
PAUSE_MS: Final = 200
NO_SELECTION: Final = "Select words and draw a box. The model then scores the pair without them."
RUNNING: Final = "The model is running …"
EXPLANATION: Final = (
    "The interaction is the score that words and box add together, beyond what each adds alone. It need not equal the "
    "attribution: an occluded picture is unlike the pictures that the model was trained on."
)
CELLS: Final = (("both", "without_words"), ("without_regions", "neither"))
COLUMN_NAMES: Final = ("with the words", "without them")
ROW_NAMES: Final = ("with the box", "without it")


class OcclusionDialog(QDialog):
    """Shows the scores with the selected words and regions occluded, each and both, and follows the selection."""

    def __init__(self, state: State, occlusion_controller: OcclusionController, parent: QWidget | None = None) -> None:
        """Follow ``state``; ``occlusion_controller`` requests the scores."""
        super().__init__(parent)
        self.setWindowTitle("Occlude the selection")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._state, self._occlusion_controller = state, occlusion_controller
        self._selection_label, self._fill = QLabel(wordWrap=True), QComboBox()
        self._cells = {name: QLabel() for row in CELLS for name in row}
        self._interaction, self._attributed = QLabel(), QLabel()
        self._lay_out()
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)  # a drag never reaches the worker
        self._pause.timeout.connect(self._request_scores)
        self._fill.currentIndexChanged.connect(self._request_scores)
        state.occlusion_changed.connect(self._show)
        for changed in (state.selection_changed, state.answer_changed, state.stale_changed):
            changed.connect(self._on_selection_changed)
        self._request_scores()

    def _lay_out(self) -> None:
        for fill, name in FILLS.items():
            self._fill.addItem(name, fill)
        self._fill.setAccessibleName("What the box is filled with")
        table, right = QGridLayout(), Qt.AlignmentFlag.AlignRight
        for column, name in enumerate(COLUMN_NAMES, start=1):
            table.addWidget(QLabel(name), 0, column, right)
        for row, (row_name, cells) in enumerate(zip(ROW_NAMES, CELLS, strict=True), start=1):
            table.addWidget(QLabel(row_name), row, 0)
            for column, cell in enumerate(cells, start=1):
                table.addWidget(self._cells[cell], row, column, right)
        sums = QFormLayout()
        sums.addRow("Measured interaction", self._interaction)
        sums.addRow("Attributed to the selection", self._attributed)
        filling = QFormLayout()
        filling.addRow("&Fill the box with", self._fill)
        stack = QVBoxLayout(self)
        stack.addWidget(self._selection_label)
        stack.addLayout(filling)
        stack.addSpacing(8)
        stack.addLayout(table)
        stack.addSpacing(8)
        stack.addLayout(sums)
        stack.addWidget(QLabel(EXPLANATION, wordWrap=True))
        labels = {"interaction": self._interaction, "attributed": self._attributed, "selection": self._selection_label}
        for name, label in {**self._cells, **labels}.items():
            label.setObjectName(name)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFixedWidth(WIDTH_PX)
        ScreenKeeper(self)

    def _on_selection_changed(self) -> None:
        self._pause.start()
        self._show()

    def _request_scores(self) -> None:
        if self._occlusion_controller.is_ready:
            self._occlusion_controller.request_scores(self._fill.currentData())
        self._show()

    def _show(self) -> None:
        state, scores = self._state, self._state.occlusion
        if not self._occlusion_controller.is_ready or state.explanation is None:
            self._selection_label.setText(NO_SELECTION)
        else:
            words = describe_words(state.explanation.caption, state.selection.rows)
            text = f"{words} × {describe_regions(state.selection.regions)}"
            self._selection_label.setText(text if scores is not None else f"{text}. {RUNNING}")
            self._selection_label.setToolTip(wrap_tooltip(text))
        self._show_scores(scores)

    def _show_scores(self, scores: OcclusionScores | None) -> None:
        for name, label in self._cells.items():
            label.setText("" if scores is None else format_signed(getattr(scores, name)))
        self._interaction.setText("" if scores is None else format_signed(scores.interaction))
        self._attributed.setText("" if scores is None else format_signed(scores.attributed))
