"""Pictures to a model's input, exactly as open_clip does it, and the geometry that follows from it."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import Tensor

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.geometry import Geometry
from exclip_desktop.models.cuts import Cut

LONGEST_PX = 100_000  # of a picture resized to a model's input, before it is cropped


class Preprocess:
    """A model's own preprocessing: resize mode, size, mean and deviation from its config."""

    def __init__(self, config: dict[str, Any], input_size: tuple[int, int]) -> None:
        """Build open_clip's inference transform from ``config`` (a ``preprocess_cfg``) for a tower's input (h, w)."""
        self._transform = image_transform_v2(PreprocessCfg(**config), is_train=False)
        self._mode: str = config["resize_mode"]
        self._input_size = input_size

    def pixels(self, picture: NDArray[np.uint8]) -> Tensor:
        """Return the normalised model input of an RGB picture (H, W, 3) in [0, 255]: float32 (3, h, w)."""
        self._resized(*picture.shape[:2])
        result: Tensor = self._transform(Image.fromarray(picture))
        return result.to(torch.float32)

    def geometry(self, source_size: tuple[int, int], cut: Cut) -> Geometry:
        """Return where a cut tower's patches lie on a picture of ``source_size`` (width, height)."""
        width, height = source_size
        rows, columns = cut.grid
        resized_h, resized_w = self._resized(height, width)
        target_h, target_w = self._input_size
        patch_h, patch_w = cut.patch_size
        y0, y1 = _seen(height, resized_h, target_h, rows * patch_h)
        x0, x1 = _seen(width, resized_w, target_w, columns * patch_w)
        return Geometry(source_size, (x0, y0, x1, y1), (rows, columns))

    def _resized(self, height: int, width: int) -> tuple[int, int]:
        """Return the size after the transform's resize, before its crop or pad; refuse what is no picture any more."""
        resized = self._unchecked(height, width)
        if min(resized) < 1 or max(resized) > LONGEST_PX:
            raise PictureError(f"The picture is too narrow for this model: {width} × {height} pixels.", "Crop it.")
        return resized

    def _unchecked(self, height: int, width: int) -> tuple[int, int]:
        target_h, target_w = self._input_size
        if self._mode == "squash":
            return target_h, target_w
        if self._mode == "shortest" and target_h == target_w:  # torchvision's own rounding
            short, long = min(height, width), max(height, width)
            other = int(target_h * long / short)
            return (target_h, other) if height <= width else (other, target_w)
        pick = max if self._mode == "longest" else min
        ratio = pick(height / target_h, width / target_w)
        return round(height / ratio), round(width / ratio)


def _seen(source: int, resized: int, target: int, covered: int) -> tuple[float, float]:
    """Return the source pixels that the first ``covered`` of ``target`` input pixels show along one axis."""
    first = -((target - resized) // 2) if target > resized else round((resized - target) / 2.0)
    scale = source / resized
    return first * scale, (first + covered) * scale
