"""Undo steps that replace a value: of the picture on screen, or of the project."""

import time
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from PySide6.QtGui import QUndoCommand, QUndoStack

JOIN_WITHIN_S = 1.5


class MergeKind(IntEnum):
    """Which steps may be merged."""

    ALONE = -1
    TYPING = 1
    WORDS = 2
    NUDGES = 3


class ReplaceStep(QUndoCommand):
    """Replaces a value by calling ``put`` with it; the value may already be set when the step is pushed.

    The step belongs to the picture on screen: it is dropped when another picture is opened.
    """

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
        self._is_quiet = False

    def redo(self) -> None:
        """Put the later value."""
        if not self._is_quiet:
            self._put(self._after)

    def undo(self) -> None:
        """Put the earlier value."""
        if not self._is_quiet:
            self._put(self._before)

    def id(self) -> int:
        """Return the kind, by which Qt merges steps."""
        return self._kind

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's name
        """Absorb a later step that joins."""
        if not isinstance(other, ReplaceStep) or not other._joins or other._made - self._made > JOIN_WITHIN_S:
            return False
        if other._put != self._put:  # of the other one of two inputs
            return False
        self._after, self._made = other._after, other._made
        other._forget()
        return True

    def _forget(self) -> None:
        """Drop all values. PySide6 6.11 never releases a step that is merged or obsolete while it is pushed."""
        self._put, self._before, self._after = _put_nothing, None, None


def _put_nothing(_: Any) -> None:
    pass


class ProjectStep(ReplaceStep):
    """A step of the project: it stays when another picture is opened, and is dropped with its project."""

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's name
        """Absorb a later step that joins and goes on where this one ends: another pair can be on screen by then."""
        return isinstance(other, ProjectStep) and other._before == self._after and super().mergeWith(other)

    def quiet_copy(self) -> "ProjectStep":
        """Return the same step, quiet: it puts no value until ``wake`` is called."""
        copy = ProjectStep(self.text(), self._put, self._before, self._after, self._kind, joins=self._joins)
        copy._made = self._made
        copy._is_quiet = True
        return copy

    def wake(self) -> None:
        """Put values from now on."""
        self._is_quiet = False


def drop_picture_steps(undo: QUndoStack) -> None:
    """Remove the steps that belong to a picture; those of the project stay, done or undone as they are.

    Qt removes no single steps, so the stack is filled again with copies. Not to be called by a step.
    """
    steps = [undo.command(at) for at in range(undo.count())]
    done = undo.index()
    left = [(step.quiet_copy(), at < done) for at, step in enumerate(steps) if isinstance(step, ProjectStep)]
    if len(left) == len(steps):
        return
    were_blocked = undo.blockSignals(True)
    undo.clear()
    for copy, _ in left:
        undo.push(copy)
    undo.setIndex(sum(is_done for _, is_done in left))
    for copy, _ in left:
        copy.wake()
    undo.blockSignals(were_blocked)
    undo.indexChanged.emit(undo.index())
