"""Between Qt's pictures and arrays."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """Return an RGB array, uint8 (H, W, 3); transparent parts are laid on white."""
    flat = image.convertToFormat(QImage.Format.Format_RGBA8888)
    raw = np.frombuffer(flat.constBits(), np.uint8).reshape(flat.height(), flat.bytesPerLine())
    rgba = raw[:, : 4 * flat.width()].reshape(flat.height(), flat.width(), 4)
    if not image.hasAlphaChannel():
        return np.ascontiguousarray(rgba[..., :3])
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.asarray(np.rint(rgba[..., :3] * alpha + 255 * (1 - alpha)), np.uint8)
