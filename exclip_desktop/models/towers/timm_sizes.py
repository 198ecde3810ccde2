"""What open_clip's ``TimmModel`` does not say of itself: its sizes."""

from typing import Any

from torch import nn


def input_size(visual: Any) -> tuple[int, int]:
    """Return height and width of its pictures."""
    return int(visual.image_size[0]), int(visual.image_size[1])


def embedding_size(visual: Any) -> int:
    """Return D: what its own projection gives, else its trunk's classifier, else the trunk's width."""
    projections = [module for module in visual.head.modules() if isinstance(module, nn.Linear)]
    return int(projections[-1].out_features if projections else visual.trunk.num_classes or visual.trunk.num_features)


def misfit(given: tuple[int, ...], taken: tuple[int, ...]) -> str:
    """Return why pictures of a size (h, w) do not fit an encoder that takes another, or an empty text."""
    if given == taken:
        return ""
    return (
        f"its pictures are {given[0]} × {given[1]} by its config, and its image encoder takes {taken[0]} × {taken[1]}"
    )
