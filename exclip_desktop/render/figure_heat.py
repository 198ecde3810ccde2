"""Heat as pixels: values of patches to colours and opacity."""

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.colour import interpolate, to_rgb
from exclip_desktop.render.figure_options import FigureOptions

Floats = NDArray[np.float64]
SMOOTH_PX = 1024  # finer than that no one sees a step


def heat_rgba(values: Floats, limit: float, options: FigureOptions) -> Floats:
    """Colour the values of patches (grid_h, grid_w) on −limit … limit: sRGB and opacity in [0, 1], (h, w, 4).

    One pixel per patch, or many where ``options.smooth``.
    """
    shown = interpolate(values, -(-SMOOTH_PX // max(values.shape))) if options.smooth else values
    strength = np.clip(np.abs(shown) / limit, 0, 1) if options.drawing == "magnitude" else np.ones(shown.shape)
    return np.dstack([to_rgb(shown, limit, options.colours), options.opacity * strength])
