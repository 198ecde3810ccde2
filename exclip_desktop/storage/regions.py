"""Regions as plain values for JSON, as pair lists and project files hold them, and back."""

from typing import Annotated, Any, Final

import msgspec

from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.core.inputs.json_documents import describe_mismatch
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Region

EDGES = ("x0", "y0", "x1", "y1")
MOST_PX: Final = 10**9
"""Edges beyond this are no pixels: the largest picture that can be opened has a hundred thousand along a side."""
MOST_NAME: Final = 10_000  # characters

_BOUNDS: Final = msgspec.Meta(ge=-MOST_PX, le=MOST_PX)
Pixels = Annotated[int, _BOUNDS] | Annotated[float, _BOUNDS]
Name = Annotated[str, msgspec.Meta(max_length=MOST_NAME)]


class Corners(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The schema of a box, [x0, y0, x1, y1] in source pixels."""

    x0: Pixels
    y0: Pixels
    x1: Pixels
    y1: Pixels


class Shape(msgspec.Struct, frozen=True):
    """The schema of what a region has beside its box and name: a lasso's corners, and whether it is subtracted."""

    outline: list[tuple[Pixels, Pixels]] | None = None
    subtract: bool | int | None = None


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
        return Region(_box(value[:4]), name=_name(value[4]) if len(value) == 5 else "")
    if not isinstance(value, dict) or ("box" not in value and not any(edge in value for edge in EDGES)):
        raise ValueError("a box is [x0, y0, x1, y1], or an object with box and name")
    box = _box(value["box"] if "box" in value else [value.get(edge) for edge in EDGES])
    name = next((value[key] for key in ("name", "words", "label") if value.get(key) is not None), "")
    if not (value.get("outline") or value.get("subtract")):  # most regions
        return Region(box, name=_name(name))
    try:
        shape = msgspec.convert(value, Shape)
    except msgspec.ValidationError as error:
        raise ValueError(f"a region has a value of the wrong kind ({describe_mismatch(error)})") from error
    return Region(box, tuple(shape.outline or ()), bool(shape.subtract), _name(name))


def _box(value: Any) -> Box:
    try:
        corners = msgspec.convert(value, Corners)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ValueError(_box_fault(value)) from error
    x0, y0, x1, y1 = corners.x0, corners.y0, corners.x1, corners.y1
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"the box {x0:g},{y0:g},{x1:g},{y1:g} is empty; it needs x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def _box_fault(value: Any) -> str:
    """Return why a value is no box."""
    if not isinstance(value, list | tuple) or len(value) != 4:
        return "a box has four numbers, x0, y0, x1, y1"
    wrong = next((one for one in value if not _is_pixels(one)), None)
    return f"{short_repr(wrong)} is not a number of pixels"


def _is_pixels(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -MOST_PX <= value <= MOST_PX


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{short_repr(value)} is not the name of a box")
    if len(value) > MOST_NAME:
        raise ValueError(f"the name of a box has {len(value):,} characters; the limit is {MOST_NAME:,}")
    return value
