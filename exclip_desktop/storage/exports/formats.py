"""Export formats: tables that the window's dialogs, the command line and the writers read alike.

To add a format, add a row to its table: ``PICTURE_FORMATS`` here, ``NUMBER_FORMATS`` in ``number_files``,
``STUDY_FORMATS`` in ``study_tables``, ``REPORT_FORMATS`` here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeVar

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.storage.atomic import check_writable
from exclip_desktop.storage.exports.finding_pages import (
    ReportItem,
    format_html,
    format_latex,
    format_markdown,
)
from exclip_desktop.storage.exports.finding_tables import format_csv, format_jsonl
from exclip_desktop.storage.formula_cells import Formulas
from exclip_desktop.storage.pair_lists.writers import WRITERS
from exclip_desktop.storage.project.finding_rows import FindingQuery


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
    return _join([one.ending for one in formats])


def list_kinds(formats: Sequence[ExportFormat]) -> str:
    """Return the kinds of files in words: "PNG, SVG or PDF"."""
    return _join([one.ending[1:].upper() for one in formats])


def _join(words: Sequence[str]) -> str:
    *first, last = words
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


@dataclass(frozen=True, slots=True)
class ReportFormat(ExportFormat):
    """A format of findings.

    Attributes:
        kind: a page of all findings with their pictures, a figure that matplotlib draws, a table, or a pair list.
        write_page: returns a page's text from title, findings, and the folder of its pictures, relative to the page.
        has_folder: whether a page's pictures are files in a folder; otherwise the page contains them.
        write_table: returns a table's text.
        list_format: the key of a writer of pair lists, which the ending alone does not choose; empty for the others.

    """

    kind: Literal["page", "figure", "table", "pair list"] = "figure"
    write_page: Callable[[str, Sequence[ReportItem], str], str] = lambda *_: ""
    has_folder: bool = False
    write_table: Callable[[Iterable[Finding], Formulas], str] = lambda _, __: ""
    list_format: str = ""
    formulas: Formulas = "escape"

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder with copies of the pictures."""
        return not self.ending


REPORT_FORMATS: Final = (
    ReportFormat(
        ending=".html",
        name="Web page",
        description="One file with pictures, captions, numbers and notes.",
        kind="page",
        write_page=format_html,
    ),
    ReportFormat(".pdf", "PDF", "Contact sheet on A4, or one figure where a width is chosen."),
    ReportFormat(
        ending=".md",
        name="Markdown",
        description="Text, with its pictures in a folder next to it.",
        kind="page",
        write_page=format_markdown,
        has_folder=True,
    ),
    ReportFormat(
        ending=".tex",
        name="LaTeX",
        description="Figures with coloured captions for a paper, with their pictures in a folder next to it.",
        kind="page",
        write_page=format_latex,
        has_folder=True,
    ),
    ReportFormat(".png", "PNG", "One grid of all pictures, in pixels."),
    ReportFormat(".svg", "SVG", "One grid of all pictures; text stays text."),
    ReportFormat(
        ending=".csv",
        name="CSV",
        description="Every number and setting, one finding per line.",
        kind="table",
        write_table=format_csv,
    ),
    ReportFormat(
        ending=".jsonl",
        name="JSON lines",
        description="Every number and setting, one finding per line.",
        kind="table",
        write_table=format_jsonl,
    ),
    ReportFormat(".json", "COCO boxes", "Regions of findings, and labelled boxes of pictures.", kind="pair list"),
)

LIST_REPORTS: Final = tuple(
    ReportFormat(
        ending="" if one.is_folder else one.endings[0],
        name=one.name,
        description=f"{one.description} With the regions of findings, and labelled boxes.",
        kind="pair list",
        list_format=one.key,
    )
    for one in WRITERS
    if one.format_pairs is None
)
"""Formats of findings as a list of pairs for other programs, chosen by the keys of their writers."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Which findings are exported, and how.

    Attributes:
        query: which findings, and their order.
        only: ids of the findings of ``query`` that are exported; empty: all.
        title: title of a page; empty: the project's name.
        columns, width_in: columns of a figure, and its width in inches; None: the default.
        own_scales: whether each picture of a figure has its own colour range. Pictures of several methods always have.
        list_format: of ``LIST_REPORTS``; empty: the ending of the file chooses one of ``REPORT_FORMATS``.
        formulas: what is done with cells of a CSV that a spreadsheet would take for formulas.

    """

    query: FindingQuery = field(default_factory=FindingQuery)
    only: tuple[int, ...] = ()
    title: str = ""
    columns: int | None = None
    width_in: float | None = None
    own_scales: bool = False
    list_format: str = ""
    formulas: Formulas = "escape"
