"""Regions as plain values for JSON, and back: what lists of pairs and project files hold."""

import math
from typing import Any

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Region

EDGES = ("x0", "y0", "x1", "y1")


def region_as_plain(region: Region) -> list[float] | dict[str, Any]:
    """Return a region without a name as its box, any other as an object; what is empty is left out."""
    told: dict[str, Any] = {"box": list(region.box)}
    if region.name:
        told["name"] = region.name
    if region.outline:
        told["outline"] = [list(point) for point in region.outline]
    if region.subtract:
        told["subtract"] = True
    return told if len(told) > 1 else list(region.box)


def region_of(told: Any) -> Region:
    """Return the region that is told.

    ``told`` is [x0, y0, x1, y1] in source pixels; that with a name behind; or an object with ``box`` or x0, y0, x1, y1,
    and optionally ``name`` (or ``words``, ``label``), ``outline`` (corners of a lasso) and ``subtract``.

    Raises:
        ValueError: it is none of these, or empty; the message says which.

    """
    if isinstance(told, list) and len(told) in (4, 5):
        name = told[4] if len(told) == 5 else ""
        return Region(_box(told[:4]), name=_name(name))
    if not isinstance(told, dict):
        raise ValueError("a box is [x0, y0, x1, y1], or an object with box and name")
    box = told["box"] if "box" in told else [told.get(edge) for edge in EDGES]
    name = next((told[key] for key in ("name", "words", "label") if told.get(key) is not None), "")
    outline = tuple((_number(x), _number(y)) for x, y in told.get("outline") or ())
    return Region(_box(box), outline, bool(told.get("subtract", False)), _name(name))


def _box(told: Any) -> Box:
    if not isinstance(told, list | tuple) or len(told) != 4:
        raise ValueError("a box has four numbers, x0, y0, x1, y1")
    x0, y0, x1, y1 = map(_number, told)
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"the box {x0:g},{y0:g},{x1:g},{y1:g} is empty: x0 < x1 and y0 < y1 are wanted")
    return x0, y0, x1, y1


def _number(told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise ValueError(f"{told!r} is no number of pixels")
    return told


def _name(told: Any) -> str:
    if not isinstance(told, str):
        raise ValueError(f"{told!r} is no name of a box")
    return told
