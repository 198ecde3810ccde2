"""Which of open_clip's configs can be explained, told before any weights are read."""

import json
from functools import lru_cache
from typing import Any, Final

import open_clip
import timm
import torch
from open_clip.model import _build_vision_tower

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.towers.build import IMAGE_TOWERS, image_tower
from exclip_desktop.models.towers.image_timm_maps import describe_size_misfit

TIMM_MODULES: Final = frozenset().union(*(tower.timm_modules for tower in IMAGE_TOWERS))
"""timm's modules all of whose networks have a tower."""

# What open_clip and timm raise on configs that they cannot build from.
_UNBUILDABLE = (TypeError, ValueError, AssertionError, KeyError, AttributeError, RuntimeError)


def find_obstacle(schema: str) -> str:
    """Return why a model (open_clip's name of it) cannot be explained, or an empty text."""
    config = open_clip.get_model_config(schema)
    return find_image_obstacle(config) or find_text_obstacle(schema, config)


def find_image_obstacle(config: dict[str, Any]) -> str:
    """Return why the image encoder of a model's config (open_clip's) cannot be explained, or an empty text.

    Where its name does not tell it, it is built without weights, which takes a twentieth to a whole second.
    """
    vision = config["vision_cfg"]
    told = _told_by_name(vision) if vision.get("timm_model_name") else ""
    return find_built_obstacle(config) if told is None else told


def find_built_obstacle(config: dict[str, Any]) -> str:
    """Return the same, found by building the encoder on the meta device."""
    parts = config["embed_dim"], config["vision_cfg"], config.get("quick_gelu", False)
    return _why_not(json.dumps(parts, sort_keys=True))


def _told_by_name(vision: dict[str, Any]) -> str | None:
    """Return the same by timm's own entry of an encoder; None where that does not tell it."""
    name, size = vision["timm_model_name"], vision.get("image_size", 224)
    entry = timm.models.get_pretrained_cfg(name) if timm.is_model(name) else None
    if entry is None or timm.models.model_entrypoint(name).__module__.rpartition(".")[2] not in TIMM_MODULES:
        return None
    height, width = (size, size) if isinstance(size, int) else size
    if entry.fixed_input_size:
        return describe_size_misfit((height, width), entry.input_size[1:])
    return "" if height % 32 == width % 32 == 0 else None


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


def find_text_obstacle(schema: str, config: dict[str, Any]) -> str:
    """Return why the text side of a model (open_clip's name and config of it) cannot be explained, or an empty text."""
    text = config["text_cfg"]
    own, tokenizer = not text.get("hf_model_name"), text.get("hf_tokenizer_name")
    if own and text.get("pool_type") == "none":
        return "its text encoder does not pool its tokens (pool_type none)"
    if not own and text.get("hf_pooler_type") == "max_pooler":
        return "its text encoder's pooling (max_pooler) does not run in open_clip itself"
    if text.get("tokenizer_mode"):
        return f"its tokenizer is used in a way of its own (tokenizer_mode {text['tokenizer_mode']})"
    if not tokenizer and not schema.startswith("local-dir:") and "siglip" in schema.lower():
        return "its tokenizer is a vocabulary that open_clip downloads from outside Hugging Face"
    if not tokenizer and (text.get("tokenizer_kwargs") or {}).get("reduction_mask"):
        return "its tokenizer drops words by chance (reduction_mask)"
    return ""
