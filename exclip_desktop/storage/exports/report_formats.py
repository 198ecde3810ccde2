"""What a project's findings can be exported as: pages, figures, tables and COCO boxes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from exclip_desktop.core.values.finding import Finding
from exclip_desktop.storage.exports.finding_pages import (
    ReportItem,
    format_html,
    format_latex,
    format_markdown,
)
from exclip_desktop.storage.exports.finding_tables import format_csv, format_jsonl
from exclip_desktop.storage.exports.formats import ExportFormat
from exclip_desktop.storage.project.finding_rows import FindingQuery


@dataclass(frozen=True, slots=True)
class ReportFormat(ExportFormat):
    """A format of findings.

    Attributes:
        kind: a page of all findings with their pictures, a figure that matplotlib draws, a table, or a pair list.
        write_page: returns a page's text from title, findings, and the folder of its pictures, relative to the page.
        has_folder: whether a page's pictures are files in a folder; otherwise the page contains them.
        write_table: returns a table's text.

    """

    kind: Literal["page", "figure", "table", "pair list"] = "figure"
    write_page: Callable[[str, Sequence[ReportItem], str], str] = lambda *_: ""
    has_folder: bool = False
    write_table: Callable[[Iterable[Finding]], str] = lambda _: ""


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


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Which findings are exported, and how.

    Attributes:
        query: which findings, and their order.
        only: ids of the findings of ``query`` that are exported; empty: all.
        title: title of a page; empty: the project's name.
        columns, width_in: columns of a figure, and its width in inches; None: the default.
        own_scales: whether each picture of a figure has its own colour range. Pictures of several methods always have.

    """

    query: FindingQuery = field(default_factory=FindingQuery)
    only: tuple[int, ...] = ()
    title: str = ""
    columns: int | None = None
    width_in: float | None = None
    own_scales: bool = False
