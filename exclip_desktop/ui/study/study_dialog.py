"""Window that evaluates methods over many pairs: options, table and plot."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.text.number_format import format_rough_time
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.study.study_controller import StudyController
from exclip_desktop.storage.exports.formats import names_by_ending
from exclip_desktop.storage.exports.study_tables import STUDY_FORMATS
from exclip_desktop.ui.dialogs.export_dialog import ask_path
from exclip_desktop.ui.study.study_options import StudyOptions
from exclip_desktop.ui.study.study_plot import StudyPlot
from exclip_desktop.ui.study.study_table import StudyTable
from exclip_desktop.ui.theme import error_colour
from exclip_desktop.ui.widgets.file_manager import BUTTON_TEXT, show_in_folder
from exclip_desktop.ui.widgets.screen_size import ScreenKeeper, resize_within_screen
from exclip_desktop.ui.widgets.status_line import WorkBar

OPENS_AT_PX: Final = (1160, 720)
LEAST_PX: Final = (860, 560)
SHOW_EVERY_MS: Final = 100  # the table and the plot, while answers come
EMPTY: Final = "Choose methods and metrics, and press Start."
WAITING: Final = "No figures yet …"
PAUSE_TIP: Final = "Pause; the study can continue later"
START_TIP: Final = "Start, or continue where the study was paused"
LEGEND: Final = (
    "Mean ± the larger distance to an end of the 95 % interval (bootstrap over pictures). Click a column to "
    "plot it, and a row to highlight its method."
)


class StudyDialog(QDialog):
    """Starts a study and shows its table and plot while they grow; a study continues when the window closes."""

    def __init__(
        self, study_controller: StudyController, navigation: PairNavigation, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Evaluate methods")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(*LEAST_PX)
        resize_within_screen(self, *OPENS_AT_PX)
        ScreenKeeper(self)
        self._controller, self._message = study_controller, ""
        self.options, self.table, self.plot = StudyOptions(study_controller), StudyTable(), StudyPlot()
        self.start_button = QPushButton("&Start", autoDefault=False)
        self._bar, self._progress, self._news = WorkBar(), QLabel(), QLabel(wordWrap=True)
        self.notes = QLabel(wordWrap=True)
        self.copy_button = QPushButton("Cop&y table", autoDefault=False)
        self.export_button = QPushButton("&Export…", autoDefault=False)
        self.export_button.setToolTip("Write the figures or the curves to a file")
        self.folder_button = QPushButton(BUTTON_TEXT, autoDefault=False)
        self.folder_button.setToolTip("Open the folder of the exported file in the file manager")
        self.folder_button.hide()
        self.folder_button.clicked.connect(self._on_folder_clicked)
        self._file: Path | None = None
        self._lay_out()
        self.start_button.clicked.connect(self._on_start_clicked)
        self.export_button.clicked.connect(self._on_export_clicked)
        self.options.chosen.connect(self._show_buttons)
        self.table.metric_chosen.connect(self._show_plot)
        self.table.method_chosen.connect(self._show_plot)
        self.table.copy_requested.connect(lambda: self._copy(".tsv"))
        self._pause = QTimer(self, singleShot=True, interval=SHOW_EVERY_MS)
        self._pause.timeout.connect(self._show)
        self._shown_state = False, ""
        study_controller.changed.connect(self._on_changed)
        study_controller.written.connect(self._on_written)
        navigation.list_changed.connect(self.options.show_pairs)
        self._show()

    def _lay_out(self) -> None:
        self._bar.setAccessibleName("Progress")
        self._bar.setFixedHeight(self._bar.fontMetrics().height())
        self._news.setAccessibleName("News")
        self.notes.setAccessibleName("Notes on the pairs")
        for label in (self._news, self.notes):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        menu = QMenu(self.copy_button)
        for study_format in STUDY_FORMATS:
            if study_format.copied_as:
                action = menu.addAction(study_format.copied_as)
                action.triggered.connect(lambda _=False, ending=study_format.ending: self._copy(ending))
        self.copy_button.setMenu(menu)
        close = QPushButton("Close", autoDefault=False)
        close.setToolTip("The study continues")
        close.clicked.connect(self.close)
        left = QVBoxLayout()
        left.addWidget(self.options, 1)
        left.addWidget(self.start_button)
        results = QSplitter(Qt.Orientation.Vertical)
        results.addWidget(self.table)
        results.addWidget(self.plot)
        results.setStretchFactor(0, 2)
        results.setStretchFactor(1, 3)
        results.setChildrenCollapsible(False)
        across = QHBoxLayout()
        across.addWidget(self._bar, 1)
        across.addWidget(self._progress)
        below = QHBoxLayout()
        below.addWidget(self._news, 1)
        for button in (self.folder_button, self.copy_button, self.export_button, close):
            below.addWidget(button)
        right = QVBoxLayout()
        right.addLayout(across)
        right.addWidget(results, 1)
        right.addWidget(self.notes)
        right.addLayout(below)
        row = QHBoxLayout(self)
        row.addLayout(left)
        row.addLayout(right, 1)

    def _on_changed(self) -> None:
        """Show many answers together a little later; at once whether it runs, and why it stopped."""
        if not self._pause.isActive():
            self._pause.start()
        if (self._controller.is_running, self._controller.error_text) != self._shown_state:
            self._show_state()

    def _show(self) -> None:
        controller = self._controller
        if controller.total or controller.is_running:
            self.table.show_study(controller.choice.methods, controller.choice.metrics, controller.study)
        self.options.show_folder()
        self._show_state()
        self._show_plot()

    def _show_state(self) -> None:
        controller = self._controller
        self._shown_state = controller.is_running, controller.error_text
        self.options.setEnabled(not controller.is_running)
        self._bar.show_share(controller.done, max(controller.total, 1))
        self._progress.setText(self._progress_text())
        self._show_buttons()
        self._show_news()

    def _progress_text(self) -> str:
        controller = self._controller
        if not controller.total:
            return "Starting …" if controller.is_running else ""
        left = "" if controller.remaining_s is None else f", about {format_rough_time(controller.remaining_s)} left"
        paused = "" if controller.is_running or controller.done == controller.total else ", paused"
        return f"{controller.done:,} of {controller.total:,}{left}{paused}"

    def _show_buttons(self) -> None:
        is_running, has_study = self._controller.is_running, self._controller.study is not None
        self.start_button.setText("&Pause" if is_running else "&Start")
        self.start_button.setToolTip(PAUSE_TIP if is_running else START_TIP)
        self.start_button.setEnabled(is_running or self.options.is_complete)
        self.copy_button.setEnabled(has_study)
        self.export_button.setEnabled(has_study)

    def _show_plot(self) -> None:
        controller = self._controller
        message = WAITING if controller.is_running else EMPTY
        self.plot.show_metric(
            controller.study, controller.choice.methods, self.table.drawn_metric, self.table.selected_method(), message
        )

    def _show_news(self) -> None:
        """Show an error, else what was done last, else the legend; and what the study leaves out of the pairs."""
        error_text = self._controller.error_text
        palette = self.palette()
        if error_text:
            palette.setColor(QPalette.ColorRole.WindowText, error_colour(palette))
        self._news.setPalette(palette)
        study = self._controller.study
        self._news.setText(error_text or self._message or (LEGEND if study else ""))
        self.notes.setText("" if study is None else " ".join(study.notes))
        self.notes.setVisible(bool(self.notes.text()))

    def _on_start_clicked(self) -> None:
        self._message = ""
        if self._controller.is_running:
            self._controller.pause()
        else:
            self._controller.start(self.options.choice())

    def _copy(self, ending: str) -> None:
        QGuiApplication.clipboard().setText(self._controller.format_table(ending))
        self._show_message("Copied.")

    def _on_export_clicked(self) -> None:
        folder = self._controller.written_to or self._controller.study_folder or Path.home()
        path = ask_path(self, "Export study", folder / "study.csv", names_by_ending(STUDY_FORMATS))
        if path is not None:
            self._controller.write(path)

    def _on_written(self, path: Path) -> None:
        self._file = path
        self._show_message(f"Saved {path}.")
        self.folder_button.show()

    def _on_folder_clicked(self) -> None:
        if self._file is not None:
            show_in_folder(self._file)

    def _show_message(self, message: str) -> None:
        self._message = message
        self._show_news()
