"""The upper part of the figure: the picture with its heat and regions, and the colour bar."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.core.maths.colour import choose_ink, interpolate, lookup_table, to_rgb
from exclip_desktop.core.maths.mask_outlines import drawn_lines
from exclip_desktop.core.maths.picture_parts import PART_COLOURS
from exclip_desktop.core.text.number_format import format_digits
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region
from exclip_desktop.render.figure_options import DrawnParts, FigureOptions

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]
GREY: Final = np.array([0.2126, 0.7152, 0.0722])
SHADE: Final = (0.094, 0.094, 0.094, 0.376)
STRIPES: Final = (1, 1, 1, 0.376)
SMOOTH_PX: Final = 1024  # of the longer side: finer steps are not visible
NAME_PT: Final = 9
NAME_ROOM_IN: Final = 0.28
NAME_GROUND: Final = (0.08, 0.08, 0.08, 0.78)

PART_TINT: Final = 0.43  # opacity


def draw_picture(axes: Axes, pixels: Pixels, options: FigureOptions, largest_px: int) -> None:
    """Show the picture in its own pixels, greyed where heat lies over it, and no finer than ``largest_px``."""
    height, width = pixels.shape[:2]
    image = _shrink(pixels, largest_px)
    if options.grey and (options.heat or options.parts is not None):
        image = np.rint(image @ GREY).astype(np.uint8)[..., None].repeat(3, axis=2)
    axes.imshow(image, extent=(0, width, height, 0), interpolation="bilinear")
    axes.set_axis_off()


def heat_rgba(values: Floats, limit: float, options: FigureOptions) -> Floats:
    """Colour the values of patches (grid_h, grid_w) on −limit … limit: sRGB and opacity in [0, 1], (h, w, 4).

    One pixel per patch, or many where ``options.smooth``.
    """
    pixels = interpolate(values, -(-SMOOTH_PX // max(values.shape))) if options.smooth else values
    strength = np.clip(np.abs(pixels) / limit, 0, 1) if options.drawing == "magnitude" else np.ones(pixels.shape)
    return np.dstack([to_rgb(pixels, limit, options.colours), options.opacity * strength])


def draw_heat(axes: Axes, values: Floats, limit: float, geometry: Geometry, options: FigureOptions) -> None:
    """Draw the heat (grid_h, grid_w) exactly where the patches lie."""
    x0, y0, x1, y1 = geometry.visible
    rgba = np.rint(heat_rgba(values, limit, options) * 255).astype(np.uint8)  # less memory in large figures
    axes.imshow(
        rgba,
        extent=(x0, x1, y1, y0),
        interpolation="bilinear" if options.smooth else "nearest",
    )


def draw_unseen(axes: Axes, geometry: Geometry) -> None:
    """Hatch the area that the model does not see, and limit the axes to the picture."""
    width, height = geometry.source_size
    x0, y0, x1, y1 = geometry.visible
    parts = (0, 0, x0, height), (x1, 0, width, height), (x0, 0, x1, y0), (x0, y1, x1, height)
    for left, top, right, bottom in parts:
        if right - left > 0.5 and bottom - top > 0.5:
            place = (left, top), right - left, bottom - top
            axes.add_patch(Rectangle(*place, facecolor=SHADE, edgecolor=STRIPES, hatch="////", linewidth=0))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)


def draw_regions(axes: Axes, regions: tuple[Region, ...]) -> None:
    """Outline the regions, black on white so that they show on any picture; subtracted ones dashed."""
    for region in regions:
        style: Any = (0, (4, 2.5)) if region.subtract else "-"
        for corners in drawn_lines(region.outline or _corners(region)):
            axes.add_patch(Polygon(corners, fill=False, edgecolor="white", linewidth=3.5, joinstyle="miter"))
            axes.add_patch(
                Polygon(corners, fill=False, edgecolor="black", linewidth=1.5, linestyle=style, joinstyle="miter")
            )
        if region.name:
            _draw_name(axes, region)


def draw_parts(axes: Axes, parts: DrawnParts, *, tinted: bool) -> None:
    """Outline the parts in their colours, with their numbers; ``tinted``: and fill them."""
    for place, (region, at) in enumerate(zip(parts.regions, parts.places, strict=True)):
        rgb = np.array(PART_COLOURS[place % len(PART_COLOURS)]) / 255
        colour = tuple(rgb.tolist())
        if tinted:
            axes.add_patch(Polygon(region.outline, facecolor=(*colour, PART_TINT), edgecolor="none"))
        for corners in drawn_lines(region.outline):
            axes.add_patch(Polygon(corners, fill=False, edgecolor="white", linewidth=2.5, joinstyle="miter"))
            axes.add_patch(Polygon(corners, fill=False, edgecolor=colour, linewidth=1.5, joinstyle="miter"))
        ground = {"boxstyle": "circle,pad=0.25", "facecolor": colour, "edgecolor": "white", "linewidth": 0.5}
        axes.text(*at, str(place + 1), fontsize=7, color=choose_ink(rgb), ha="center", va="center", bbox=ground)


def draw_bar(axes: Axes, limit: float, largest: float, colours: str) -> None:
    """Draw the colour bar with its numbers, and with tips where values exceed its ends."""
    mappable = ScalarMappable(Normalize(-limit, limit), ListedColormap(lookup_table(colours)))
    ticks = [-limit, -limit / 2, 0, limit / 2, limit]
    beyond = "both" if largest > limit * (1 + 1e-9) else "neither"
    bar = axes.figure.colorbar(mappable, cax=axes, ticks=ticks, extend=beyond)
    bar.ax.set_yticklabels([format_digits(value, 2) for value in ticks])
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_linewidth(0.4)


def _shrink(pixels: Pixels, largest_px: int) -> Pixels:
    height, width = pixels.shape[:2]
    share = largest_px / max(height, width)
    if share >= 1:
        return pixels
    size = max(1, round(width * share)), max(1, round(height * share))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def _corners(region: Region) -> tuple[tuple[float, float], ...]:
    x0, y0, x1, y1 = region.box
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def _draw_name(axes: Axes, region: Region) -> None:
    """Write the name above the region's upper left corner, or inside where there is no room."""
    axes.apply_aspect()  # else the axes do not know yet how high they are
    left, right, bottom, top = *axes.get_xlim(), *axes.get_ylim()
    x, y = np.clip(region.box[0], left, right), np.clip(region.box[1], top, bottom)
    room_in = axes.bbox.height / axes.figure.dpi * (y - top) / (bottom - top)
    above = room_in > NAME_ROOM_IN
    axes.annotate(
        region.name,
        (float(x), float(y)),
        (2.5, 6 if above else -6),
        textcoords="offset points",
        fontsize=NAME_PT,
        color="white",
        ha="left",
        va="bottom" if above else "top",
        clip_on=True,
        parse_math=False,
        bbox={"boxstyle": "round,pad=0.25,rounding_size=0.2", "facecolor": NAME_GROUND, "edgecolor": "none"},
    )
