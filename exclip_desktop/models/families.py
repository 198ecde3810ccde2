"""Which of open_clip's configs have an image encoder that can be explained, told before any weights are read."""

import json
from functools import lru_cache
from typing import Any

import torch
from open_clip.model import _build_vision_tower

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.towers import image_tower

# What open_clip and timm raise on configs that they cannot build from.
_UNBUILDABLE = (TypeError, ValueError, AssertionError, KeyError, AttributeError, RuntimeError)


def why_not_image(config: dict[str, Any]) -> str:
    """Return why the image encoder of a model's config (open_clip's) cannot be explained, or an empty text.

    It is built without weights, on the meta device, which takes a twentieth to a whole second.
    """
    parts = config["embed_dim"], config["vision_cfg"], config.get("quick_gelu", False)
    return _why_not(json.dumps(parts, sort_keys=True))


@lru_cache(maxsize=256)
def _why_not(parts: str) -> str:
    embed_dim, vision, quick_gelu = json.loads(parts)
    vision["timm_model_pretrained"] = False
    try:
        with torch.device("meta"):
            visual = _build_vision_tower(embed_dim, vision, quick_gelu)
    except _UNBUILDABLE as error:
        return f"open_clip cannot build its image encoder ({error})"
    try:
        image_tower(visual)
    except ModelError as error:
        return error.message[0].lower() + error.message[1:].rstrip(".")
    return ""
