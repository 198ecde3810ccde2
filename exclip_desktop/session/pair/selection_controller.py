"""Turns selections into state and undo steps. Nothing here reaches the worker."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.selection import Preview, Region, Selection, carry_rows
from exclip_desktop.session.state import State
from exclip_desktop.session.undo import MergeKind, ReplaceStep

Rows = tuple[int, ...]
Regions = tuple[Region, ...]


class SelectionController(QObject):
    """Handles selection intents: live ones change the state only, committed ones become undo steps.

    Signals:
        region_drawn(index): a region was added by a gesture.

    """

    region_drawn = Signal(int)

    def __init__(self, state: State, undo: QUndoStack, parent: QObject | None = None) -> None:
        """Change ``state``, and push steps to ``undo``."""
        super().__init__(parent)
        self._state, self._undo = state, undo
        self._last_nudge: tuple[str, int] | None = None

    def show_rows(self, rows: Rows) -> None:
        """Select tokens during a gesture."""
        self._state.change(selection=replace(self._state.selection, rows=self._existing(rows)))

    def commit_rows(self, before: Rows, after: Rows) -> None:
        """Select tokens at the end of a gesture."""
        selection = self._state.selection
        self.commit_selection(
            "select words", replace(selection, rows=before), replace(selection, rows=after), MergeKind.WORDS
        )

    def widen_rows(self, before: Rows, after: Rows) -> None:
        """Select more tokens by the second click of a double click, as one undo step with the first."""
        selection = self._state.selection
        change = replace(selection, rows=before), replace(selection, rows=after)
        self.commit_selection("select words", *change, MergeKind.WORDS, joins=True)

    def show_regions(self, regions: Regions) -> None:
        """Draw, move or resize regions during a gesture."""
        self._state.change(selection=replace(self._state.selection, regions=regions))

    def commit_regions(self, before: Regions, after: Regions, what: str) -> None:
        """Change regions at the end of a gesture; ``what`` names the undo step."""
        selection = self._state.selection
        self.commit_selection(what, replace(selection, regions=before), replace(selection, regions=after))
        if len(after) == len(before) + 1:
            self.region_drawn.emit(len(before))

    def nudge_regions(self, before: Regions, after: Regions, what: str, index: int) -> None:
        """Move or resize the region at ``index`` by a key; repeated within a short time, it is one undo step."""
        selection, nudge = self._state.selection, (what, index)
        change = replace(selection, regions=before), replace(selection, regions=after)
        self.commit_selection(what, *change, MergeKind.NUDGES, joins=nudge == self._last_nudge)
        self._last_nudge = nudge
        self.choose_region(index)

    def choose_region(self, index: int | None) -> None:
        """Make a region the current one; None: none of them."""
        self._state.change(current_region=index)

    def hover_rows(self, rows: Rows) -> None:
        """Preview a word; () ends the preview."""
        self._state.change(preview=replace(self._state.preview, rows=self._existing(rows)))

    def hover_patch(self, patch: tuple[int, int] | None) -> None:
        """Preview a patch (row, column); None ends the preview."""
        self._state.change(preview=replace(self._state.preview, patch=patch))

    def clear(self) -> None:
        """Clear the selection."""
        self.commit_selection("clear selection", self._state.selection, Selection())

    def escape(self) -> None:
        """Show the heat again where something else is shown instead; else clear the selection."""
        if self._state.heat_mode is not None:
            self._state.change(heat_mode=None)
        else:
            self.clear()

    def select_all_words(self) -> None:
        """Select every word of the caption."""
        if self._state.explanation is not None:
            self.commit_rows(self._state.selection.rows, self._state.explanation.caption.content_rows)

    def choose_pair(self, rows: Rows, patch: tuple[int, int]) -> None:
        """Select a word and a patch (row, column) together."""
        explanation = self._state.explanation
        if explanation is not None:
            region = Region(explanation.geometry.patch_box(*patch))
            self.commit_selection("select pair", self._state.selection, Selection(rows, (region,)))

    def commit_selection(
        self, text: str, before: Selection, after: Selection, kind: MergeKind = MergeKind.ALONE, *, joins: bool = False
    ) -> None:
        """Change the selection as an undo step named ``text``; see ``ReplaceStep`` for ``kind`` and ``joins``."""
        self._state.change(preview=Preview())
        before, after = (replace(one, rows=self._existing(one.rows)) for one in (before, after))
        if before == after:
            self._put((after, self._caption))
        else:
            values = (before, self._caption), (after, self._caption)
            self._undo.push(ReplaceStep(text, self._put, *values, kind, joins=joins))

    @property
    def _caption(self) -> Caption | None:
        explanation = self._state.explanation
        return None if explanation is None else explanation.caption

    def _existing(self, rows: Rows) -> Rows:
        """Return the rows that the caption on screen has: a gesture or menu may have begun on a longer one."""
        caption = self._caption
        return rows if caption is None else tuple(row for row in rows if row < len(caption.tokens))

    def _put(self, chosen: tuple[Selection, Caption | None]) -> None:
        """Show a selection made in its own caption; words that the caption on screen lacks are left out."""
        selection, before = chosen
        after = self._caption
        rows = carry_rows(before, selection.rows, after) if before is not None and after is not None else ()
        self._state.change(selection=replace(selection, rows=rows))
