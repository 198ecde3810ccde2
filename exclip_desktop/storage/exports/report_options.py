"""What can be written of a project's findings, and how."""

from dataclasses import dataclass, field
from typing import Final

from exclip_desktop.storage.project.finding_rows import FindingQuery

PAGES: Final = (".html", ".md", ".tex")
FIGURES: Final = (".pdf", ".png", ".svg")
TABLES: Final = (".csv", ".jsonl")
COCO: Final = ".json"
ENDINGS: Final = (*PAGES, *FIGURES, *TABLES, COCO)


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What is written of a project, and how.

    Attributes:
        query: which findings, in which order; ``only``: of those, the ones of these ids; empty: all.
        title: of a page; empty: the project's name.
        columns, width_in: of a figure: pictures beside each other, and its width in inches; None: the usual.
        own_scales: whether each picture of a figure has its own range of colours, as of several methods in any case.

    """

    query: FindingQuery = field(default_factory=FindingQuery)
    only: tuple[int, ...] = ()
    title: str = ""
    columns: int | None = None
    width_in: float | None = None
    own_scales: bool = False
