"""An undo step that replaces a value."""

import time
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from PySide6.QtGui import QUndoCommand

JOIN_WITHIN_S = 1.5


class MergeKind(IntEnum):
    """Which steps may be merged."""

    ALONE = -1
    TYPING = 1
    WORDS = 2


class ReplaceStep(QUndoCommand):
    """Replaces a value by calling ``put`` with it; the value may already be set when the step is pushed."""

    def __init__(
        self,
        text: str,
        put: Callable[[Any], None],
        before: Any,
        after: Any,
        kind: MergeKind = MergeKind.ALONE,
        *,
        joins: bool = False,
    ) -> None:
        """Name the step as the menu shows it; one that ``joins`` is merged with a step of its kind just before it."""
        super().__init__(text)
        self._put, self._before, self._after, self._kind, self._joins = put, before, after, kind, joins
        self._made = time.monotonic()

    def redo(self) -> None:
        """Put the later value."""
        self._put(self._after)

    def undo(self) -> None:
        """Put the earlier value."""
        self._put(self._before)

    def id(self) -> int:
        """Return the kind, by which Qt merges steps."""
        return self._kind

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's name
        """Absorb a later step that joins."""
        if not isinstance(other, ReplaceStep) or not other._joins or other._made - self._made > JOIN_WITHIN_S:
            return False
        self._after, self._made = other._after, other._made
        return True
