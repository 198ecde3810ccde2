"""Pictures on their way to the screen, and what is selected once they are there."""

from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Selection, carried_rows
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.storage.samples import SampleObject

Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PendingPicture:
    """What the next explanation brings with it: its picture, what is selected or objects of which one is, and notes."""

    canvas_picture: CanvasPicture
    objects: tuple[SampleObject, ...] = ()
    notes: tuple[str, ...] = ()
    selection: Selection | None = None


def selection_after(
    opening: PendingPicture | None, before: Explanation | None, selection: Selection, after: Explanation
) -> Selection:
    """Return what is selected in ``after``: what its ``opening`` brings, else the same words as ``before``.

    Without an ``opening`` the picture is the same one, and the regions stay, too.
    """
    if opening is not None and opening.selection is not None:
        brought = opening.selection
        return replace(brought, rows=tuple(row for row in brought.rows if row < len(after.tokens)))
    if opening is not None and opening.objects:
        return Selection(object_rows(after, opening.objects))
    if before is None:
        return replace(selection, rows=())
    rows = carried_rows(before.caption, selection.rows, after.caption)
    return Selection(rows) if opening is not None else replace(selection, rows=rows)


def object_rows(explanation: Explanation, objects: tuple[SampleObject, ...]) -> Rows:
    """Return the rows of the first object named by the caption whose heat is easily read, else of the first named.

    Easily read: its words add to the score, and their strongest patch adds to it and lies in the object's box.
    """
    named = []
    for thing in objects:
        with suppress(CaptionError):  # the caption is partly wrong, or has become another
            named.append((explanation.caption.rows_of(thing.words), thing.box))
    easy = [rows for rows, box in named if _is_easily_read(explanation, rows, box)]
    return next(iter([*easy, *(rows for rows, _ in named)]), ())


def _is_easily_read(explanation: Explanation, rows: Rows, box: Box) -> bool:
    heat = explanation.interactions.patch_heat(rows)
    row, column = np.unravel_index(int(np.abs(heat).argmax()), heat.shape)
    x, y = explanation.geometry.patch_centre(int(row), int(column))
    x0, y0, x1, y1 = box
    return bool(heat.sum() > 0 and heat[row, column] > 0 and x0 <= x < x1 and y0 <= y < y1)
