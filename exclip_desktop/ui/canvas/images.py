"""Between Qt's pictures and arrays."""

import numpy as np
from PIL import Image
from PySide6.QtGui import QImage

from exclip_desktop.storage.pictures import Picture, read_picture


def picture_of(image: QImage) -> Picture:
    """Return the image as a picture; transparent parts are laid on white. Any thread may call it.

    Pillow converts, for it lets other threads run meanwhile; Qt's own conversions hold Python's lock.

    Raises:
        PictureError: the picture is too large.

    """
    clear = image.hasAlphaChannel()
    flat = image.convertToFormat(QImage.Format.Format_ARGB32 if clear else QImage.Format.Format_RGB32)
    mode, order = ("RGBA", "BGRA") if clear else ("RGB", "BGRX")
    data, size = np.frombuffer(flat.constBits(), np.uint8), (flat.width(), flat.height())
    return read_picture(Image.frombuffer(mode, size, data, "raw", order, flat.bytesPerLine(), 1))
