"""Position embeddings for another grid than a model's own."""

from torch import Tensor
from torch.nn import functional


def stretched(positions: Tensor, own: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """Return position embeddings of ``own`` (rows, columns), (own, W), interpolated to ``grid``: (grid, W).

    Bicubic with antialiasing, as open_clip and timm do where they load weights of another resolution.
    """
    plane = positions.T.reshape(1, -1, *own)
    moved = functional.interpolate(plane, size=grid, mode="bicubic", antialias=True, align_corners=False)
    return moved[0].flatten(1).T
