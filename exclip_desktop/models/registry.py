"""What models there are: bundled, open_clip's architectures and tags, and which weights are on this computer."""

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
from huggingface_hub import try_to_load_from_cache
from open_clip import pretrained as tags

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.resources import resource
from exclip_desktop.models.checkpoints import is_torchscript
from exclip_desktop.models.published import OPENAI

BUNDLED = "demo"
CONFIG_FILE = "open_clip_config.json"
CARD_FILE = "exclip.json"
HUB_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class FoundModel:
    """Weights on this computer: the architecture, open_clip's tag (empty for a folder), and the file or folder."""

    name: str
    tag: str
    path: Path


def bundled_folder() -> Path:
    """Return the folder of the model that ships with the program."""
    return resource("models", BUNDLED)


def models_on_this_computer() -> list[FoundModel]:
    """Return the bundled model and every open_clip tag whose weights lie in the local caches."""
    found = [FoundModel(BUNDLED, "", bundled_folder())] if bundled_folder().is_dir() else []
    for name, tag in open_clip.list_pretrained():
        path = cached_weights(tags.get_pretrained_cfg(name, tag))
        if path is not None:
            found.append(FoundModel(name, tag, path))
    return found


def cached_weights(config: dict[str, Any]) -> Path | None:
    """Return where open_clip's weights for a tag lie on this computer, or None; never reaches the network."""
    for repository, file in hub_files(config):
        cached = try_to_load_from_cache(repository, file)
        if isinstance(cached, str):
            return Path(cached)
    url = config.get("url", "")
    path = clip_cache() / Path(url).name
    return path if url and path.is_file() and (OPENAI in url or not is_torchscript(path)) else None


def hub_files(config: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where a tag's weights may lie on Hugging Face's hub, best first: (repository, file)."""
    hub = config.get("hf_hub", "")
    repository, file = os.path.split(hub)
    return [(repository, name) for name in ([file] if file else HUB_WEIGHTS)] if hub else []


def clip_cache() -> Path:
    """Return the folder where open_clip keeps weights from plain addresses."""
    return Path(os.path.expanduser("~/.cache/clip"))


def check_architecture(name: str) -> None:
    """Raise ``ModelError`` with near names unless ``name`` is one of open_clip's architectures."""
    known = open_clip.list_models()
    if name in known:
        return
    near = difflib.get_close_matches(name, [BUNDLED, *known], n=3, cutoff=0.5)
    hint = f'Choose "{BUNDLED}", a folder, or an open_clip architecture (--model).'
    if near:
        hint = f"Did you mean {' or '.join(near)}?"
    raise ModelError(f'There is no model named "{name}", and no such folder.', hint)


def tag_config(name: str, tag: str) -> dict[str, Any]:
    """Return open_clip's entry for a tag.

    Raises:
        ModelError: the architecture has no such tag; its tags are named.

    """
    known = open_clip.list_pretrained_tags_by_model(name)
    if not open_clip.pretrained.is_pretrained_cfg(name, tag):
        told = f"Give one it has (--pretrained): {', '.join(known)}."
        none = "It has no tags; give a checkpoint file (--checkpoint)."
        raise ModelError(f'{name} has no weights tagged "{tag}".', told if known else none)
    config: dict[str, Any] = tags.get_pretrained_cfg(name, tag)
    return config
