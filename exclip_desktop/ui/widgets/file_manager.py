"""Shows a file in the system's file manager."""

import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QProcess, QUrl
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCall, QDBusPendingCallWatcher
from PySide6.QtGui import QDesktopServices

from exclip_desktop.storage.archives import archive_of

BUTTON_TEXT: Final = "Show in folder"
SERVICE: Final = "org.freedesktop.FileManager1"
"""The interface by which Linux desktops select a file in their file manager."""


def show_in_folder(path: Path) -> None:
    """Open the file's folder with the file selected, or only the folder where the system cannot select it.

    Of a picture in an archive, the archive is selected.
    """
    path = archive_of(path) or path
    if sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", str(path)])
    elif sys.platform == "win32":
        QProcess.startDetached("explorer", ["/select,", str(path)])
    elif QDBusConnection.sessionBus().isConnected():
        message = QDBusMessage.createMethodCall(SERVICE, "/org/freedesktop/FileManager1", SERVICE, "ShowItems")
        message.setArguments([[path.absolute().as_uri()], ""])
        _OpenFolderOnError(QDBusConnection.sessionBus().asyncCall(message), path)
    else:
        open_folder(path.parent)


def open_folder(folder: Path) -> None:
    """Open a folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class _OpenFolderOnError(QDBusPendingCallWatcher):
    """Opens a file's folder if no file manager takes the call."""

    def __init__(self, call: QDBusPendingCall, path: Path) -> None:
        super().__init__(call, QCoreApplication.instance())
        self._folder = path.parent
        self.finished.connect(self._on_finished)

    def _on_finished(self) -> None:
        if self.isError():
            open_folder(self._folder)
        self.deleteLater()
