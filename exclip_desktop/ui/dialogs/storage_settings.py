"""The part of the Settings dialog about what stays: the start, the cache, and a project's own matrices."""

from typing import Final

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QWidget,
)

from exclip_desktop.core.text.number_format import format_bytes, format_count
from exclip_desktop.session.saved_places import START_CHOICES
from exclip_desktop.session.session import Session
from exclip_desktop.storage.cache_folder import LEAST_DISK_BYTES

GIGABYTE: Final = 10**9
MOST_GB: Final = 10_000.0
NO_DISK: Final = "Nothing is stored on disk: EXCLIP_CACHE is off."


class StorageSettings:
    """The fields and their sentences; the dialog lays them out, and calls ``save`` when it is accepted.

    Attributes:
        start: what the window does at its start.
        limit_row: the limit of the cache, and a button that empties it; ``limit_hint``: what it would hold, and holds.
        in_project: whether the open project keeps its matrices.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        """Show the settings of ``session``; ``parent`` is the window that confirmations belong to."""
        self._session, self._parent = session, parent
        self._disk: int | None = None
        self.start = QComboBox()
        self.start.setAccessibleName("At start")
        for choice, words in START_CHOICES.items():
            self.start.addItem(words, choice)
        self.start.setCurrentIndex(self.start.findData(session.settings.places.start_choice()))
        results = session.stored_results
        self.limit = QDoubleSpinBox(decimals=2, minimum=LEAST_DISK_BYTES / GIGABYTE, maximum=MOST_GB, suffix=" GB")
        self.limit.setAccessibleName("Cache limit")
        self.limit.setValue(results.limit / GIGABYTE)
        self.empty = QPushButton("Empty…")
        self.empty.setToolTip("Delete the stored results")
        self.limit_hint = QLabel(wordWrap=True)
        self.limit_row = QWidget()
        row = QHBoxLayout(self.limit_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.limit, 1)
        row.addWidget(self.empty)
        self.limit_row.setEnabled(bool(results.limit))
        self.in_project = QCheckBox("Keep the project's matrices next to its file")
        project = session.projects.chosen_project
        self.in_project.setEnabled(project is not None)
        self.in_project.setChecked(results.has_project_folder)
        self.limit.valueChanged.connect(self._show_hint)
        self.empty.clicked.connect(self._on_empty_clicked)
        self._show_hint()
        self._measure()

    @property
    def project_hint(self) -> str:
        """The sentence below the check box."""
        project = self._session.projects.chosen_project
        if project is None:
            return "Open a project first. Then its matrices can be stored next to its file."
        folder = f"{project.path.stem}.matrices"
        return f"In the folder {folder}. Copy it together with the project. It has no limit."

    def save(self) -> None:
        """Apply the settings."""
        results = self._session.stored_results
        self._session.settings.places.save_start_choice(self.start.currentData())
        if results.limit and round(self.limit.value(), 2) != round(results.limit / GIGABYTE, 2):
            results.set_limit(round(self.limit.value() * GIGABYTE))
        results.use_project_folder(self.in_project.isChecked())

    def _measure(self) -> None:
        def then(_: int, disk: int) -> None:
            self._disk = disk
            self._show_hint()

        self._session.stored_results.measure(then)

    def _show_hint(self) -> None:
        results = self._session.stored_results
        if not results.limit:
            self.limit_hint.setText(NO_DISK)
            return
        limit = round(self.limit.value() * GIGABYTE)
        pairs = results.estimate_pairs(limit)
        count = "" if pairs is None else format_count(round_count(pairs), "pair")
        holds = "" if pairs is None else f"{format_bytes(limit)}: about {count} of this model. "
        stored = "" if self._disk is None else f"Stored now: {format_bytes(self._disk)}. "
        self.limit_hint.setText(f"{holds}{stored}The least recently used results are deleted first.")

    def _on_empty_clicked(self) -> None:
        size = "" if self._disk is None else f" ({format_bytes(self._disk)})"
        question = f"Delete all stored results{size}? Pairs are computed again when they are opened."
        buttons = QMessageBox.StandardButton
        if QMessageBox.question(self._parent, "Empty the cache", question) == buttons.Yes:
            self._session.stored_results.clear(self._measure)


def round_count(count: int) -> int:
    """Return a count with two significant digits."""
    unit: int = 10 ** max(len(str(count)) - 2, 0)
    return round(count / unit) * unit
