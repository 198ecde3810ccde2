"""Asks where to save a file, so that its ending and the chosen kind agree and nothing is lost unasked."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_path(parent: QWidget, title: str, suggested: Path, kinds: Mapping[str, str]) -> Path | None:
    """Return where to save, or None; ``kinds`` maps endings to their names, ``suggested`` has one of them.

    The kind chosen in the dialog decides the ending, unless the name was given another known one.
    """
    filters = {f"{name} (*{ending})": ending for ending, name in kinds.items()}
    first = next(told for told, ending in filters.items() if ending == suggested.suffix.lower())
    answer, chosen = QFileDialog.getSaveFileName(parent, title, str(suggested), ";;".join(filters), first)
    if not answer:
        return None
    typed = Path(answer)
    path = with_kind(typed, filters.get(chosen, suggested.suffix), suggested.suffix, kinds)
    if path != typed and path.exists() and not _replaces(parent, title, path):
        return None
    return path


def with_kind(typed: Path, chosen: str, suggested: str, kinds: Mapping[str, str]) -> Path:
    """Return ``typed`` with the ending it was given, or else the ``chosen`` one; that of ``suggested`` is not given."""
    ending = typed.suffix.lower()
    if ending not in kinds:
        return typed.with_name(typed.name + chosen)
    return typed.with_suffix(chosen) if ending == suggested.lower() != chosen else typed


def _replaces(parent: QWidget, title: str, path: Path) -> bool:
    """Ask whether to replace a file: the dialog asked of the name before it got its ending."""
    buttons = QMessageBox.StandardButton
    return QMessageBox.question(parent, title, f"{path.name} exists. Replace it?") == buttons.Yes
