"""Which words a sample opens with."""

from contextlib import suppress

import numpy as np

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.explanation import Explanation
from exclip_desktop.core.geometry import Box
from exclip_desktop.storage.samples import SampleObject

Rows = tuple[int, ...]


def opening_rows(explanation: Explanation, objects: tuple[SampleObject, ...]) -> Rows:
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
