"""What a study is to measure: pairs, methods, metrics, and the folder that keeps it."""

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
from exclip_desktop.core.values.study import RANDOM, name_of, study_methods
from exclip_desktop.session.study.studying import StudyChoice, Studying
from exclip_desktop.ui.widgets.labels import ElidedLabel, wrap_tooltip

WIDTH_PX: Final = 270
NO_FOLDER: Final = "Choose a folder that keeps what is measured."
RANDOM_SAYS: Final = "Heat drawn at random: what every method has to beat."
Role = Qt.ItemDataRole


class StudyOptions(QWidget):
    """Asks what to measure; starts with what was asked for last.

    Signals:
        chosen(): something else is chosen.
    """

    chosen = Signal()

    def __init__(self, studying: Studying, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studying = studying
        self.pairs, self.count = QComboBox(), QSpinBox(minimum=1)
        self.methods = _switches("Methods", {key: (name_of(key), _source(key)) for key in study_methods()})
        self.metrics = _switches("Metrics", {key: (one.name, one.meaning) for key, one in METRICS.items()})
        self._folder = ElidedLabel(16)
        self._lay_out()
        self.show_pairs()
        self._show(studying.choice)
        self.show_folder()
        self.pairs.currentIndexChanged.connect(self._on_pairs_changed)
        for told in (self.count.valueChanged, self.methods.itemChanged, self.metrics.itemChanged):
            told.connect(lambda _: self.chosen.emit())

    def choice(self) -> StudyChoice:
        """Return what is chosen."""
        return StudyChoice(bool(self.pairs.currentData()), self.count.value(), _on(self.methods), _on(self.metrics))

    @property
    def is_whole(self) -> bool:
        """Whether at least one method and one metric are chosen, and a folder."""
        return bool(_on(self.methods) and _on(self.metrics)) and self._studying.folder is not None

    def show_pairs(self) -> None:
        """Offer the bundled scenes, and the open list if there is one."""
        kept = bool(self.pairs.currentData()), self.count.value()
        self.pairs.blockSignals(True)
        self.pairs.clear()
        self.pairs.addItem("The bundled scenes", False)
        if self._studying.list_name:
            self.pairs.addItem(self._studying.list_name, True)
        self.pairs.setCurrentIndex(max(self.pairs.findData(kept[0]), 0))
        self.pairs.blockSignals(False)
        self._limit()
        self.count.setValue(kept[1])

    def show_folder(self) -> None:
        """Say which folder keeps the study on screen, else all of them."""
        folder = self._studying.kept_in or self._studying.folder
        self._folder.show_text(NO_FOLDER if folder is None else str(folder))
        self._folder.setToolTip(NO_FOLDER if folder is None else str(folder))

    def _lay_out(self) -> None:
        self.pairs.setAccessibleName("Pairs")
        self.count.setAccessibleName("How many pairs")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Pairs", self.pairs)
        form.addRow("The &first", self.count)
        browse = QPushButton("Fol&der…", autoDefault=False)
        browse.setToolTip("Choose where what is measured is kept")
        browse.clicked.connect(self._on_browse_clicked)
        keeping = QHBoxLayout()
        keeping.addWidget(self._folder, 1)
        keeping.addWidget(browse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        for title, switches, share in (("&Methods", self.methods, 3), ("Metri&cs", self.metrics, 2)):
            label = QLabel(title)
            label.setBuddy(switches)
            column.addWidget(label)
            column.addWidget(switches, share)
        column.addWidget(QLabel("Kept in"))
        column.addLayout(keeping)
        self.setFixedWidth(WIDTH_PX)

    def _show(self, choice: StudyChoice) -> None:
        self.pairs.setCurrentIndex(max(self.pairs.findData(choice.listed), 0))
        self._limit()
        self.count.setValue(choice.count)
        for switches, keys in ((self.methods, choice.methods), (self.metrics, choice.metrics)):
            for item in _items(switches):
                item.setCheckState(
                    Qt.CheckState.Checked if item.data(Role.UserRole) in keys else Qt.CheckState.Unchecked
                )

    def _limit(self) -> None:
        there = self._studying.available(bool(self.pairs.currentData()))
        self.count.setMaximum(there)
        self.count.setSuffix(f" of {there:,}")

    def _on_pairs_changed(self) -> None:
        self._limit()
        self.chosen.emit()

    def _on_browse_clicked(self) -> None:
        start = str(self._studying.folder or Path.home())
        folder = QFileDialog.getExistingDirectory(self, "Keep studies in", start)
        if folder:
            self._studying.keep_in(Path(folder))


def _switches(name: str, entries: dict[str, tuple[str, str]]) -> QListWidget:
    """Return a list of switches; ``entries`` are names and tooltips by key."""
    made = QListWidget()
    made.setAccessibleName(name)
    for key, (told, tip) in entries.items():
        item = QListWidgetItem(told, made)
        item.setData(Role.UserRole, key)
        item.setToolTip(wrap_tooltip(tip))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Unchecked)
    return made


def _items(switches: QListWidget) -> Iterable[QListWidgetItem]:
    return (switches.item(row) for row in range(switches.count()))


def _on(switches: QListWidget) -> tuple[str, ...]:
    """Return the keys of what is switched on."""
    return tuple(item.data(Role.UserRole) for item in _items(switches) if item.checkState() == Qt.CheckState.Checked)


def _source(method: str) -> str:
    if method == RANDOM:
        return RANDOM_SAYS
    facts = all_methods()[method]
    return f"{facts.citation}: {facts.cost}." if facts.citation else f"{facts.cost}."
