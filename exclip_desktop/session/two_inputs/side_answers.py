"""One of two inputs as an answer that a canvas or a strip shows: its heat under the other input's selection."""

from typing import Final

import numpy as np

from exclip_desktop.core.values.answers import MapAnswer, Maps
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Preview, Selection
from exclip_desktop.core.values.two_inputs import PictureSide, TwoInputExplanation, Which

NO_CAPTION: Final = Caption("", (), (), None, 0)
NO_GEOMETRY: Final = Geometry((1, 1), (0.0, 0.0, 1.0, 1.0), (1, 1))


def make_side_answer(explanation: TwoInputExplanation, which: Which, other: Selection, preview: Preview) -> MapAnswer:
    """Return the heat of the input ``which``; ``other`` and ``preview`` are what is selected in the other one."""
    side, heat = explanation.side(which), explanation.heat(which, other, preview)
    if isinstance(side, PictureSide):
        maps, caption, geometry = Maps(heat, None, np.zeros(0, np.bool_)), NO_CAPTION, side.geometry
    else:
        maps, caption, geometry = Maps(np.zeros((1, 1)), heat, side.content), side.caption, NO_GEOMETRY
    return MapAnswer(maps, caption, geometry, explanation.score, "", {})
