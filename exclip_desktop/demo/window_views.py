"""Everything that the program can show, for screenshots and for tests: views of the window, and every dialog."""

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QTabWidget, QWidget

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.library.model_listing import WeightsFile
from exclip_desktop.session.parts.heat_modes import SimilarHeat
from exclip_desktop.session.project.remark_edits import Remark, set_differences
from exclip_desktop.session.session import Session
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.compare.agreement_tab import AgreementTab
from exclip_desktop.ui.models.add_model_dialog import AddModelDialog
from exclip_desktop.ui.window import Window

TIMEOUT_S: Final = 180.0
POLL_MS: Final = 20
PATIENCE_POLLS: Final = 500
DIALOGS: Final = (
    *("samples", "models", "note", "tag", "rating_keys", "report", "export_picture", "settings", "clear_cache"),
    *("occlude", "study", "manual", "shortcuts", "about"),
)
"""Actions that open a dialog of the program's own; those that open a dialog for files are left out."""
ADD_FILE: Final = "add_file"
OTHER_CAPTIONS: Final = ("a dog and a ball", "a picture of a cat, and nothing else in the world", "two dogs")


def wait_until(reached: Callable[[], bool]) -> None:
    """Serve events until ``reached``; raises ``TimeoutError`` after three minutes."""
    end = time.monotonic() + TIMEOUT_S
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError("The window did not reach the expected state within three minutes.")
        QCoreApplication.processEvents()
        time.sleep(0.005)


def write_list(path: Path) -> Path:
    """Write a list of the sample pictures and return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "caption"])
        rows.writerows([sample.path, sample.caption] for sample in load_samples())
    return path


def note_findings(session: Session) -> None:
    """Note the picture three times, with different words and ratings."""
    active = session.active_pane.active_answer
    assert active is not None
    remarks = Remark("match", ("colour",), "Clear."), Remark("mismatch", ("side", "size")), Remark("", (), "?")
    for row, remark in enumerate(remarks, start=1):
        view = replace(active, selection=replace(active.selection, rows=(row,)))
        session.findings.note(view, set_differences(Remark(), remark))


def select_example(session: Session, explanation: Explanation) -> None:
    """Select the last word, and two boxes of which one is named."""
    width, height = explanation.geometry.source_size
    boxes = (
        Region((width * 0.1, height * 0.2, width * 0.5, height * 0.6), name="the dog"),
        Region((width * 0.6, height * 0.5, width * 0.9, height * 0.9)),
    )
    session.selection_controller.commit_regions(session.state.selection.regions, boxes, "Boxes")
    session.selection_controller.choose_region(0)
    session.selection_controller.commit_rows(session.state.selection.rows, explanation.words[-1].rows)


def show_methods(inspector: QTabWidget) -> None:
    """Go to the tab of the methods that are compared."""
    tab = inspector.findChild(AgreementTab)
    assert tab is not None
    inspector.setCurrentWidget(tab)


def shows_similar_patches(session: Session) -> bool:
    """Return whether the patches are compared and shown."""
    mode = session.state.heat_mode
    return isinstance(mode, SimilarHeat) and mode.similarity is not None


@contextmanager
def switched(window: Window, name: str) -> Iterator[None]:
    """Trigger a switch of the window, and trigger it again at the end."""
    window.commands[name].trigger()
    try:
        yield
    finally:
        window.commands[name].trigger()


def show_error(session: Session) -> None:
    """Show an error in the banner."""
    message = "This file is not a picture that can be read: holiday.heic."
    session.explain_controller.show_error(PictureError(message, "Convert it to PNG or JPEG, and open it again."))


def visit_dialog(window: Window, name: str, visit: Callable[[QDialog], None]) -> bool:
    """Open the dialog of an action of ``DIALOGS``, call ``visit`` with it, and close it; return whether it opened."""
    before = {id(widget) for widget in _dialogs()}
    polls, visited = 0, False

    def poll() -> None:
        nonlocal polls, visited
        polls += 1
        dialog = next((one for one in _dialogs() if id(one) not in before), None)
        if dialog is None and polls < PATIENCE_POLLS:
            return
        timer.stop()
        if dialog is not None:
            try:
                visit(dialog)
                visited = True
            finally:
                dialog.reject()

    timer = QTimer(interval=POLL_MS)
    timer.timeout.connect(poll)
    timer.start()
    if name == ADD_FILE:
        AddModelDialog(
            WeightsFile(Path("/models/weights.safetensors"), ("ViT-B-32", "ViT-B-32-quickgelu")), window
        ).exec()
    else:
        window.commands[name].trigger()
    while timer.isActive():
        QApplication.processEvents()
    return visited


def show_pages(dialog: QDialog) -> Iterator[str]:
    """Show each page of a dialog's tabs and yield its title after a space; yield "" for a dialog without tabs."""
    tabs = dialog.findChild(QTabWidget)
    if not isinstance(tabs, QTabWidget):
        yield ""
        return
    for at in range(tabs.count()):
        tabs.setCurrentIndex(at)
        yield f" {tabs.tabText(at).replace('&', '').lower()}"


def _dialogs() -> list[QDialog]:
    widgets: list[QWidget] = QApplication.topLevelWidgets()
    return [widget for widget in widgets if isinstance(widget, QDialog) and widget.isVisible()]
