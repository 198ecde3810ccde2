"""CLIP Surgery (Li et al. 2023)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import AttributionMethod, option, require_at_least
from exclip_desktop.core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap
    from exclip_desktop.models.towers.blocks import Anatomy


@dataclass(frozen=True, slots=True)
class ClipSurgery:
    """Options."""

    layers: int = option(6, "number of blocks with the second stream, from the last")
    feature_surgery: bool = option(True, "subtract what many labels have in common")

    def __post_init__(self) -> None:
        """Raise ``SettingsError`` where an option is out of range."""
        require_at_least(self.layers, 1, "layers")


def answer(pair: "Pair", options: ClipSurgery) -> "TokenMap":
    """Return each patch's similarity to the target in the second stream."""
    from exclip_desktop.attribution.formulas.attention import clip_surgery

    def by_blocks(anatomy: "Anatomy") -> "Tensor":
        labels = _embed_labels(pair) if options.feature_surgery else pair.other[None]
        return clip_surgery(anatomy, pair.other, labels, layers=options.layers, feature_surgery=options.feature_surgery)

    return pair.token_map(options, pair.block_values(by_blocks))


def _embed_labels(pair: "Pair") -> "Tensor":
    """Return the labels' unit embeddings, (L, D), computed once for a model."""
    import torch

    from exclip_desktop.attribution.formulas.attention import LABELS
    from exclip_desktop.models.scoring import encode_captions

    known, key = pair.model.references, ("labels",)
    if key not in known:
        rows = []
        for done, label in enumerate(LABELS):
            pair.cancel.check()
            pair.progress(Report("CLIP Surgery", done, len(LABELS)))
            rows.append(encode_captions(pair.model, [label]))
        known[key] = torch.cat(rows)
    return known[key]


METHOD = AttributionMethod(
    key="clip-surgery",
    name="CLIP Surgery",
    citation="Li et al. 2023",
    cost="one run, and for each model once the embeddings of some fifty labels",
    sides=("image",),
    options_type=ClipSurgery,
    position=70,
    answer=answer,
)
