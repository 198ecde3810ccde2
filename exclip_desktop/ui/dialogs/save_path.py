"""Asks where to save a file. Its ending and the chosen kind agree, and no file is replaced without a question."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_path(parent: QWidget, title: str, suggested: Path, kinds: Mapping[str, str]) -> Path | None:
    """Return the path to save to; None if the person cancels.

    ``kinds`` maps endings to their names; ``suggested`` has one of these endings. The kind chosen in the dialog decides
    the ending, unless the typed name has another known one.
    """
    filters = {f"{name} (*{ending})": ending for ending, name in kinds.items()}
    first = next(label for label, ending in filters.items() if ending == suggested.suffix.lower())
    answer, chosen = QFileDialog.getSaveFileName(parent, title, str(suggested), ";;".join(filters), first)
    if not answer:
        return None
    typed = Path(answer)
    path = with_kind(typed, filters.get(chosen, suggested.suffix), suggested.suffix, kinds)
    if path != typed and path.exists() and not _may_replace(parent, title, path):
        return None
    return path


def with_kind(typed: Path, chosen: str, suggested: str, kinds: Mapping[str, str]) -> Path:
    """Return ``typed`` with its own known ending, else with ``chosen``; the ending of ``suggested`` counts as none."""
    ending = typed.suffix.lower()
    if ending not in kinds:
        return typed.with_name(typed.name + chosen)
    return typed.with_suffix(chosen) if ending == suggested.lower() != chosen else typed


def _may_replace(parent: QWidget, title: str, path: Path) -> bool:
    """Ask whether to replace a file; the file dialog checked the name without this ending."""
    buttons = QMessageBox.StandardButton
    return QMessageBox.question(parent, title, f"{path.name} exists. Replace it?") == buttons.Yes
