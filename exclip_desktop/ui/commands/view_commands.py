"""Commands of the View menu: zoom, colours, framing and drawing of the heat."""

from collections.abc import Mapping
from typing import Final, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from exclip_desktop.core.maths.colour import COLOUR_MAPS
from exclip_desktop.core.maths.word_values import WordsBy
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.settings import FRAMINGS, Framing
from exclip_desktop.session.pair.framing_controller import FramingController
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.session import Session
from exclip_desktop.session.state import State
from exclip_desktop.ui.actions import TOOLS, show_view
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.caption.token_strip import TokenStrip
from exclip_desktop.ui.compare.stage import Stage

Choice = TypeVar("Choice", bound=str)
ONLY_OWN_SIZE = "This model takes pictures of its own size only"


class FramingMenu(QMenu):
    """A menu of framings with their scores, which arrive while it is open."""

    def __init__(self, state: State, framing: FramingController, parent: QWidget | None = None) -> None:
        """Follow ``state``; choices go to ``framing``."""
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._state = state
        group = QActionGroup(self)
        self._entries: dict[Framing, QAction] = {}
        for name in FRAMINGS:
            entry = self._entries[name] = group.addAction(QAction(self, checkable=True))
            entry.triggered.connect(lambda _=False, name=name: framing.choose(name))
            self.addAction(entry)
        self.aboutToShow.connect(framing.request_scores)
        for signal in (state.framings_changed, state.explain_settings_changed, state.facts_changed):
            signal.connect(self._show)
        self._show()

    def _show(self) -> None:
        state = self._state
        scores = dict(state.framings)
        there = FRAMINGS if state.facts is None else state.facts.framings
        for name, entry in self._entries.items():
            title = FRAMINGS[name].capitalize()
            entry.setText(f"{title}\t{format_signed(scores[name])}" if name in scores else title)
            entry.setEnabled(name in there)
            entry.setToolTip("" if name in there else ONLY_OWN_SIZE)
            entry.setChecked(name == state.explain_settings.framing)


COLOURS: Final = {key: (row.name, row.tip) for key, row in COLOUR_MAPS.items()}
WORDS_BY: Final[dict[WordsBy, tuple[str, str]]] = {
    "region": (
        "Strongest region",
        "The sum over the square, a third of the picture wide, in which the word changes the score most",
    ),
    "picture": ("Whole picture", "The sum over all patches"),
}
"""Entry and tooltip of each choice."""


class ChoiceMenu(QMenu):
    """A menu of the values of one field of the session's view; the current one is checked."""

    def __init__(
        self, session: Session, field: str, choices: Mapping[Choice, tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        """Follow and change ``field``; ``choices`` are the entry and the tooltip of each value."""
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._state, self._field, group = session.state, field, QActionGroup(self)
        self._entries: dict[str, QAction] = {}
        for choice, (text, tip) in choices.items():
            entry = self._entries[choice] = group.addAction(QAction(text, self, checkable=True))
            entry.setToolTip(tip)
            entry.triggered.connect(lambda _=False, choice=choice: session.show(**{field: choice}))
            self.addAction(entry)
        session.state.view_changed.connect(self._on_view_changed)
        self._on_view_changed()

    def _on_view_changed(self) -> None:
        self._entries[getattr(self._state.view, self._field)].setChecked(True)


OPACITY_STEP: Final = 0.1


class ViewCommands(QObject):
    """Changes how a window draws."""

    def __init__(
        self, window: QWidget, session: Session, actions: dict[str, QAction], stage: Stage, strip: TokenStrip
    ) -> None:
        """Connect the actions of the View menu."""
        super().__init__(window)
        self._session, self._actions, self._stage, self._strip = session, actions, stage, strip
        zooms = {
            "fit": Canvas.fit,
            "actual_size": Canvas.zoom_100,
            "zoom_in": Canvas.zoom_in,
            "zoom_out": Canvas.zoom_out,
        }
        for name, zoom in zooms.items():
            actions[name].triggered.connect(lambda _=False, zoom=zoom: zoom(stage.canvas))
        for name in ("subtract", "heat", "grey", "smooth", "histogram", "specials", "labels"):
            actions[name].triggered.connect(lambda on, name=name: session.show(**{name: on}))
        tools = QActionGroup(self)
        for name in TOOLS:
            tools.addAction(actions[name]).triggered.connect(lambda _=False, name=name: self._choose_tool(name))
        actions["magnitude"].triggered.connect(session.draw_by)
        actions["colours"].setMenu(ChoiceMenu(session, "colours", COLOURS, window))
        actions["words_by"].setMenu(ChoiceMenu(session, "words_by", WORDS_BY, window))
        actions["more_opaque"].triggered.connect(lambda: self._change_opacity(OPACITY_STEP))
        actions["less_opaque"].triggered.connect(lambda: self._change_opacity(-OPACITY_STEP))
        actions["lock_range"].triggered.connect(self._lock)
        actions["framing"].setMenu(FramingMenu(session.state, session.framing_controller, window))
        session.state.view_changed.connect(self._on_view_changed)
        self._on_view_changed()

    def _choose_tool(self, name: str) -> None:
        """Choose the tool of an action; the lasso's, chosen again, chooses the usual tool, which adds."""
        tool, view = TOOLS[name], self._session.state.view
        ends = tool == "lasso" and view.tool == tool
        self._session.show(tool=View().tool if ends else tool, subtract=view.subtract and tool != View().tool)
        self._on_view_changed()

    def _lock(self, on: bool) -> None:
        if not on:
            self._session.show(picture_limit=None, words_limit=None)
            return
        # The range of what is selected, not of the word or patch that is under the mouse when the key is pressed.
        with self._session.state.preview_hidden(), self._session.second_model.state.preview_hidden():
            self._session.show(picture_limit=self._stage.limit(), words_limit=self._strip.limit)

    def _change_opacity(self, by: float) -> None:
        self._session.show(opacity=round(min(max(self._session.state.view.opacity + by, 0.0), 1.0), 2))

    def _on_view_changed(self) -> None:
        show_view(self._actions, self._session.state.view)
