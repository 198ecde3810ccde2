"""FIxLIP (Baniecki et al., NeurIPS 2025)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.methods import SecondOrderMethod, option

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import MatrixAnswer


@dataclass(frozen=True, slots=True)
class Fixlip:
    """Options."""

    share: float = option(0.5, "p, the probability that a player stays")
    pairs: int = option(2**15, "the budget: number of evaluated pairs of coalitions")
    seed: int = option(0, "seed of the coalitions")

    def __post_init__(self) -> None:
        """Raise ``SettingsError`` where an option is out of range."""
        if not 0 < self.share < 1:
            raise SettingsError(f"The share {self.share:g} is out of range.", "Choose one between 0 and 1.")


def answer(pair: "Pair", options: Fixlip) -> "MatrixAnswer":
    """Return the pair effects of the fitted game; feature maps are explained where patches are fewest."""
    import torch

    from exclip_desktop.attribution.formulas.masked import encode_masked_captions, encode_masked_pictures
    from exclip_desktop.attribution.formulas.surrogates import draw_coalitions, fit_banzhaf, split_budget

    layer = pair.coarsest_layer
    grid = pair.image_cut(layer).grid
    tokens, patches = len(pair.caption.content_rows), grid[0] * grid[1]
    few, many = split_budget(tokens, patches, options.pairs)
    generator = torch.Generator().manual_seed(options.seed)
    left = draw_coalitions(few, tokens, options.share, generator)
    right = draw_coalitions(many, patches, options.share, generator)
    words = encode_masked_captions(pair.model, pair.caption, left.members, pair.progress, pair.cancel)
    pictures = encode_masked_pictures(pair.model, pair.pixels, grid, right.members, pair.progress, pair.cancel)
    fitted = fit_banzhaf((words @ pictures.T).cpu(), left, right)
    return pair.matrix(options, pair.content_rows(fitted.pairs), layer)


METHOD = SecondOrderMethod(
    key="fixlip",
    name="FIxLIP",
    citation="Baniecki et al., NeurIPS 2025",
    cost="one run for every coalition of either side",
    options_type=Fixlip,
    position=20,
    answer=answer,
)
