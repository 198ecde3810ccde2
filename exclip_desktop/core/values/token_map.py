"""The answer of a first-order method: one value per patch, or per token of the caption."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.settings import Framing, Side


@dataclass(frozen=True, slots=True)
class TokenMap:
    """A method's answer for a picture and a caption.

    Attributes:
        method: the method's key; ``options`` are all of its options, by name.
        side: which tokens have values.
        values: float64, (rows, columns) of patches, or (tokens,) of the caption.
        target: the words whose embedding the picture is compared with; of a caption's map, the whole caption.
        score: the cosine of picture and target by the model itself.
        geometry: where the patches lie on the picture.
        caption: the caption, with its tokens.
        model: the model's name; ``weights_sha256`` says which weights it has.
        framing: of the picture.
        device: where it ran; ``versions`` of what it ran with.

    """

    method: str
    options: Mapping[str, object]
    side: Side
    values: NDArray[np.float64]
    target: str
    score: float
    geometry: Geometry
    caption: Caption
    model: str
    weights_sha256: str
    framing: Framing
    device: str
    versions: Mapping[str, str]
