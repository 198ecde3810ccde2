"""The menu of framings: one entry each, with the score that it gives."""

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from exclip_desktop.core.values.settings import FRAMINGS, Framing
from exclip_desktop.session.pair.framing_controller import FramingController
from exclip_desktop.session.state import State

ONLY_OWN_SIZE = "This model takes pictures of its own size only"


class FramingMenu(QMenu):
    """Shows which framing is chosen, and lets the person choose another; scores come in while it is open."""

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
        self.aboutToShow.connect(framing.ask)
        for told in (state.framings_changed, state.explain_settings_changed, state.facts_changed):
            told.connect(self._show)
        self._show()

    def _show(self) -> None:
        state = self._state
        scores = dict(state.framings)
        there = FRAMINGS if state.facts is None else state.facts.framings
        for name, entry in self._entries.items():
            told = FRAMINGS[name].capitalize()
            entry.setText(f"{told}\t{scores[name]:.4f}".replace("-", "−") if name in scores else told)
            entry.setEnabled(name in there)
            entry.setToolTip("" if name in there else ONLY_OWN_SIZE)
            entry.setChecked(name == state.explain_settings.framing)
