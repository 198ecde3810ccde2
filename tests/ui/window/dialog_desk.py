"""A whole window with a list, findings and boxes, and every view and dialog of it, for tests that inspect widgets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QSize
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.demo.window_views import ADD_FILE, DIALOGS, select_example, show_pages, switched, visit_dialog
from exclip_desktop.ui.widgets.screen_size import room_for
from tests.ui.fakes import make_blank_picture
from tests.ui.lists.findings_desk import Desk

SMALL = (960, 640)
MESSAGE_BOXES = ("clear_cache",)
"""Questions by Qt's own dialog, whose texts Qt lays out."""


def settle() -> None:
    """Process events until all widgets are laid out."""
    for _ in range(10):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        QApplication.processEvents()


class DialogDesk:
    """A window of the least size that shows a list, with findings and a selection."""

    def __init__(self, qtbot: QtBot, folder: Path, make: Callable[..., Explanation]) -> None:
        self.desk = Desk(qtbot, folder, make).start()
        self.window, self.session = self.desk.window, self.desk.session
        lines = [f"{name}.png,a {name}" for name in ("dog", "cat")]
        (folder / "list.csv").write_text("\n".join(["image,caption", *lines]))
        for name in ("dog", "cat"):
            make_blank_picture(folder / f"{name}.png")
        self.session.pair_navigation.open(folder / "list.csv")
        self.desk.settle("a dog")
        select_example(self.session, self.session.state.explanation)
        self.desk.note()
        self.window.resize(QSize(*SMALL).boundedTo(room_for(self.window)))
        self.window.activateWindow()
        settle()

    def visit_all(self, visit: Callable[[str, QWidget], None]) -> list[str]:
        """Call ``visit`` with the name and the widget of each view and dialog; return the names."""
        names = []

        def call(name: str, widget: QWidget) -> None:
            settle()
            names.append(name)
            visit(name, widget)

        for name, window in self.views():
            call(name, window)
        for name in (*DIALOGS, ADD_FILE):

            def look(dialog: QDialog, name: str = name) -> None:
                for page in show_pages(dialog):
                    call(f"dialog {name}{page}", dialog)

            assert visit_dialog(self.window, name, look), name
        return names

    def views(self) -> Iterator[tuple[str, QWidget]]:
        """Yield each view of the window."""
        inspector = self.window.inspector
        for at in range(inspector.count()):
            if inspector.isTabVisible(at):
                inspector.setCurrentIndex(at)
                yield f"tab {inspector.tabText(at)}", self.window
        inspector.setCurrentIndex(0)
        self.window.alternatives.set_open(True)
        self.session.caption_alternatives.add("a cat with a hat")
        yield "other captions", self.window
        self.window.alternatives.set_open(False)
        for name in ("panes", "hide_panels"):
            with self.switched(name):
                yield f"view {name}", self.window

    @contextmanager
    def switched(self, name: str) -> Iterator[None]:
        """Switch an action on, and off at the end."""
        with switched(self.window, name):
            settle()
            yield
        settle()
