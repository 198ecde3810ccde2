"""Regions as plain values for JSON, as pair lists and project files hold them, and back."""

import math
from typing import Any

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Region

EDGES = ("x0", "y0", "x1", "y1")


def region_to_value(region: Region) -> list[float] | dict[str, Any]:
    """Return a region that is a box without a name as a list, any other as an object without its empty fields."""
    value: dict[str, Any] = {"box": list(region.box)}
    if region.name:
        value["name"] = region.name
    if region.outline:
        value["outline"] = [list(point) for point in region.outline]
    if region.subtract:
        value["subtract"] = True
    return value if len(value) > 1 else list(region.box)


def region_from_value(value: Any) -> Region:
    """Return the region of a plain value.

    ``value`` is [x0, y0, x1, y1] in source pixels; the same with a name as its fifth item; or an object with ``box``
    or x0, y0, x1, y1, and optionally ``name`` (``words``, ``label``), ``outline`` (corners of a lasso), ``subtract``.

    Raises:
        ValueError: the value is none of these, or the box is empty; the message names the reason.

    """
    if isinstance(value, list) and len(value) in (4, 5):
        name = value[4] if len(value) == 5 else ""
        return Region(_box(value[:4]), name=_name(name))
    if not isinstance(value, dict):
        raise ValueError("a box is [x0, y0, x1, y1], or an object with box and name")
    if "box" not in value and not any(edge in value for edge in EDGES):
        raise ValueError("a box is [x0, y0, x1, y1], or an object with box and name")
    box = value["box"] if "box" in value else [value.get(edge) for edge in EDGES]
    name = next((value[key] for key in ("name", "words", "label") if value.get(key) is not None), "")
    outline = tuple((_number(x), _number(y)) for x, y in value.get("outline") or ())
    return Region(_box(box), outline, bool(value.get("subtract", False)), _name(name))


def _box(value: Any) -> Box:
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise ValueError("a box has four numbers, x0, y0, x1, y1")
    x0, y0, x1, y1 = map(_number, value)
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"the box {x0:g},{y0:g},{x1:g},{y1:g} is empty; it needs x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number of pixels")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not the name of a box")
    return value
