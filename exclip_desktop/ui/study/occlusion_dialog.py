"""A small window beside the main one: the selection put to the test."""

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QGridLayout, QLabel, QVBoxLayout, QWidget

from exclip_desktop.core.maths.word_patch_pairs import format_signed
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.core.values.occlusion_scores import FILLS, OcclusionScores
from exclip_desktop.session.pair.occlusion_controller import OcclusionController
from exclip_desktop.session.state import State
from exclip_desktop.ui.widgets.labels import wrap_tooltip

WIDTH_PX: Final = 420
PAUSE_MS: Final = 200
SELECT: Final = "Select words and draw a box: then both can be taken away."
RUNNING: Final = "Asking the model …"
SAYS: Final = (
    "The interaction is how much more words and box give together than each alone. It need not equal what was "
    "attributed: taking things away makes pictures the model has never seen."
)
CELLS: Final = (("both", "without_words"), ("without_regions", "neither"))


class MeasureDialog(QDialog):
    """Shows real scores with the selected words and regions taken away, each and both, and follows the selection."""

    def __init__(self, state: State, occlusion_controller: OcclusionController, parent: QWidget | None = None) -> None:
        """Follow ``state``; questions go to ``occlusion_controller``."""
        super().__init__(parent)
        self.setWindowTitle("Occlude the selection")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._state, self._occlusion_controller = state, occlusion_controller
        self._what, self._fill = QLabel(wordWrap=True), QComboBox()
        self._cells = {name: QLabel() for row in CELLS for name in row}
        self._interaction, self._attributed = QLabel(), QLabel()
        self._lay_out()
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)  # a drag never reaches the worker
        self._pause.timeout.connect(self._ask)
        self._fill.currentIndexChanged.connect(self._ask)
        state.occlusion_changed.connect(self._show)
        for told in (state.selection_changed, state.answer_changed, state.stale_changed):
            told.connect(self._on_changed)
        self._ask()

    def _lay_out(self) -> None:
        for fill, told in FILLS.items():
            self._fill.addItem(told, fill)
        self._fill.setAccessibleName("What takes the box's place")
        table = QGridLayout()
        table.addWidget(QLabel("with the words"), 0, 1, Qt.AlignmentFlag.AlignRight)
        table.addWidget(QLabel("without them"), 0, 2, Qt.AlignmentFlag.AlignRight)
        for row, (told, names) in enumerate(zip(("with the box", "without it"), CELLS, strict=True), start=1):
            table.addWidget(QLabel(told), row, 0)
            for column, name in enumerate(names, start=1):
                table.addWidget(self._cells[name], row, column, Qt.AlignmentFlag.AlignRight)
        sums = QFormLayout()
        sums.addRow("Measured interaction", self._interaction)
        sums.addRow("Attributed to the selection", self._attributed)
        filling = QFormLayout()
        filling.addRow("&Fill the box with", self._fill)
        says = QLabel(SAYS, wordWrap=True)
        stack = QVBoxLayout(self)
        stack.addWidget(self._what)
        stack.addLayout(filling)
        stack.addSpacing(8)
        stack.addLayout(table)
        stack.addSpacing(8)
        stack.addLayout(sums)
        stack.addWidget(says)
        named = {**self._cells, "interaction": self._interaction, "attributed": self._attributed, "what": self._what}
        for name, label in named.items():
            label.setObjectName(name)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFixedWidth(WIDTH_PX)

    def _on_changed(self) -> None:
        self._pause.start()
        self._show()

    def _ask(self) -> None:
        """Have the selection measured as it is now."""
        if self._occlusion_controller.ready:
            self._occlusion_controller.ask(self._fill.currentData())
        self._show()

    def _show(self) -> None:
        state, found = self._state, self._state.occlusion
        if not self._occlusion_controller.ready or state.explanation is None:
            self._what.setText(SELECT)
        else:
            words = describe_words(state.explanation.caption, state.selection.rows)
            told = f"{words} × {describe_regions(state.selection.regions)}"
            self._what.setText(told if found is not None else f"{told}. {RUNNING}")
            self._what.setToolTip(wrap_tooltip(told))
        self._tell(found)

    def _tell(self, found: OcclusionScores | None) -> None:
        for name, label in self._cells.items():
            label.setText("" if found is None else format_signed(getattr(found, name)))
        self._interaction.setText("" if found is None else format_signed(found.interaction))
        self._attributed.setText("" if found is None else format_signed(found.attributed))
