"""The open project's findings as Qt's model; only those in sight are read."""

from typing import Any, Final

from PySide6.QtCore import QObject, Qt

from exclip_desktop.core.maths.word_patch_pairs import signed
from exclip_desktop.core.method_facts import OURS
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.lists.thumbnail_rows import BELOW_ROLE, TROUBLE_ROLE, Index, ThumbnailRows

PAGE: Final = 64
PAGES_KEPT: Final = 16
Role = Qt.ItemDataRole


class FindingsModel(ThumbnailRows):
    """Rows are the findings of ``query``, in its order.

    Attributes:
        query: which findings, and in which order.

    """

    def __init__(self, findings: ProjectFindings, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(thumbnails, parent)
        self._findings = findings
        self.query = FindingQuery(descending=True)
        self._count = 0
        self._pages: dict[int, list[Finding]] = {}

    def show(self, query: FindingQuery) -> None:
        """Show what a query has, as it is now."""
        self.beginResetModel()
        self.query, self._count = query, self._findings.count(query)
        self._pages.clear()
        self.forget_waiting()
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return how many findings there are."""
        return 0 if parent is not None and parent.isValid() else self._count

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a row shows."""
        finding = self.finding(index.row())
        if finding is None:
            return None
        if role == Role.DisplayRole:
            return finding.view.caption
        if role == Role.DecorationRole:
            return self.thumbnail(str(self._findings.picture_of(finding)), index.row())
        if role == BELOW_ROLE:
            method = "" if finding.view.method == OURS else finding.view.method_name
            parts = (method, finding.rating, *finding.tags, _first_line(finding.note))
            return " · ".join(part for part in parts if part) or signed(finding.numbers.score)
        if role == TROUBLE_ROLE:
            return False
        return _whole(finding) if role in (Role.ToolTipRole, Role.AccessibleTextRole) else None

    def finding(self, row: int) -> Finding | None:
        """Return a row's finding; None where it has gone meanwhile."""
        page = row // PAGE
        if page not in self._pages:
            if len(self._pages) >= PAGES_KEPT:
                self._pages.pop(next(iter(self._pages)))
            self._pages[page] = self._findings.page(self.query, page * PAGE, PAGE)
        within = row % PAGE
        return self._pages[page][within] if within < len(self._pages[page]) else None


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]


def _whole(finding: Finding) -> str:
    view, numbers = finding.view, finding.numbers
    said = " · ".join(part for part in (finding.rating, *finding.tags) if part)
    score = f"score {signed(numbers.score)}, {view.model}, noted {finding.created[:10]}"
    return "\n".join(part for part in (view.caption, view.method_told, said, finding.note, view.picture, score) if part)
