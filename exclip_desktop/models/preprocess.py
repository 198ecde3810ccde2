"""Makes a model's input from a picture, exactly as open_clip does, and computes the geometry that follows."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import Tensor

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.values.geometry import Geometry, whole_size
from exclip_desktop.core.values.settings import FRAMINGS, Framing
from exclip_desktop.models.towers.tower_protocols import Cut, PatchGrid

LONGEST_PX = 100_000  # of a picture resized to a model's input, before it is cropped
MODES = {"crop": "shortest", "squash": "squash", "pad": "longest", "whole": "squash"}  # open_clip's names


class Preprocess:
    """A model's own preprocessing, from its config, and other framings with the same mean and deviation."""

    def __init__(self, config: dict[str, Any], input_size: tuple[int, int], unit: tuple[int, int] | None) -> None:
        """Take a ``preprocess_cfg``, the tower's own input size (h, w), and the unit of other sizes, or None."""
        self._config, self._own, self._unit = config, input_size, unit

    @property
    def mean(self) -> tuple[float, float, float]:
        """The mean that is subtracted, of channels in [0, 1]."""
        red, green, blue = self._config["mean"]
        return float(red), float(green), float(blue)

    def framings(self) -> list[Framing]:
        """Return the framings that the model accepts."""
        return [name for name in FRAMINGS if name != "whole" or self._unit is not None]

    def input_size(self, source_size: tuple[int, int], framing: Framing) -> tuple[int, int]:
        """Return the model input's (h, w) for a picture of ``source_size`` (width, height)."""
        if framing != "whole" or self._unit is None:
            return self._own
        return whole_size((source_size[1], source_size[0]), self._own, self._unit)

    def pixels(self, picture: NDArray[np.uint8], framing: Framing = "model") -> Tensor:
        """Return the normalised model input of an RGB picture (H, W, 3) in [0, 255]: float32 (3, h, w)."""
        height, width = picture.shape[:2]
        self._check_resized(height, width, framing)
        size, mode = self.input_size((width, height), framing), self._resize_mode(framing)
        config = PreprocessCfg(**{**self._config, "resize_mode": mode, "size": size})
        result: Tensor = image_transform_v2(config, is_train=False)(Image.fromarray(picture))
        return result.to(torch.float32)

    def geometry(self, source_size: tuple[int, int], cut: Cut | PatchGrid, framing: Framing = "model") -> Geometry:
        """Return the geometry of a cut tower's patches on a picture of ``source_size`` (width, height)."""
        width, height = source_size
        rows, columns = cut.grid
        resized_h, resized_w = self._check_resized(height, width, framing)
        target_h, target_w = self.input_size(source_size, framing)
        patch_h, patch_w = cut.patch_size
        y0, y1 = _compute_visible_range(height, resized_h, target_h, rows * patch_h)
        x0, x1 = _compute_visible_range(width, resized_w, target_w, columns * patch_w)
        return Geometry(source_size, (x0, y0, x1, y1), (rows, columns))

    def _resize_mode(self, framing: Framing) -> str:
        own: str = self._config["resize_mode"]
        return MODES.get(framing, own)

    def _check_resized(self, height: int, width: int, framing: Framing) -> tuple[int, int]:
        """Return the size after the transform's resize, before its crop or pad.

        Raises:
            PictureError: a side would be shorter than a pixel, or too long.

        """
        resized = self._compute_resized(height, width, framing)
        if min(resized) < 1 or max(resized) > LONGEST_PX:
            raise PictureError(f"The picture is too narrow for this model: {width} × {height} pixels.", "Crop it.")
        return resized

    def _compute_resized(self, height: int, width: int, framing: Framing) -> tuple[int, int]:
        target_h, target_w = self.input_size((width, height), framing)
        mode = self._resize_mode(framing)
        if mode == "squash":
            return target_h, target_w
        if mode == "shortest" and target_h == target_w:  # torchvision's own rounding
            short, long = min(height, width), max(height, width)
            other = int(target_h * long / short)
            return (target_h, other) if height <= width else (other, target_w)
        pick = max if mode == "longest" else min
        ratio = pick(height / target_h, width / target_w)
        return round(height / ratio), round(width / ratio)


def _compute_visible_range(source: int, resized: int, target: int, covered: int) -> tuple[float, float]:
    """Return the range of source pixels that the first ``covered`` of ``target`` input pixels show, along one axis."""
    first = -((target - resized) // 2) if target > resized else round((resized - target) / 2.0)
    scale = source / resized
    return first * scale, (first + covered) * scale
