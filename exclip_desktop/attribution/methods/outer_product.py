"""Outer product of two first-order maps: a control of rank one, scaled to sum to the score."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.method_registry import method_by_key, method_keys
from exclip_desktop.core.methods import SecondOrderMethod, option

if TYPE_CHECKING:
    from torch import Tensor

    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import MatrixAnswer
    from exclip_desktop.core.values.settings import Side

NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True)
class OuterProduct:
    """Options: keys of first-order methods."""

    of_picture: str = option("game", "the method that maps the picture", choices=lambda: method_keys("first", "image"))
    of_caption: str = option("game", "the method that maps the caption", choices=lambda: method_keys("first", "text"))


def answer(pair: "Pair", options: OuterProduct) -> "MatrixAnswer":
    """Return the outer product of either method's map, with its default options."""
    import torch

    from exclip_desktop.attribution.answer import compute_map

    unit = pair.picture_embedding

    def map_side(key: str, side: "Side") -> "Tensor":
        method = method_by_key(key, "first")
        return torch.from_numpy(compute_map(pair.for_side(side), method, method.make_options(side=side)).values).to(
            unit
        )

    patches, tokens = map_side(options.of_picture, "image").flatten(), map_side(options.of_caption, "text")
    return pair.matrix(options, outer_product(tokens, patches, float(unit @ pair.target_embedding)))


def outer_product(tokens: "Tensor", patches: "Tensor", score: float) -> "Tensor":
    """Return the matrix of rank one (T, P) of values of tokens (T,) and patches (P,), scaled to sum to ``score``.

    Where the maps sum to nothing it is not scaled.
    """
    products = tokens[:, None] * patches[None, :]
    total = products.sum()
    return products * (score / total) if total.abs() > NEGLIGIBLE else products


METHOD = SecondOrderMethod(
    key="outer-product",
    name="Outer product of two maps",
    cost="that of the two methods",
    options_type=OuterProduct,
    position=50,
    answer=answer,
)
