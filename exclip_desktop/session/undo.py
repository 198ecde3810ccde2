"""One kind of undo step: a value that is put back, and put there again."""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QUndoCommand

MERGE_WITHIN_S = 1.5
_MERGING = 1


class Step(QUndoCommand):
    """Replaces a value by calling ``put`` with it; the value may already be there when the step is pushed."""

    def __init__(self, text: str, put: Callable[[Any], None], before: Any, after: Any, *, merges: bool = False) -> None:
        """Name the step as the menu shows it; steps that merge (typing) become one when they follow quickly."""
        super().__init__(text)
        self._put, self._before, self._after, self._merges = put, before, after, merges
        self._made = time.monotonic()

    def redo(self) -> None:
        """Put the later value there."""
        self._put(self._after)

    def undo(self) -> None:
        """Put the earlier value back."""
        self._put(self._before)

    def id(self) -> int:
        """Return which steps may merge."""
        return _MERGING if self._merges else -1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's name
        """Take over a later step of typing."""
        if not isinstance(other, Step) or other._made - self._made > MERGE_WITHIN_S:
            return False
        self._after, self._made = other._after, other._made
        return True
