"""Export formats: tables that the window's dialogs, the command line and the writers read alike.

To add a format, add a row to its table: ``PICTURE_FORMATS`` here, ``NUMBER_FORMATS`` in ``number_files``,
``STUDY_FORMATS`` in ``study_tables``, ``REPORT_FORMATS`` in ``report_formats``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from exclip_desktop.core.errors import OutputError
from exclip_desktop.storage.atomic import check_writable


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format that files are written in.

    Attributes:
        ending: the ending of its files, with the dot, in lower case.
        name: its name in dialogs.
        description: a sentence that says what it holds, or what it is for.

    """

    ending: str
    name: str
    description: str


Format = TypeVar("Format", bound=ExportFormat)

PICTURE_FORMATS: Final = (
    ExportFormat(".png", "PNG", "Pixels. For slides, messages and web pages."),
    ExportFormat(".svg", "SVG", "Sharp at any size. For web pages and drawing programs."),
    ExportFormat(".pdf", "PDF", "Sharp at any size. For papers."),
)
"""Formats of figures, which matplotlib writes."""


def names_by_ending(formats: Sequence[ExportFormat]) -> dict[str, str]:
    """Return the names of formats by their endings, as a file dialog lists them."""
    return {one.ending: one.name for one in formats}


def list_endings(formats: Sequence[ExportFormat]) -> str:
    """Return the endings in words: ".png, .svg or .pdf"."""
    *first, last = (one.ending for one in formats)
    return f"{', '.join(first)} or {last}" if first else last


def format_for(path: Path, formats: Sequence[Format]) -> Format:
    """Return the format of a file, by its ending.

    Raises:
        OutputError: none of ``formats`` has this ending.

    """
    for one in formats:
        if one.ending == path.suffix.lower():
            return one
    endings = ", ".join(one.ending for one in formats)
    raise OutputError(f"{path.name} has no ending this program writes here.", f"Use {endings}.")


def check_path(path: Path, formats: Sequence[ExportFormat]) -> None:
    """Raise ``OutputError`` unless ``path`` has the ending of a format, and a file can be written there."""
    format_for(path, formats)
    check_writable(path)
