"""The visible part of the picture: maps between source pixels and the canvas's logical pixels."""

from dataclasses import dataclass
from typing import Final

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Point

Size = tuple[float, float]
"""(width, height) in logical pixels."""
MARGIN_PX: Final = 10.0  # free margin around a fitted picture
LARGEST_SCALE: Final = 32.0  # logical pixels per source pixel
SMALLEST_SHARE: Final = 0.25  # smallest size of a picture, as a share of the fitted size


@dataclass(frozen=True, slots=True)
class Camera:
    """Position of the view over the picture.

    Attributes:
        scale: logical pixels per source pixel.
        centre: source pixel at the canvas's centre.
        size: size of the canvas in logical pixels.

    """

    scale: float
    centre: Point
    size: Size

    @property
    def visible(self) -> Box:
        """The visible area in source pixels."""
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


def fit_camera(content: Box, size: Size) -> Camera:
    """Return the camera that shows all of ``content`` (source pixels) as large as possible."""
    return Camera(_find_fitting_scale(content, size), _find_middle(content), size)


def place_camera(scale: float, centre: Point, content: Box, size: Size) -> Camera:
    """Return the camera nearest to ``scale`` and ``centre`` that keeps ``content`` visible."""
    least = min(_find_fitting_scale(content, size) * SMALLEST_SHARE, 1.0)
    most = max(LARGEST_SCALE, _find_fitting_scale(content, size))
    x = min(max(centre[0], content[0]), content[2])
    y = min(max(centre[1], content[1]), content[3])
    return Camera(min(max(scale, least), most), (x, y), size)


def zoom_camera(camera: Camera, factor: float, place: Point, content: Box) -> Camera:
    """Return the camera zoomed by ``factor``; the source pixel at ``place`` (logical pixels) stays there."""
    scale = place_camera(camera.scale * factor, camera.centre, content, camera.size).scale
    held, middle = camera.to_source(place), (camera.size[0] / 2, camera.size[1] / 2)
    centre = held[0] + (middle[0] - place[0]) / scale, held[1] + (middle[1] - place[1]) / scale
    return place_camera(scale, centre, content, camera.size)


def pan_camera(camera: Camera, shift: Point, content: Box) -> Camera:
    """Return the camera with the picture shifted by logical pixels."""
    centre = camera.centre[0] - shift[0] / camera.scale, camera.centre[1] - shift[1] / camera.scale
    return place_camera(camera.scale, centre, content, camera.size)


def _find_fitting_scale(content: Box, size: Size) -> float:
    width, height = content[2] - content[0], content[3] - content[1]
    return min(max(size[0] - 2 * MARGIN_PX, 1.0) / width, max(size[1] - 2 * MARGIN_PX, 1.0) / height)


def _find_middle(box: Box) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
