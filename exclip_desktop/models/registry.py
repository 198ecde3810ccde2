"""What models there are: bundled, open_clip's architectures and tags, and which weights are on this computer."""

import difflib
import os
from pathlib import Path
from typing import Any

import open_clip
from huggingface_hub import try_to_load_from_cache
from open_clip import pretrained as tags
from open_clip.factory import _find_checkpoint_in_dir
from platformdirs import user_data_path

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.resources import resource
from exclip_desktop.models.weights.published import OPENAI
from exclip_desktop.models.weights.read import is_torchscript

BUNDLED = "demo"
CONFIG_FILE = "open_clip_config.json"
CARD_FILE = "exclip.json"
HUB_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


def bundled_folder() -> Path:
    """Return the folder of the model that ships with the program."""
    return resource("models", BUNDLED)


def installed_folder() -> Path:
    """Return the folder of the models that the person has unpacked, one folder each."""
    return user_data_path("exclip_desktop", appauthor=False) / "models"


def weights_in(folder: Path) -> Path | None:
    """Return the weights' file in a model's folder, the one that open_clip's local-dir: loads; None: there is none."""
    found = _find_checkpoint_in_dir(folder)
    return None if found is None else Path(found)


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
    message = f'There is no model named "{name}", and no such folder.'
    if near:
        raise ModelError(message, f"Did you mean {' or '.join(near)}?")
    raise ModelError(message, Remedy.CHOOSE_KNOWN_MODEL, bundled=BUNDLED)


def tag_config(name: str, tag: str) -> dict[str, Any]:
    """Return open_clip's entry for a tag.

    Raises:
        ModelError: the architecture has no such tag; its tags are named.

    """
    known = open_clip.list_pretrained_tags_by_model(name)
    if not open_clip.pretrained.is_pretrained_cfg(name, tag):
        remedy = Remedy.CHOOSE_TAG if known else Remedy.CHOOSE_CHECKPOINT
        raise ModelError(f'{name} has no weights tagged "{tag}".', remedy, choices=", ".join(known))
    config: dict[str, Any] = tags.get_pretrained_cfg(name, tag)
    return config
