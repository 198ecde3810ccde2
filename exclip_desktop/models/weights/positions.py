"""Sizes that a model's position embeddings tell: of its pictures and captions, where the config has others."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from exclip_desktop.core.errors import ModelError

IMAGE_POSITIONS, POOL_POSITIONS = "visual.positional_embedding", "visual.attnpool.positional_embedding"
RESNET_PX = 32  # pixels of the picture that one position of a ResNet covers
TEXT_POSITIONS = ("positional_embedding", "text.positional_embedding")
USUAL_SIZE_PX, USUAL_PATCH_PX, USUAL_CONTEXT = 224, 16, 77  # where open_clip's config has none


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes that differ from a config's; None where they are the same.

    Attributes:
        image_px: the side of the square pictures; ``positions``: their number, patches and class token.
        patch_px: the side of a patch.
        context: the number of text positions.

    """

    image_px: int | None = None
    positions: int = 0
    patch_px: int = 0
    context: int | None = None

    def apply(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return open_clip's config with these sizes."""
        vision, text = dict(config["vision_cfg"]), dict(config["text_cfg"])
        if self.image_px is not None:
            vision["image_size"] = self.image_px
        if self.context is not None:
            text["context_length"] = self.context
        return {**config, "vision_cfg": vision, "text_cfg": text}

    def describe(self, file: str) -> tuple[str, ...]:
        """Return a note for each size."""
        notes = []
        if self.image_px is not None:
            side = self.image_px // self.patch_px
            count = f"{self.positions} = {side} × {side} + 1 positions, patches of {self.patch_px}"
            notes.append(f"{file}: the model reads {self.image_px} × {self.image_px} pixels ({count}).")
        if self.context is not None:
            notes.append(f"{file}: the model reads {self.context} tokens.")
        return tuple(notes)


def read_sizes(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> Sizes:
    """Return the sizes of weights under open_clip's names that differ from those of its config."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    is_resnet = isinstance(vision.get("layers"), list)
    image_px, positions = None, 0
    patch_px = RESNET_PX if is_resnet else vision.get("patch_size", USUAL_PATCH_PX)
    place = POOL_POSITIONS if is_resnet else IMAGE_POSITIONS
    if place in state and not vision.get("timm_model_name") and isinstance(patch_px, int):
        positions = state[place].shape[0]
        side = math.isqrt(max(positions - 1, 0))
        own = vision.get("image_size", USUAL_SIZE_PX)
        is_other = isinstance(own, int) and side != own // patch_px  # a remainder of the picture has no patch
        image_px = side * patch_px if side > 0 and side * side == positions - 1 and is_other else None
    found = next((state[name].shape[0] - bool(text.get("embed_cls")) for name in TEXT_POSITIONS if name in state), None)
    context = found if found != text.get("context_length", USUAL_CONTEXT) and not text.get("hf_model_name") else None
    return Sizes(image_px, positions, patch_px, context)


def refuse_other_sizes(sizes: Sizes, config: Mapping[str, Any], file: str, config_file: str) -> None:
    """Raise ``ModelError`` where weights have other sizes than the config in their folder."""
    own = config["vision_cfg"].get("image_size", USUAL_SIZE_PX)
    if sizes.image_px is not None and isinstance(own, int):
        side, expected = sizes.image_px // sizes.patch_px, own // sizes.patch_px
        raise ModelError(
            f"{file} has {sizes.positions} positions ({side} × {side} + 1, pictures of {sizes.image_px} × "
            f"{sizes.image_px} pixels), and the config {expected * expected + 1} ({own} × {own} pixels).",
            f"Set image_size in {config_file} to {sizes.image_px}.",
        )
    if sizes.context is not None:
        context = config["text_cfg"].get("context_length", USUAL_CONTEXT)
        raise ModelError(
            f"{file} has {sizes.context} text positions, and the config {context}.",
            f"Set context_length in {config_file} to {sizes.context}.",
        )
