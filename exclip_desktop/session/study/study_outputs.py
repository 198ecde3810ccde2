"""What leaves the window of a study: its table as text, and its curves, drawn in a process of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.study import Study
from exclip_desktop.session.processes import call_apart
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.study_tables import as_csv, as_latex, as_markdown

TEXTS: Final[dict[str, Callable[[Study], str]]] = {
    ".csv": as_csv,
    ".tsv": lambda study: as_csv(study, "\t"),
    ".md": as_markdown,
    ".tex": as_latex,
}
"""Ending → how the table is written as text."""
KINDS: Final = {
    ".csv": "CSV, the figures",
    ".md": "Markdown, the figures",
    ".tex": "LaTeX, the figures",
    ".svg": "SVG, the curves",
    ".pdf": "PDF, the curves",
    ".png": "PNG, the curves",
}
"""What a study can be exported as."""


def write_study(study: Study, path: Path, cancel: CancelToken) -> Path:
    """Write figures or curves by the path's ending, one of ``KINDS``, and return the path.

    Raises:
        OutputError: it cannot be written, or its ending is none of them.
        Cancelled: the person cancelled.

    """
    ending = path.suffix.lower()
    if ending not in KINDS:
        raise OutputError(f"A study cannot be written as {path.name}.", f"Give an ending: {', '.join(KINDS)}.")
    if ending in TEXTS:
        data = TEXTS[ending](study).encode("utf-8")
    else:
        data = call_apart("exclip_desktop.render.figure_study:study_bytes", (study, ending), cancel)
    write_atomically(path, lambda file: file.write(data))
    return path
