"""The difference pane: difference from the previous caption, in the picture and in the words."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from exclip_desktop.core.maths.difference import Difference
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.session.pair.caption_alternatives import CaptionDifference
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.caption.strip_area import StripArea
from exclip_desktop.ui.caption.token_strip import TokenStrip
from exclip_desktop.ui.compare.linked_views import connect_selection
from exclip_desktop.ui.compare.second_model_pane import NAME_PX, TITLE_PX, add_name, add_title
from exclip_desktop.ui.theme import ThemedIcons
from exclip_desktop.ui.widgets.labels import ElidedLabel, wrap_tooltip

LEAST_LETTERS: Final = 12
NOTHING_YET: Final = "Edit the caption to see the difference."
TITLE_TIP: Final = (
    "Current heat minus previous heat, in the unit of the score. Words at the same position are subtracted. New words "
    "keep their full value. Removed words count in the picture only, and only while no word is selected."
)


class DifferencePane:
    """The widgets of the difference, for the window to lay out; visible while the difference is open.

    Attributes:
        canvas, strip: of the difference.
        picture: title and canvas in a column; ``words``: name and strip in a row.
    """

    def __init__(self, caption_difference: CaptionDifference, selection_controller: SelectionController) -> None:
        """Show ``caption_difference``, and send selections to ``selection_controller``."""
        self._scene = caption_difference.scene
        self.canvas, self.strip = Canvas(self._scene), TokenStrip(self._scene)
        self.title = DifferenceTitle(caption_difference)
        self.picture = add_title(self.title, self.canvas)
        name = QLabel("Difference")
        name.setFixedWidth(NAME_PX)
        name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.words = add_name(name, StripArea(self.strip))
        connect_selection(self.canvas, self.strip, selection_controller)
        self.title.close_requested.connect(caption_difference.close)
        self.picture.setVisible(False)
        caption_difference.opened.connect(self.picture.show)
        caption_difference.closed.connect(self.picture.hide)
        self._show_words()
        self._scene.answer_changed.connect(self._show_words)

    def _show_words(self) -> None:
        """Show the row of words while there is a difference; until then the title says what to do."""
        self.words.setVisible(self._scene.answer is not None)


class DifferenceTitle(QWidget):
    """The line above the pane: the previous caption, and the difference of the scores.

    Signals:
        close_requested(): the pane should be closed.
    """

    close_requested = Signal()

    def __init__(self, caption_difference: CaptionDifference) -> None:
        super().__init__()
        self._scene = caption_difference.scene
        self._text = ElidedLabel(LEAST_LETTERS)
        self._text.setAccessibleName("Difference")
        button = QToolButton()
        button.setAutoRaise(True)
        button.setToolTip("Show no difference")
        button.setAccessibleName("Close the difference")
        self._icons = ThemedIcons(button)
        self._icons.add(button, "close")
        button.clicked.connect(self.close_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 2, 2)
        row.addWidget(self._text)
        row.addStretch(1)
        row.addWidget(button)
        self.setFixedHeight(TITLE_PX)
        self._scene.answer_changed.connect(self._show)
        caption_difference.opened.connect(self._show)
        self._show()

    @property
    def text(self) -> str:
        """The text of the title."""
        return self._text.text()

    def _show(self) -> None:
        difference = self._scene.answer
        if isinstance(difference, Difference):
            short = f"Difference {format_signed(difference.score)}"
            self._text.show_text(f"{short}  ·  from “{difference.before.text}”", short)
            self._text.setToolTip(wrap_tooltip(f"From “{difference.before.text}”. {TITLE_TIP}"))
        else:
            self._text.show_text(NOTHING_YET, "Edit the caption.")
            self._text.setToolTip(wrap_tooltip(TITLE_TIP))
