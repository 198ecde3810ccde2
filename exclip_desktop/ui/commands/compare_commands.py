"""Commands of the Compare menu: the compare view, its methods and colour range, and evaluating methods."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.core.methods import AttributionMethod
from exclip_desktop.session.session import Session
from exclip_desktop.ui.compare.agreement_tab import AgreementTab
from exclip_desktop.ui.compare.pane_grid import PaneGrid
from exclip_desktop.ui.inspector.inspector import Inspector
from exclip_desktop.ui.study.study_dialog import StudyDialog
from exclip_desktop.ui.widgets.labels import wrap_tooltip


class MethodsMenu(QMenu):
    """A menu with one switch for each method, ours first; at least one stays on."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Follow the session's methods, and change them."""
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._session = session
        self._entries = {key: self._entry(facts) for key, facts in all_methods().items()}
        session.compare_controller.laid_out.connect(self._show)
        self._show()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Switch without closing the menu: usually several methods are chosen."""
        entry = self.activeAction()
        if entry is not None and entry.isEnabled():
            entry.trigger()
        else:
            super().mouseReleaseEvent(event)

    def _entry(self, facts: AttributionMethod) -> QAction:
        entry = self.addAction(facts.name)
        entry.setCheckable(True)
        source = f"{facts.citation}: " if facts.citation else ""
        entry.setToolTip(wrap_tooltip(f"{source}{facts.cost}."))
        entry.triggered.connect(self._on_triggered)
        return entry

    def _on_triggered(self) -> None:
        chosen = tuple(key for key, entry in self._entries.items() if entry.isChecked())
        if chosen:
            self._session.compare_methods(chosen)
        self._show()

    def _show(self) -> None:
        for key, entry in self._entries.items():
            entry.setChecked(key in self._session.compare_controller.methods)


class CompareCommands(QObject):
    """Opens and closes the compare view of a window."""

    def __init__(
        self, window: QWidget, session: Session, actions: dict[str, QAction], grid: PaneGrid, inspector: Inspector
    ) -> None:
        """Connect the actions; ``inspector`` gets a tab for the panes of ``grid``."""
        super().__init__(window)
        self._window, self._session = window, session
        self._study: StudyDialog | None = None
        self._compare_controller, self._caption_difference, self._actions = (
            session.compare_controller,
            session.caption_difference,
            actions,
        )
        self._inspector, self._agreement = inspector, AgreementTab(session.compare_controller)
        inspector.addTab(self._agreement, "Methods")
        self._agreement.pane_chosen.connect(session.active_pane.enlarge)
        caption_difference = session.caption_difference
        actions["difference"].triggered.connect(
            lambda on: caption_difference.open() if on else caption_difference.close()
        )
        actions["panes"].triggered.connect(
            lambda on: session.compare_controller.open() if on else session.compare_controller.close()
        )
        actions["one_range"].triggered.connect(session.compare_controller.share_range)
        actions["study"].triggered.connect(self.evaluate_methods)
        actions["methods"].setMenu(MethodsMenu(session, window))
        self._active_pane = session.active_pane
        for signal in (
            session.compare_controller.opened,
            session.compare_controller.closed,
            caption_difference.opened,
            caption_difference.closed,
        ):
            signal.connect(self._show)
        for signal in (session.compare_controller.laid_out, session.active_pane.enlarged_changed):
            signal.connect(self._show_exported)
        self._show()

    def evaluate_methods(self) -> None:
        """Show the study in a window of its own."""
        if self._study is None:
            self._study = StudyDialog(self._session.study_controller, self._session.pair_navigation, self._window)
            self._study.finished.connect(self._forget_study)
            self._study.show()
            return
        self._study.raise_()
        self._study.activateWindow()

    def _forget_study(self) -> None:
        self._study = None

    def _show(self) -> None:
        self._actions["difference"].setChecked(self._caption_difference.is_open)
        if not self._compare_controller.is_open and self._inspector.currentWidget() is self._agreement:
            self._inspector.setCurrentIndex(0)  # Qt would select the neighbouring tab
        self._inspector.setTabVisible(self._inspector.indexOf(self._agreement), self._compare_controller.is_open)
        self._actions["panes"].setChecked(self._compare_controller.is_open)
        self._actions["one_range"].setEnabled(self._compare_controller.is_open)
        self._actions["one_range"].setChecked(self._compare_controller.one_range)

    def _show_exported(self) -> None:
        """Name in the menus what a picture of the view contains."""
        what = (
            "picture"
            if not self._compare_controller.is_open
            else "panes"
            if self._active_pane.enlarged is None
            else "this pane"
        )
        self._actions["export_picture"].setText(f"Export {what}…")
        self._actions["copy_picture"].setText(f"Copy {what}")
