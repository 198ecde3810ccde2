"""What the Compare menu does: the compare view, its methods and its colour range; and measuring methods."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from exclip_desktop.session.session import Session
from exclip_desktop.ui.compare.agreement_tab import AgreementTab
from exclip_desktop.ui.compare.methods_menu import MethodsMenu
from exclip_desktop.ui.compare.pane_grid import PaneGrid
from exclip_desktop.ui.inspector.inspector import Inspector
from exclip_desktop.ui.study.study_dialog import StudyDialog


class CompareCommands(QObject):
    """Opens and closes the compare view of a window."""

    def __init__(
        self, window: QWidget, session: Session, actions: dict[str, QAction], grid: PaneGrid, inspector: Inspector
    ) -> None:
        """Connect the actions; ``inspector`` gets a tab for the panes of ``grid``."""
        super().__init__(window)
        self._window, self._session = window, session
        self._study: StudyDialog | None = None
        self._panes, self._differing, self._actions = session.panes, session.differing, actions
        self._inspector, self._agreement = inspector, AgreementTab(session.panes)
        inspector.addTab(self._agreement, "Methods")
        self._agreement.pane_chosen.connect(session.sight.enlarge)
        differing = session.differing
        actions["difference"].triggered.connect(lambda on: differing.open() if on else differing.close())
        actions["panes"].triggered.connect(lambda on: session.panes.open() if on else session.panes.close())
        actions["one_range"].triggered.connect(session.panes.share_range)
        actions["study"].triggered.connect(self.measure_methods)
        actions["methods"].setMenu(MethodsMenu(session, window))
        self._sight = session.sight
        for told in (session.panes.opened, session.panes.closed, differing.opened, differing.closed):
            told.connect(self._show)
        for told in (session.panes.laid_out, session.sight.enlarged_changed):
            told.connect(self._show_exported)
        self._show()

    def measure_methods(self) -> None:
        """Show the study, in a window beside this one."""
        if self._study is None:
            self._study = StudyDialog(self._session.studying, self._session.pair_navigation, self._window)
            self._study.finished.connect(self._forget_study)
            self._study.show()
            return
        self._study.raise_()
        self._study.activateWindow()

    def _forget_study(self) -> None:
        self._study = None

    def _show(self) -> None:
        self._actions["difference"].setChecked(self._differing.is_open)
        if not self._panes.is_open and self._inspector.currentWidget() is self._agreement:
            self._inspector.setCurrentIndex(0)  # Qt would go to the tab beside it
        self._inspector.setTabVisible(self._inspector.indexOf(self._agreement), self._panes.is_open)
        self._actions["panes"].setChecked(self._panes.is_open)
        self._actions["one_range"].setEnabled(self._panes.is_open)
        self._actions["one_range"].setChecked(self._panes.one_range)

    def _show_exported(self) -> None:
        """Say what a picture of the view is of."""
        what = "picture" if not self._panes.is_open else "panes" if self._sight.enlarged is None else "this pane"
        self._actions["export_picture"].setText(f"Export {what}…")
        self._actions["copy_picture"].setText(f"Copy {what}")
