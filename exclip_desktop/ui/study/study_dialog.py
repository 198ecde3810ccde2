"""A window beside the main one: how faithful methods are, and how well they find what words name, over many pairs."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.text.sizes import format_rough_time
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.study.studying import Studying
from exclip_desktop.storage.exports.formats import names_by_ending
from exclip_desktop.storage.exports.study_tables import STUDY_FORMATS
from exclip_desktop.ui.dialogs.save_path import ask_path
from exclip_desktop.ui.study.study_options import StudyOptions
from exclip_desktop.ui.study.study_plot import StudyPlot
from exclip_desktop.ui.study.study_table import StudyTable
from exclip_desktop.ui.theme import trouble_colour

OPENS_AT_PX: Final = (1160, 720)
LEAST_PX: Final = (860, 560)
EMPTY: Final = "Choose what to measure, and press Start."
WAITING: Final = "The first figures are on their way …"
LEGEND: Final = (
    "Mean ± the wider half of its 95 % interval (bootstrap over pictures). A click on a column draws it, a click on a "
    "row marks its method."
)


class StudyDialog(QDialog):
    """Asks what to measure, and shows table and curves as they grow; closing it stops nothing."""

    def __init__(self, studying: Studying, navigation: PairNavigation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Evaluate methods")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(*LEAST_PX)
        self.resize(*OPENS_AT_PX)
        self._studying, self._said = studying, ""
        self.options, self.table, self.plot = StudyOptions(studying), StudyTable(), StudyPlot()
        self.start = QPushButton("&Start", autoDefault=False)
        self._bar, self._progress, self._says = QProgressBar(textVisible=False), QLabel(), QLabel(wordWrap=True)
        self.copying = QPushButton("Cop&y table", autoDefault=False)
        self.export_controller = QPushButton("&Export…", autoDefault=False)
        self.export_controller.setToolTip("Write the figures or the curves to a file")
        self._lay_out()
        self.start.clicked.connect(self._on_start_clicked)
        self.export_controller.clicked.connect(self._on_export_clicked)
        self.options.chosen.connect(self._show_buttons)
        self.table.metric_chosen.connect(self._show_plot)
        self.table.method_chosen.connect(self._show_plot)
        self.table.copy_asked.connect(lambda: self._copy(".tsv"))
        studying.changed.connect(self._show)
        studying.written.connect(self._on_written)
        navigation.list_changed.connect(self.options.show_pairs)
        self._show()

    def _lay_out(self) -> None:
        self._bar.setAccessibleName("Measured")
        self._bar.setFixedHeight(self._bar.fontMetrics().height())
        self._says.setAccessibleName("News")
        self._says.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        menu = QMenu(self.copying)
        for one in STUDY_FORMATS:
            if one.copied_as:
                menu.addAction(one.copied_as).triggered.connect(lambda _=False, ending=one.ending: self._copy(ending))
        self.copying.setMenu(menu)
        close = QPushButton("Close", autoDefault=False)
        close.setToolTip("What is being measured goes on")
        close.clicked.connect(self.close)
        left = QVBoxLayout()
        left.addWidget(self.options, 1)
        left.addWidget(self.start)
        shown = QSplitter(Qt.Orientation.Vertical)
        shown.addWidget(self.table)
        shown.addWidget(self.plot)
        shown.setStretchFactor(0, 2)
        shown.setStretchFactor(1, 3)
        shown.setChildrenCollapsible(False)
        across = QHBoxLayout()
        across.addWidget(self._bar, 1)
        across.addWidget(self._progress)
        below = QHBoxLayout()
        below.addWidget(self._says, 1)
        for button in (self.copying, self.export_controller, close):
            below.addWidget(button)
        right = QVBoxLayout()
        right.addLayout(across)
        right.addWidget(shown, 1)
        right.addLayout(below)
        row = QHBoxLayout(self)
        row.addLayout(left)
        row.addLayout(right, 1)

    def _show(self) -> None:
        studying = self._studying
        if studying.total or studying.running:
            self.table.show_study(studying.choice.methods, studying.choice.metrics, studying.study)
        self.options.setEnabled(not studying.running)
        self.options.show_folder()
        self._bar.setMaximum(max(studying.total, 1))
        self._bar.setValue(studying.done)
        self._progress.setText(self._told())
        self._show_buttons()
        self._show_plot()
        self._show_says()

    def _told(self) -> str:
        studying = self._studying
        if not studying.total:
            return "Beginning …" if studying.running else ""
        left = "" if studying.left_s is None else f", about {format_rough_time(studying.left_s)} left"
        paused = "" if studying.running or studying.done == studying.total else ", paused"
        return f"{studying.done:,} of {studying.total:,}{left}{paused}"

    def _show_buttons(self) -> None:
        running, there = self._studying.running, self._studying.study is not None
        self.start.setText("&Pause" if running else "&Start")
        self.start.setToolTip("Go on later" if running else "What is measured already is not measured again")
        self.start.setEnabled(running or self.options.is_whole)
        self.copying.setEnabled(there)
        self.export_controller.setEnabled(there)

    def _show_plot(self) -> None:
        studying = self._studying
        says = WAITING if studying.running else EMPTY
        self.plot.show_metric(studying.study, studying.choice.methods, self.table.drawn, self.table.method(), says)

    def _show_says(self) -> None:
        """Say what went wrong, what was done, or what is shown."""
        trouble = self._studying.trouble
        palette = self.palette()
        if trouble:
            palette.setColor(QPalette.ColorRole.WindowText, trouble_colour(palette))
        self._says.setPalette(palette)
        self._says.setText(trouble or self._said or (LEGEND if self._studying.study else ""))

    def _on_start_clicked(self) -> None:
        self._said = ""
        if self._studying.running:
            self._studying.pause()
        else:
            self._studying.start(self.options.choice())

    def _copy(self, ending: str) -> None:
        QGuiApplication.clipboard().setText(self._studying.text(ending))
        self._tell("Copied.")

    def _on_export_clicked(self) -> None:
        folder = self._studying.written_to or self._studying.kept_in or Path.home()
        path = ask_path(self, "Export study", folder / "study.csv", names_by_ending(STUDY_FORMATS))
        if path is not None:
            self._studying.write(path)

    def _on_written(self, path: Path) -> None:
        self._tell(f"Written: {path}")

    def _tell(self, said: str) -> None:
        self._said = said
        self._show_says()
