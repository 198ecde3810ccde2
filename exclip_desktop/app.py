"""Starts the window. Nothing here imports torch: the worker does, once the window is on screen."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from platformdirs import user_data_path
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from exclip_desktop.core.version import __version__
from exclip_desktop.session.logs import log_file, start_logging
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile, qt_settings_path, settings_path
from exclip_desktop.storage.cache import default_cache_folder
from exclip_desktop.ui.app_theme import Theme
from exclip_desktop.ui.theme import make_app_icon
from exclip_desktop.ui.window import Window


def run_window(picture: str | None = None, caption: str | None = None) -> int:
    """Show the window until it is closed, with ``picture`` or the first sample; return the exit code."""
    block_triton()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    set_program_name(app)
    path = log_file()
    logged = start_logging(path)
    settings = SettingsFile(settings_path(), older=qt_settings_path())
    session = Session(settings, default_cache_folder(), findings=default_project_file(), studies=studies_folder())
    session.leave = lambda: os._exit(0)
    show_uncaught_errors(session)
    Theme(app, session.settings.appearance)
    window = Window(session, str(path) if logged else "")
    window.show()
    call_after_first_paint(window, lambda: session.start(picture, caption))
    code: int = app.exec()
    sys.excepthook = sys.__excepthook__
    return code


def block_triton() -> None:
    """Make ``import triton`` fail in this process, as where it is not installed; call it before torch is imported.

    Importing torchvision imports triton, if it is installed, and triton's library contains LLVM. So does Mesa's OpenGL
    driver, which loads LLVM for the whole process: with GTK's platform theme or on Wayland before torch is imported.
    The linker then gives triton the driver's LLVM, of another version, and the process dies. The program needs no
    triton: it compiles nothing.
    """
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]  # documented: None makes the import fail


class _UncaughtErrors(QObject):
    caught = Signal(Exception)


def show_uncaught_errors(session: Session) -> None:
    """Log uncaught errors from now on and show them in the banner; Qt would continue silently."""
    errors = _UncaughtErrors(session)
    # Queued: an error may come from any thread, and from within painting.
    errors.caught.connect(session.explain_controller.show_error, Qt.ConnectionType.QueuedConnection)

    def handle_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        if isinstance(error, Exception):
            errors.caught.emit(error)

    sys.excepthook = handle_uncaught


class _FirstPaint(QObject):
    def __init__(self, window: Window, action: Callable[[], None]) -> None:
        super().__init__(window)
        self._action = action
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Call the action after the first paint event."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._action)
        return False


def call_after_first_paint(window: Window, action: Callable[[], None]) -> None:
    """Call ``action`` once ``window`` is on screen, so that nothing slow delays it."""
    _FirstPaint(window, action)


def set_program_name(app: QApplication) -> None:
    """Set the program's name and its icon."""
    QCoreApplication.setApplicationName("exclip_desktop")
    QCoreApplication.setOrganizationName("exclip_desktop")
    QCoreApplication.setApplicationVersion(__version__)
    app.setDesktopFileName("exclip-desktop")
    app.setWindowIcon(make_app_icon())


def default_project_file() -> Path:
    """Return the person's own project, which is used until another project is opened."""
    return user_data_path("exclip_desktop", appauthor=False) / "findings.exclip"


def studies_folder() -> Path:
    """Return the folder for studies, until the person chooses another one."""
    return user_data_path("exclip_desktop", appauthor=False) / "studies"
