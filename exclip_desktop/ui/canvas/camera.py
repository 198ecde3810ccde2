"""Which part of the picture is on the canvas: the map between source pixels and the canvas's own logical pixels."""

from dataclasses import dataclass
from typing import Final

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Point

Size = tuple[float, float]
"""(width, height) in logical pixels."""
MARGIN_PX: Final = 10.0  # left free around a picture that is fitted
LARGEST_SCALE: Final = 32.0  # logical pixels per source pixel
SMALLEST_SHARE: Final = 0.25  # of the fitted size, below which a picture is hard to find again


@dataclass(frozen=True, slots=True)
class Camera:
    """A place over the picture.

    Attributes:
        scale: logical pixels per source pixel.
        centre: the source pixel at the canvas's centre.
        size: of the canvas, logical pixels.

    """

    scale: float
    centre: Point
    size: Size

    @property
    def visible(self) -> Box:
        """What can be seen, in source pixels."""
        half_width, half_height = self.size[0] / self.scale / 2, self.size[1] / self.scale / 2
        x, y = self.centre
        return x - half_width, y - half_height, x + half_width, y + half_height

    def to_source(self, place: Point) -> Point:
        """Return the source pixel at a logical pixel of the canvas."""
        x0, y0, _, _ = self.visible
        return x0 + place[0] / self.scale, y0 + place[1] / self.scale

    def to_canvas(self, point: Point) -> Point:
        """Return the logical pixel of the canvas where a source pixel is."""
        x0, y0, _, _ = self.visible
        return (point[0] - x0) * self.scale, (point[1] - y0) * self.scale


def fitted(content: Box, size: Size) -> Camera:
    """Return the camera that shows all of ``content`` (source pixels), as large as it goes."""
    return Camera(_fitting_scale(content, size), _middle(content), size)


def placed(scale: float, centre: Point, content: Box, size: Size) -> Camera:
    """Return the camera nearest to what is asked for that does not lose sight of ``content``."""
    least = min(_fitting_scale(content, size) * SMALLEST_SHARE, 1.0)
    most = max(LARGEST_SCALE, _fitting_scale(content, size))
    x = min(max(centre[0], content[0]), content[2])
    y = min(max(centre[1], content[1]), content[3])
    return Camera(min(max(scale, least), most), (x, y), size)


def zoomed(camera: Camera, factor: float, place: Point, content: Box) -> Camera:
    """Return the camera zoomed by ``factor``, with what is at ``place`` (logical pixels) kept there if it can be."""
    scale = placed(camera.scale * factor, camera.centre, content, camera.size).scale
    held, middle = camera.to_source(place), (camera.size[0] / 2, camera.size[1] / 2)
    centre = held[0] + (middle[0] - place[0]) / scale, held[1] + (middle[1] - place[1]) / scale
    return placed(scale, centre, content, camera.size)


def panned(camera: Camera, shift: Point, content: Box) -> Camera:
    """Return the camera with the picture shifted by logical pixels."""
    centre = camera.centre[0] - shift[0] / camera.scale, camera.centre[1] - shift[1] / camera.scale
    return placed(camera.scale, centre, content, camera.size)


def _fitting_scale(content: Box, size: Size) -> float:
    width, height = content[2] - content[0], content[3] - content[1]
    return min(max(size[0] - 2 * MARGIN_PX, 1.0) / width, max(size[1] - 2 * MARGIN_PX, 1.0) / height)


def _middle(box: Box) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
