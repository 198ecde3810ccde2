"""Boxes as annotation tools write them, as values that ``storage.regions.region_from_value`` reads.

Every function returns an object with ``box`` in source pixels and ``name``; a value that is no number is passed on, and
``region_from_value`` names it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.storage.regions import MOST_PX

Size = tuple[int, int]
Point = tuple[float, float]
Value = dict[str, Any]
ROUND_CORNERS: Final = 32  # of the outline of an ellipse
DIGITS: Final = 4  # of pixels: fractions are written with a few digits


def corner_box(box: Any, name: object = "") -> Value:
    """Return COCO's box: x, y of the upper left corner, width and height, in pixels."""
    x, y, width, height = _numbers(box, 4)
    return {"box": [x, y, x + width, y + height], "name": _name(name)}


def middle_box(value: Any, name: object = "") -> Value:
    """Return CreateML's box: an object with x, y of the centre, width and height, in pixels."""
    x, y, width, height = _numbers([value[key] for key in ("x", "y", "width", "height")], 4)
    return corner_box([x - width / 2, y - height / 2, width, height], name)


def fraction_box(box: Any, size: Size, name: object = "") -> Value:
    """Return a box of x, y of the upper left corner, width and height, as fractions of a picture of ``size``."""
    x, y, width, height = _numbers(box, 4)
    return {"box": _scaled((x, y, x + width, y + height), size), "name": _name(name)}


def centre_box(box: Any, size: Size, name: object = "") -> Value:
    """Return YOLO's box: x, y of the centre, width and height, as fractions of a picture of ``size``."""
    x, y, width, height = _numbers(box, 4)
    return fraction_box((x - width / 2, y - height / 2, width, height), size, name)


def percent_shape(value: Any, name: object = "") -> Value:
    """Return Label Studio's shape: a box, ellipse or polygon in percent of ``original_width`` and ``original_height``.

    Its rotation is clockwise, in degrees: of a box around its upper left corner, of an ellipse around its centre.

    Raises:
        KeyError, TypeError, ValueError: it is no shape, or a value is no number.

    """
    size = tuple(map(int, _numbers((value["original_width"], value["original_height"]), 2)))
    degrees = _numbers([value.get("rotation") or 0], 1)[0]
    if "points" in value:
        return points_box([_scaled_percent(point, size, 2) for point in value["points"]], name)
    if "radiusX" in value:
        x, y, across, down = _scaled_percent([value[key] for key in ("x", "y", "radiusX", "radiusY")], size, 4)
        return ellipse_box((x, y), (across, down), degrees, name)
    x, y, width, height = _scaled_percent([value[key] for key in ("x", "y", "width", "height")], size, 4)
    return turned_box((x, y, x + width, y + height), degrees, (x, y), name)


def _scaled_percent(numbers: Any, size: Sequence[int], count: int) -> list[float]:
    return _scaled([number / 100 for number in _numbers(numbers, count)], size)


def turned_box(box: Sequence[float], degrees: float, pivot: Point, name: object = "") -> Value:
    """Return a box x0, y0, x1, y1 that is turned clockwise around a point, in degrees."""
    x0, y0, x1, y1 = box
    if not degrees % 360:
        return {"box": [_rounded(edge) for edge in box], "name": _name(name)}
    return points_box([_turned(corner, degrees, pivot) for corner in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))], name)


def ellipse_box(centre: Point, radii: Point, degrees: float = 0, name: object = "") -> Value:
    """Return the region of an ellipse in pixels, which is turned clockwise around its centre."""
    angles = (2 * math.pi * corner / ROUND_CORNERS for corner in range(ROUND_CORNERS))
    points = [(centre[0] + radii[0] * math.cos(angle), centre[1] + radii[1] * math.sin(angle)) for angle in angles]
    return points_box([_turned(point, degrees, centre) for point in points], name)


def circle_box(points: Any, name: object = "") -> Value:
    """Return the region of a circle as labelme has it: its centre and a point of its edge."""
    (x, y), edge = (_numbers(point, 2) for point in points)
    radius = math.dist((x, y), edge)
    return ellipse_box((x, y), (radius, radius), 0, name)


def _turned(point: Point, degrees: float, pivot: Point) -> list[float]:
    """Return a point after a clockwise turn; y points down."""
    angle, x, y = math.radians(degrees), point[0] - pivot[0], point[1] - pivot[1]
    cos, sin = math.cos(angle), math.sin(angle)
    return [_rounded(pivot[0] + x * cos - y * sin), _rounded(pivot[1] + x * sin + y * cos)]


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


def _scaled(numbers: Sequence[float], size: Sequence[int]) -> list[float]:
    """Scale x, y, x, y … to pixels, rounded."""
    return [_rounded(number * size[at % 2]) for at, number in enumerate(numbers)]


def _rounded(number: float) -> float:
    return round(number, DIGITS)


def _numbers(values: Any, count: int) -> list[float]:
    """Return numbers; raises ``ValueError`` for anything else."""
    if not isinstance(values, list | tuple) or len(values) != count:
        raise ValueError(f"{count} numbers are expected, not {short_repr(values)}")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST_PX <= value <= MOST_PX:
            raise ValueError(f"{short_repr(value)} is not a number that a box can have")
    return list(values)


def _name(name: object) -> str:
    """Return a name as text; a list's first one."""
    if isinstance(name, list | tuple):
        name = name[0] if name else ""
    return "" if name is None else str(name)


def objects_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none for anything else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def or_raw(make: Callable[..., Value], raw: Any, *values: Any) -> Any:
    """Return the value of a box, or what the list writes where that is none: the reader names it in a note."""
    try:
        return make(*values)
    except (KeyError, TypeError, ValueError, OverflowError):
        return raw if isinstance(raw, list) else {"box": raw}


def describe_dropped(kinds: Mapping[str, int]) -> list[str]:
    """Return a sentence on shapes that are no areas, by their kinds and counts; none where there are none."""
    named = ", ".join(f"{count:,} {kind}" if count > 1 else kind for kind, count in sorted(kinds.items()))
    return [f"shapes that are no boxes or outlines, left out: {named}."] if kinds else []
