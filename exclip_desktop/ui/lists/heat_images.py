"""Heat of listed pairs as images that lie over their thumbnails."""

from collections import OrderedDict
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QImage

from exclip_desktop.core.maths.colour import range_limit
from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail
from exclip_desktop.session.lists.heat_thumbnails import HeatThumbnails
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.heat_item import make_heat_table

CACHED: Final = 1024
OPACITY: Final = 0.9  # of the strongest patch; weak ones are clear, so that the picture is recognised
HeatImage = tuple[QImage, QRectF, bool]
"""An image, the part of the picture that it covers, in fractions, and whether the picture is grey below it."""


class HeatImages(QObject):
    """Colours heat as the window draws it, each pair on its own range.

    Signals:
        made(int): the heat of the pair at this place was found.
        look_changed(): all images look different now.

    """

    made = Signal(int)
    look_changed = Signal()

    def __init__(self, heats: HeatThumbnails, state: State, parent: QObject | None = None) -> None:
        """Draw ``heats`` in the colours of ``state.view``."""
        super().__init__(parent)
        self._heats, self._state = heats, state
        self._images: OrderedDict[int, tuple[HeatThumbnail, HeatImage]] = OrderedDict()  # by place
        self._look = self._current_look
        heats.made.connect(self.made)
        state.view_changed.connect(self._on_view_changed)

    def get(self, place: int) -> HeatImage | None:
        """Return the heat of a pair; None where there is none, heat is hidden, or it is read: ``made`` follows."""
        heat = self._heats.get(place) if self._state.view.heat else None
        if heat is None:
            return None
        cached = self._images.get(place)
        if cached is None or cached[0] is not heat:
            cached = self._images[place] = heat, draw_heat(heat, self._state.view)
            if len(self._images) > CACHED:
                self._images.popitem(last=False)
        return cached[1]

    @property
    def _current_look(self) -> tuple[str, bool, bool]:
        view = self._state.view
        return view.colours, view.heat, view.grey

    def _on_view_changed(self) -> None:
        if self._current_look != self._look:
            self._look = self._current_look
            self._images.clear()
            self.look_changed.emit()


def draw_heat(heat: HeatThumbnail, view: View) -> HeatImage:
    """Return heat as an image in the colours of a view, on its own range."""
    table = make_heat_table(view.colours, "magnitude", OPACITY)
    limit = range_limit(heat.values.astype(np.float64))
    at = np.rint(np.clip((heat.values / limit + 1) / 2, 0, 1) * (len(table) - 1)).astype(np.intp)
    pixels = np.ascontiguousarray(table[at])
    rows, columns = heat.values.shape
    image = QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
    left, top, right, bottom = heat.part
    return image, QRectF(QPointF(left, top), QPointF(right, bottom)), view.grey
