"""Options of a study: pairs, methods, metrics, and the folder that it is saved in."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.values.study import RANDOM, study_method_name, study_methods
from exclip_desktop.session.study.study_controller import StudyChoice, StudyController
from exclip_desktop.ui.widgets.labels import ElidedLabel, wrap_tooltip

WIDTH_PX: Final = 270
NO_FOLDER: Final = "Choose a folder for studies."
RANDOM_SOURCE: Final = "Random heat: the baseline for every method."
Role = Qt.ItemDataRole


class StudyOptions(QWidget):
    """Fields for a ``StudyChoice``; they start with the last one.

    Signals:
        chosen(): the choice has changed.

    """

    chosen = Signal()

    def __init__(self, study_controller: StudyController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = study_controller
        self.pairs, self.count = QComboBox(), QSpinBox(minimum=1)
        self.methods = _make_check_list(
            "Methods", {key: (study_method_name(key), _source(key)) for key in study_methods()}
        )
        self.metrics = _make_check_list("Metrics", {key: (one.name, one.meaning) for key, one in METRICS.items()})
        self._folder = ElidedLabel(16)
        self._lay_out()
        self.show_pairs()
        self._show(study_controller.choice)
        self.show_folder()
        self.pairs.currentIndexChanged.connect(self._on_pairs_changed)
        for changed in (self.count.valueChanged, self.methods.itemChanged, self.metrics.itemChanged):
            changed.connect(lambda _: self.chosen.emit())

    def choice(self) -> StudyChoice:
        """Return the choice."""
        return StudyChoice(
            bool(self.pairs.currentData()), self.count.value(), _checked(self.methods), _checked(self.metrics)
        )

    @property
    def is_complete(self) -> bool:
        """Whether a method, a metric and a folder are chosen."""
        return bool(_checked(self.methods) and _checked(self.metrics)) and self._controller.folder is not None

    def show_pairs(self) -> None:
        """Offer the open list first, if there is one, and the bundled scenes; before a study, choose the first."""
        before, count = self.pairs.currentData(), self.count.value()
        self.pairs.blockSignals(True)
        self.pairs.clear()
        if self._controller.list_name:
            self.pairs.addItem(self._controller.list_name, True)
        self.pairs.addItem("The bundled scenes", False)
        if self._controller.has_started:
            self.pairs.setCurrentIndex(max(self.pairs.findData(before), 0))
        self.pairs.blockSignals(False)
        self._limit()
        self.count.setValue(count)

    def show_folder(self) -> None:
        """Show the folder of the study on screen, else the folder of all studies."""
        folder = self._controller.study_folder or self._controller.folder
        self._folder.show_text(NO_FOLDER if folder is None else str(folder))
        self._folder.setToolTip(NO_FOLDER if folder is None else str(folder))

    def _lay_out(self) -> None:
        self.pairs.setAccessibleName("Pairs")
        self.count.setAccessibleName("Number of pairs")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Pairs", self.pairs)
        form.addRow("The &first", self.count)
        browse = QPushButton("Fol&der…", autoDefault=False)
        browse.setToolTip("Choose the folder that studies are saved in")
        browse.clicked.connect(self._on_browse_clicked)
        folder_row = QHBoxLayout()
        folder_row.addWidget(self._folder, 1)
        folder_row.addWidget(browse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        for title, check_list, share in (("&Methods", self.methods, 3), ("Metri&cs", self.metrics, 2)):
            label = QLabel(title)
            label.setBuddy(check_list)
            column.addWidget(label)
            column.addWidget(check_list, share)
        column.addWidget(QLabel("Saved in"))
        column.addLayout(folder_row)
        self.setFixedWidth(WIDTH_PX)

    def _show(self, choice: StudyChoice) -> None:
        if self._controller.has_started:
            self.pairs.setCurrentIndex(max(self.pairs.findData(choice.from_list), 0))
        self._limit()
        self.count.setValue(choice.count)
        for check_list, keys in ((self.methods, choice.methods), (self.metrics, choice.metrics)):
            for item in _items(check_list):
                item.setCheckState(
                    Qt.CheckState.Checked if item.data(Role.UserRole) in keys else Qt.CheckState.Unchecked
                )

    def _limit(self) -> None:
        available = self._controller.count_pairs(bool(self.pairs.currentData()))
        self.count.setMaximum(available)
        self.count.setSuffix(f" of {available:,}")

    def _on_pairs_changed(self) -> None:
        self._limit()
        self.chosen.emit()

    def _on_browse_clicked(self) -> None:
        start = str(self._controller.folder or Path.home())
        folder = QFileDialog.getExistingDirectory(self, "Save studies in", start)
        if folder:
            self._controller.set_folder(Path(folder))


def _make_check_list(name: str, entries: dict[str, tuple[str, str]]) -> QListWidget:
    """Return a list of check boxes; ``entries`` are names and tooltips by key."""
    made = QListWidget()
    made.setAccessibleName(name)
    for key, (text, tip) in entries.items():
        item = QListWidgetItem(text, made)
        item.setData(Role.UserRole, key)
        item.setToolTip(wrap_tooltip(tip))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Unchecked)
    return made


def _items(check_list: QListWidget) -> Iterable[QListWidgetItem]:
    return (check_list.item(row) for row in range(check_list.count()))


def _checked(check_list: QListWidget) -> tuple[str, ...]:
    """Return the keys of the checked entries."""
    return tuple(item.data(Role.UserRole) for item in _items(check_list) if item.checkState() == Qt.CheckState.Checked)


def _source(method: str) -> str:
    if method == RANDOM:
        return RANDOM_SOURCE
    facts = all_methods()[method]
    return f"{facts.citation}: {facts.cost}." if facts.citation else f"{facts.cost}."
