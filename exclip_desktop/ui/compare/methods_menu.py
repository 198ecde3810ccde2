"""The menu of methods that the compare view shows; it stays open while they are chosen."""

from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from exclip_desktop.core.method_facts import FACTS, MethodFacts
from exclip_desktop.session.session import Session
from exclip_desktop.ui.widgets.tips import wrapped


class MethodsMenu(QMenu):
    """One switch for each method, ours first; at least one stays on."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Follow the session's methods, and change them."""
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._session = session
        self._entries = {key: self._entry(facts) for key, facts in FACTS.items()}
        session.compare_controller.laid_out.connect(self._show)
        self._show()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Switch without closing: most often several are chosen."""
        entry = self.activeAction()
        if entry is not None and entry.isEnabled():
            entry.trigger()
        else:
            super().mouseReleaseEvent(event)

    def _entry(self, facts: MethodFacts) -> QAction:
        entry = self.addAction(facts.name)
        entry.setCheckable(True)
        source = f"{facts.citation}: " if facts.citation else ""
        entry.setToolTip(wrapped(f"{source}{facts.cost}."))
        entry.triggered.connect(self._on_triggered)
        return entry

    def _on_triggered(self) -> None:
        chosen = tuple(key for key, entry in self._entries.items() if entry.isChecked())
        if chosen:
            self._session.compare(chosen)
        self._show()

    def _show(self) -> None:
        for key, entry in self._entries.items():
            entry.setChecked(key in self._session.compare_controller.methods)
