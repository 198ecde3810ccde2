"""How many panes stand beside each other, so that their pictures are as large as they can be. No Qt."""

from math import ceil
from typing import Final

LEAST_PX: Final = 110.0  # a smaller picture shows nothing: then the grid scrolls
USUAL_PX: Final = 150.0  # the width of a picture where it does


def columns_of(count: int, models: int, room: tuple[float, float], aspect: float, chrome_px: float) -> int:
    """Return how many columns give ``count`` panes the largest pictures.

    Args:
        count: panes, at least one, a multiple of ``models``.
        models: panes of one method, which stay beside each other.
        room: (width, height) of all of them, in logical pixels.
        aspect: width by height of the picture.
        chrome_px: the height of a pane's title and words.

    """
    best = max(
        range(models, count + 1, models), key=lambda columns: _picture_px(count, columns, room, aspect, chrome_px)
    )
    if _picture_px(count, best, room, aspect, chrome_px) >= LEAST_PX:
        return best
    return min(max(int(room[0] // USUAL_PX) // models * models, models), count)


def rows_of(count: int, columns: int) -> int:
    """Return how many rows that makes."""
    return ceil(count / columns)


def _picture_px(count: int, columns: int, room: tuple[float, float], aspect: float, chrome_px: float) -> float:
    """Return the width of a picture, or its height where that is smaller."""
    width, height = room[0] / columns, room[1] / rows_of(count, columns) - chrome_px
    shown = min(width, height * aspect)
    return min(shown, shown / aspect)
