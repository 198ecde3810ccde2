"""The dialog that chooses the keys of ratings and tags, and what follows a rating."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFormLayout,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.ui.action_table import ACTIONS, RATING, ActionSpec
from exclip_desktop.ui.actions import format_shortcuts, set_shortcuts
from exclip_desktop.ui.widgets.form_dialog import FormDialog

WIDTH_PX: Final = 420
CHOSEN: Final = tuple(spec for spec in ACTIONS if (spec.group == RATING or spec.name == "note") and spec.shortcuts)
"""The actions whose keys a person can choose."""


def apply_keys(actions: Mapping[str, QAction], keys: Mapping[str, str]) -> None:
    """Give the actions the keys that a person chose; the others have those of the action table."""
    for spec in CHOSEN:
        set_shortcuts(actions[spec.name], spec, _own_keys(spec, keys))


def find_conflict(keys: Mapping[str, str]) -> str:
    """Return a sentence on the first key that two actions would have; empty without any."""
    users = {QKeySequence(key): spec for spec in ACTIONS if spec not in CHOSEN for key in spec.shortcuts}
    for spec in CHOSEN:
        for key in _own_keys(spec, keys):
            other = users.setdefault(QKeySequence(key), spec)
            if other is not spec:
                return f"{format_shortcuts((key,))} is the key of “{other.text}” already."
    return ""


def _own_keys(spec: ActionSpec, keys: Mapping[str, str]) -> tuple[str, ...]:
    return (keys[spec.name],) if keys.get(spec.name) else spec.shortcuts


class RatingKeysDialog(FormDialog):
    """Asks for the key of each rating, of tags and of the walk by ratings; a key of another action is refused."""

    def __init__(self, keys: Mapping[str, str], goes_on: bool, parent: QWidget | None = None) -> None:
        """Start with the chosen ``keys``, by the action's name, and whether a rating shows the next pair."""
        super().__init__(parent)
        self.setWindowTitle("Rating keys")
        self._fields = {spec.name: QKeySequenceEdit() for spec in CHOSEN}
        self._goes_on = QCheckBox("&Go to the next pair after a rating")
        self._goes_on.setChecked(goes_on)
        self._conflict = QLabel(wordWrap=True)
        defaults = QPushButton("De&faults")
        defaults.setToolTip("Restore the keys that the program comes with")
        defaults.clicked.connect(lambda: self._show({}))
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.addButton(defaults, QDialogButtonBox.ButtonRole.ResetRole)
        form = QFormLayout()
        for spec in CHOSEN:
            field = self._fields[spec.name]
            field.setMaximumSequenceLength(1)
            field.setAccessibleName(f"Key of {spec.text.rstrip('…')}")
            field.keySequenceChanged.connect(self._check)
            form.addRow(spec.text.rstrip("…"), field)
        column = QVBoxLayout()
        column.addWidget(self._goes_on)
        column.addLayout(form)
        column.addWidget(self._conflict)
        self._show(keys)
        self.lay_out(column, self._buttons, WIDTH_PX)

    @property
    def goes_on(self) -> bool:
        """Whether the next pair is shown after a rating."""
        return self._goes_on.isChecked()

    def keys(self) -> dict[str, str]:
        """Return the keys that differ from those of the action table, by the action's name."""
        entered = {name: field.keySequence() for name, field in self._fields.items()}
        return {
            spec.name: entered[spec.name].toString(QKeySequence.SequenceFormat.PortableText)
            for spec in CHOSEN
            if not entered[spec.name].isEmpty() and entered[spec.name] != QKeySequence(spec.shortcuts[0])
        }

    def _show(self, keys: Mapping[str, str]) -> None:
        for spec in CHOSEN:
            self._fields[spec.name].setKeySequence(QKeySequence(_own_keys(spec, keys)[0]))
        self._check()

    def _check(self) -> None:
        conflict = find_conflict(self.keys())
        self._conflict.setText(conflict)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not conflict)
