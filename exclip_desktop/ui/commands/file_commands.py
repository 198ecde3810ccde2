"""Commands of the File menu: opening, pasting, dropping, exporting."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData, QObject, QStandardPaths
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from exclip_desktop.core.errors import PictureError, UserError
from exclip_desktop.core.paths import is_dir
from exclip_desktop.session.pair.export_controller import ExportController
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.session import Session
from exclip_desktop.session.two_inputs.two_inputs_export import TwoInputsExport
from exclip_desktop.storage.exports.formats import names_by_ending
from exclip_desktop.storage.exports.number_files import NUMBER_FORMATS
from exclip_desktop.storage.exports.two_input_files import TWO_INPUT_FORMATS
from exclip_desktop.storage.samples import is_sample
from exclip_desktop.ui.canvas.picture_images import make_picture
from exclip_desktop.ui.commands.open_recent import RecentMenu
from exclip_desktop.ui.dialogs.export_dialog import ExportDialog, ask_path
from exclip_desktop.ui.dialogs.gallery import Gallery

PICTURES: Final = "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff *.gif *.avif);;All files (*)"


class FileCommands(QObject):
    """Opens and writes files for a window."""

    def __init__(self, window: QWidget, session: Session, actions: dict[str, QAction]) -> None:
        """Connect the actions of the File menu."""
        super().__init__(window)
        self._window, self._session = window, session
        actions["recent"].setMenu(RecentMenu(session, window))
        actions["open"].triggered.connect(self.open)
        actions["paste"].triggered.connect(self.paste)
        actions["samples"].triggered.connect(self.show_samples)
        actions["export_picture"].triggered.connect(self.export_picture)
        actions["export_numbers"].triggered.connect(self.export_numbers)
        actions["quit"].triggered.connect(window.close)

    def open(self) -> None:
        """Ask for a picture and open it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open image", self.folder(), PICTURES)
        if path:
            self._session.open(path)

    def paste(self) -> None:
        """Open the picture on the clipboard, as the second one while the second of two pictures is in use."""
        second = self._session.two_inputs.is_second_active
        if not self.take(QGuiApplication.clipboard().mimeData(), "pasted picture", second=second):
            error = PictureError("The clipboard holds no picture.", "Copy a picture, or a picture file, and try again.")
            self._session.explain_controller.show_error(error)

    def take(self, data: QMimeData | None, title: str, *, second: bool = False) -> bool:
        """Open the pasted or dropped picture, as the second one or the first; return whether there was one."""
        if data is None:
            return False
        paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if paths:
            if second:
                self._session.two_inputs.open_file(paths[0])
            else:
                self._session.open(paths[0], _ignored_files_note(paths))
            return True
        image = data.imageData() if data.hasImage() else None
        if isinstance(image, QImage) and not image.isNull():
            opener = self._session.two_inputs if second else self._session.explain_controller
            opener.open_image(lambda: make_picture(image), title)
            return True
        return False

    def show_samples(self) -> None:
        """Let the person choose a sample."""
        try:
            gallery = Gallery(self._window)
        except UserError as error:  # the installation is damaged
            self._session.explain_controller.show_error(error)
            return
        gallery.sample_chosen.connect(self._session.open_sample)
        gallery.exec()
        gallery.deleteLater()

    def export_picture(self) -> None:
        """Ask for a path, and write the figure."""
        picture = self._session.state.canvas_picture
        dialog = ExportDialog(Path(self.folder()) / self._suggested(".png"), parent=self._window)
        if dialog.exec() and self._still_shows(picture):
            self._exporter.write_picture(*dialog.target())
        dialog.deleteLater()

    def export_numbers(self) -> None:
        """Ask for a path, and write the numbers."""
        picture = self._session.state.canvas_picture
        suggested = Path(self.folder()) / self._suggested(".csv")
        formats = NUMBER_FORMATS if self._session.two_inputs.explanation is None else TWO_INPUT_FORMATS
        path = ask_path(self._window, "Export numbers", suggested, names_by_ending(formats))
        if path is not None and self._still_shows(picture):
            self._exporter.write_numbers(path)

    @property
    def _exporter(self) -> ExportController | TwoInputsExport:
        """What exports the view on screen."""
        session = self._session
        return session.export_controller if session.two_inputs.explanation is None else session.two_inputs_export

    def folder(self) -> str:
        """Return the folder of the person's last picture; the sample pictures do not count."""
        canvas_picture = self._session.state.canvas_picture
        paths = [
            *([canvas_picture.path] if canvas_picture is not None and canvas_picture.path else []),
            *self._session.settings.recent_pictures.existing(),
        ]
        own = [path for path in paths if not is_sample(path)]
        if own:
            return str(Path(own[0]).parent)
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        return pictures if is_dir(Path(pictures)) else str(Path.home())

    def _still_shows(self, picture: CanvasPicture | None) -> bool:
        """Return whether a picture and its answer are still on screen; otherwise say that nothing is written."""
        state = self._session.state
        if state.canvas_picture is picture and state.explanation is not None:
            return True
        self._session.show_note("Another picture is on screen now, so nothing was written.", "Export it again.")
        return False

    def _suggested(self, ending: str) -> str:
        canvas_picture = self._session.state.canvas_picture
        return f"{Path(canvas_picture.title).stem if canvas_picture is not None else 'figure'}-explained{ending}"


def _ignored_files_note(paths: list[str]) -> tuple[str, ...]:
    """Return a note on the files that are not opened; nothing for a single file."""
    if len(paths) < 2:
        return ()
    return (f"The first of {len(paths)} files was opened: {Path(paths[0]).name}. Open the others one at a time.",)
