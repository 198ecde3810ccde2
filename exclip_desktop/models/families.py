"""Finds out from open_clip's configs which models can be explained, before any weights are read."""

import json
from functools import lru_cache
from typing import Any, Final

import timm
import torch
from open_clip.model import _build_vision_tower

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.model_configs import read_config
from exclip_desktop.models.towers.build import IMAGE_TOWERS, image_tower
from exclip_desktop.models.towers.image_timm_maps import describe_size_misfit
from exclip_desktop.models.transformers_folder import PREFIX

TIMM_MODULES: Final = frozenset().union(*(tower.timm_modules for tower in IMAGE_TOWERS))
"""timm's modules all of whose networks have a tower."""

# What open_clip and timm raise on configs that they cannot build from.
_UNBUILDABLE = (TypeError, ValueError, ArithmeticError, AssertionError, LookupError, AttributeError, RuntimeError)


def find_obstacle(schema: str) -> str:
    """Return why a model cannot be explained, empty where it can; ``schema`` is open_clip's name of it."""
    config = read_config(schema)
    return find_image_obstacle(config) or find_text_obstacle(schema, config)


def find_image_obstacle(config: dict[str, Any]) -> str:
    """Return why the image encoder of open_clip's ``config`` cannot be explained; empty where it can.

    Where its name does not decide it, it is built without weights, which takes 0.05 to 1 s.
    """
    vision = config["vision_cfg"]
    obstacle = _name_obstacle(vision) if vision.get("timm_model_name") else ""
    return find_built_obstacle(config) if obstacle is None else obstacle


def find_built_obstacle(config: dict[str, Any]) -> str:
    """Return why the image encoder cannot be explained by building it on the meta device."""
    parts = config["embed_dim"], config["vision_cfg"], config.get("quick_gelu", False)
    return _built_obstacle(json.dumps(parts, sort_keys=True))


def _name_obstacle(vision: dict[str, Any]) -> str | None:
    """Return why the image encoder cannot be explained by timm's entry of it; None where that does not decide it."""
    name, size = vision["timm_model_name"], vision.get("image_size", 224)
    entry = timm.models.get_pretrained_cfg(name) if timm.is_model(name) else None
    if entry is None or timm.models.model_entrypoint(name).__module__.rpartition(".")[2] not in TIMM_MODULES:
        return None
    height, width = (size, size) if isinstance(size, int) else size
    if entry.fixed_input_size:
        return describe_size_misfit((height, width), entry.input_size[1:])
    return "" if height % 32 == width % 32 == 0 else None


@lru_cache(maxsize=256)
def _built_obstacle(parts: str) -> str:
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
    """Return why the text encoder of open_clip's ``config`` cannot be explained; empty where it can."""
    text = config["text_cfg"]
    own, tokenizer = not text.get("hf_model_name"), text.get("hf_tokenizer_name")
    if own and text.get("pool_type") == "none":
        return "its text encoder does not pool its tokens (pool_type none)"
    if not own and text.get("hf_pooler_type") == "max_pooler":
        return "open_clip itself cannot run its text encoder's pooling (max_pooler)"
    if text.get("tokenizer_mode"):
        return f"its tokenizer runs in a special mode (tokenizer_mode {text['tokenizer_mode']})"
    if not tokenizer and not schema.startswith(("local-dir:", PREFIX)) and "siglip" in schema.lower():
        return "its tokenizer is a vocabulary that open_clip downloads from outside Hugging Face"
    if not tokenizer and (text.get("tokenizer_kwargs") or {}).get("reduction_mask"):
        return "its tokenizer drops words at random (reduction_mask)"
    return ""
