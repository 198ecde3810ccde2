"""Finds a text encoder's tokenizer and config on this computer, beside the model or in Hugging Face's cache."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import open_clip
from huggingface_hub import try_to_load_from_cache
from open_clip.tokenizer import DEFAULT_CONTEXT_LENGTH, HFTokenizer

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.paths import expand_home, is_dir
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.models.towers.text_hf import FAMILIES

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "vocab.txt",
    "vocab.json",
)
ENCODER_FILES = ("config.json",)
OLDEST = 5  # version of transformers: its layers are called otherwise before


@dataclass(frozen=True, slots=True)
class Encoder:
    """A Hugging Face text encoder whose config is here: open_clip's ``text_cfg`` that names its folder, the config."""

    text_cfg: dict[str, Any]
    config: dict[str, Any]


def find_tokenizer(schema: str, folder: Path | None) -> Any:
    """Return open_clip's tokenizer of a model, ``schema`` being open_clip's name of it; never reaches the network.

    Raises:
        ModelError: its files are not on this computer or cannot be read, or transformers is not installed.

    """
    text = open_clip.get_model_config(schema)["text_cfg"]
    name = text.get("hf_tokenizer_name")
    if not name:
        return open_clip.get_tokenizer(schema)
    found = _find(name, folder, TOKENIZER_FILES, f"The tokenizer {name}")
    told = (text.get("tokenizer_kwargs") or {}) | {"local_files_only": True, "trust_remote_code": False}
    try:
        return HFTokenizer(str(found), context_length=text.get("context_length", DEFAULT_CONTEXT_LENGTH), **told)
    except Exception as error:  # the tokenizers package raises plain ones
        raise ModelError(
            f"The tokenizer {name} in {found} cannot be read: {error}.", "Fetch its files again, all of them."
        ) from error


def check_text_files(config: Mapping[str, Any], folder: Path | None) -> None:
    """Raise ``ModelError`` unless what a model's text side needs is here; nothing is built yet."""
    find_encoder(config, folder)
    name = config["text_cfg"].get("hf_tokenizer_name")
    if name:
        _find(name, folder, TOKENIZER_FILES, f"The tokenizer {name}")


def find_encoder(config: Mapping[str, Any], folder: Path | None) -> Encoder | None:
    """Return the Hugging Face text encoder of a model's config; None where its text encoder is open_clip's own.

    Raises:
        ModelError: its config is not on this computer, it is of an unknown kind, or transformers is not installed.

    """
    text = config["text_cfg"]
    name = text.get("hf_model_name")
    if not name:
        return None
    found = _find(name, folder, ENCODER_FILES, f"The text encoder {name}")
    try:
        own: dict[str, Any] = json.loads((found / "config.json").read_text("utf-8"))
        kind = own.get("model_type", "")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{found / 'config.json'} cannot be read: {error}.", "Fetch it again.") from error
    if kind not in FAMILIES:
        raise ModelError(
            f'The text encoder {name} is of a kind ("{kind}") that cannot be taken apart.',
            Remedy.CHOOSE_TEXT_FAMILY,
            families=", ".join(FAMILIES),
        )
    return Encoder(text | {"hf_model_name": str(found), "hf_model_pretrained": False}, own)


def _find(name: str, folder: Path | None, wanted: tuple[str, ...], what: str) -> Path:
    """Return the folder with one of the ``wanted`` files of the repository (or folder) ``name``."""
    if _transformers() < OLDEST:
        raise ModelError(
            f"{what} needs the package transformers, version {OLDEST} or newer, which is not installed.",
            'Install it: pip install "exclip-desktop[hf]".',
        )
    named = expand_home(name)
    for place in (folder, named if is_dir(named) else None):
        if place is not None and any((place / file).is_file() for file in wanted):
            return place
    cached = _cached(name, wanted)
    if cached is not None:
        return cached
    beside = f"beside the model in {folder} and " if folder is not None else ""
    listed = f"one of {', '.join(wanted)}" if len(wanted) > 1 else wanted[0]
    raise ModelError(
        f"{what} is not on this computer: looked {beside}in Hugging Face's cache for {listed}.",
        f'Fetch it where there is a network ("hf download {name}"), or put its files into the model\'s folder.',
    )


def _cached(name: str, wanted: tuple[str, ...]) -> Path | None:
    for file in wanted:
        try:
            cached = try_to_load_from_cache(name, file)
        except ValueError:  # no name of a repository
            return None
        if isinstance(cached, str):
            return Path(cached).parent
    return None


def _transformers() -> int:
    """Return the installed version's first number; 0 for none."""
    try:
        return int(version("transformers").split(".")[0])
    except PackageNotFoundError:
        return 0
