"""Boxes as annotation tools write them, as values that ``storage.regions.region_from_value`` reads.

Every function returns an object with ``box`` in source pixels and ``name``; a value that is no number is passed on, and
``region_from_value`` names it.
"""

from collections.abc import Sequence
from typing import Any

Size = tuple[int, int]
Value = dict[str, Any]


def corner_box(box: Any, name: object = "") -> Value:
    """Return COCO's box: x, y of the upper left corner, width and height, in pixels."""
    x, y, width, height = _numbers(box, 4)
    return {"box": [x, y, x + width, y + height], "name": _name(name)}


def fraction_box(box: Any, size: Size, name: object = "") -> Value:
    """Return a box of x, y of the upper left corner, width and height, as fractions of a picture of ``size``."""
    x, y, width, height = _numbers(box, 4)
    return {"box": _scaled((x, y, x + width, y + height), size), "name": _name(name)}


def centre_box(box: Any, size: Size, name: object = "") -> Value:
    """Return YOLO's box: x, y of the centre, width and height, as fractions of a picture of ``size``."""
    x, y, width, height = _numbers(box, 4)
    return fraction_box((x - width / 2, y - height / 2, width, height), size, name)


def percent_box(value: Any, name: object = "") -> Value:
    """Return Label Studio's box: x, y, width, height in percent of ``original_width`` and ``original_height``."""
    box = [part / 100 for part in _numbers([value[key] for key in ("x", "y", "width", "height")], 4)]
    return fraction_box(box, _original_size(value), name)


def percent_points(value: Any, name: object = "") -> Value:
    """Return the region of Label Studio's polygon: points in percent of ``original_width`` and ``original_height``."""
    points = [[part / 100 for part in _numbers(point, 2)] for point in value["points"]]
    return fraction_points(points, _original_size(value), name)


def _original_size(value: Any) -> Size:
    width, height = _numbers((value["original_width"], value["original_height"]), 2)
    return int(width), int(height)


def points_box(points: Any, name: object = "") -> Value:
    """Return the region of two opposite corners, or inside three and more; a rectangle becomes a box."""
    corners = [tuple(_numbers(point, 2)) for point in points]
    if len(corners) < 2:
        raise ValueError("a shape has at least two points")
    xs, ys = sorted({x for x, _ in corners}), sorted({y for _, y in corners})
    value = {"box": [xs[0], ys[0], xs[-1], ys[-1]], "name": _name(name)}
    is_rectangle = len(corners) == 2 or (len(xs) == len(ys) == 2 and len(set(corners)) == 4)
    return value if is_rectangle else {**value, "outline": [list(corner) for corner in corners]}


def fraction_points(points: Any, size: Size, name: object = "") -> Value:
    """Return the region inside points that are fractions of a picture of ``size``."""
    return points_box([_scaled(_numbers(point, 2), size) for point in points], name)


def _scaled(numbers: Sequence[float], size: Size) -> list[float]:
    """Scale x, y, x, y … to pixels, rounded to a ten-thousandth: fractions are written with a few digits."""
    return [round(number * size[at % 2], 4) for at, number in enumerate(numbers)]


def _numbers(values: Any, count: int) -> list[float]:
    """Return numbers; raises ``ValueError`` for anything else."""
    if not isinstance(values, list | tuple) or len(values) != count:
        raise ValueError(f"{count} numbers are expected, not {values!r:.60}")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{value!r:.60} is not a number")
    return list(values)


def _name(name: object) -> str:
    """Return a name as text; a list's first one."""
    if isinstance(name, list | tuple):
        name = name[0] if name else ""
    return "" if name is None else str(name)
