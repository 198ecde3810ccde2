"""InteractionLIME (Joukovsky et al., ICIP 2023)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.methods import SecondOrderMethod, option, require_at_least

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import MatrixAnswer


@dataclass(frozen=True, slots=True)
class InteractionLime:
    """Options."""

    samples: int = option(1000, "number of joint masks")
    share: float = option(0.5, "the probability that a player stays")
    width: float = option(0.5, "σ of the kernel")
    ridge: float = option(1e-6, "added to the normal equations' diagonal, relative to its mean")
    seed: int = option(0, "seed of the masks")

    def __post_init__(self) -> None:
        """Raise ``SettingsError`` where an option is out of range."""
        require_at_least(self.samples, 1, "samples")
        if not 0 < self.share < 1:
            raise SettingsError(f"The share {self.share:g} is out of range.", "Choose one between 0 and 1.")
        if not (self.width > 0 and self.ridge > 0):
            raise SettingsError("width and ridge must be more than 0.", "Choose larger ones.")


def answer(pair: "Pair", options: InteractionLime) -> "MatrixAnswer":
    """Return the fitted bilinear surrogate; feature maps are explained where patches are fewest."""
    import torch

    from exclip_desktop.attribution.formulas.masked import encode_masked_captions, encode_masked_pictures
    from exclip_desktop.attribution.formulas.surrogates import fit_bilinear

    layer = pair.coarsest_layer
    grid = pair.image_cut(layer).grid
    generator = torch.Generator().manual_seed(options.seed)
    left, right = (
        (torch.rand(options.samples, count, generator=generator) < options.share).double()
        for count in (len(pair.caption.content_rows), grid[0] * grid[1])
    )
    words = encode_masked_captions(pair.model, pair.caption, left, pair.progress, pair.cancel)
    pictures = encode_masked_pictures(pair.model, pair.pixels, grid, right, pair.progress, pair.cancel)
    scores = (words * pictures).sum(1).cpu()
    fitted = fit_bilinear(scores, left, right, width=options.width, ridge=options.ridge)
    return pair.matrix(options, pair.content_rows(fitted), layer)


METHOD = SecondOrderMethod(
    key="interaction-lime",
    name="InteractionLIME",
    citation="Joukovsky et al., ICIP 2023",
    cost="one run of each side for every sample",
    options_type=InteractionLime,
    position=30,
    answer=answer,
)
