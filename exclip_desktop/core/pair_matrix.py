"""What a method of the second order beside ours gives: a matrix of a pair, without a ledger."""

from collections.abc import Mapping
from dataclasses import dataclass

from exclip_desktop.core.geometry import Geometry
from exclip_desktop.core.interactions import InteractionMatrix
from exclip_desktop.core.tokens import Caption


@dataclass(frozen=True, slots=True)
class PairMatrix:
    """A method's matrix for a picture and a caption.

    Attributes:
        method: the method's key; ``options`` are all of its options, by name.
        interactions: its values; rows and columns that the method does not define are zero.
        score: the cosine of the pair by the model itself.
        geometry: where the patches lie on the picture.
        caption: the caption, with its tokens.
        model: the model's name.

    """

    method: str
    options: Mapping[str, object]
    interactions: InteractionMatrix
    score: float
    geometry: Geometry
    caption: Caption
    model: str
