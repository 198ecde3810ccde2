"""Loads a model from the bundle, a folder, a checkpoint or open_clip's cache; nothing that could run code is opened."""

import json
import pickle
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip import SimpleTokenizer
from open_clip.factory import _find_checkpoint_in_dir
from safetensors import SafetensorError, safe_open

from exclip_desktop.core.errors import ModelError, SettingsError
from exclip_desktop.core.paths import expanded, is_dir, is_file
from exclip_desktop.models.cuts import POOL
from exclip_desktop.models.fingerprint import fingerprint_of, sha256_of
from exclip_desktop.models.model import Card, Model
from exclip_desktop.models.preprocess import Preprocess
from exclip_desktop.models.registry import (
    BUNDLED,
    CARD_FILE,
    CONFIG_FILE,
    bundled_folder,
    cached_weights,
    check_architecture,
    tag_config,
)
from exclip_desktop.models.tokenise import CaptionReader
from exclip_desktop.models.towers import image_tower, text_tower

# What readers of weights raise on files that are none; the restricted unpickler stumbles in any of these ways.
_UNREADABLE = (SafetensorError, struct.error, RuntimeError, OSError, EOFError, ValueError, LookupError, AttributeError)
FILLERS = ("normal_", "uniform_", "trunc_normal_", "kaiming_uniform_", "xavier_uniform_")  # of torch.nn.init
CHECKPOINT_ENDINGS = (".safetensors", ".pt", ".pth", ".bin")


@dataclass(frozen=True, slots=True)
class _Source:
    """What a model is built from."""

    name: str
    schema: str  # what open_clip calls the model: an architecture, or local-dir:…
    weights: Path
    folder: Path | None = None
    preprocess: dict[str, Any] | None = None
    quick_gelu: bool = False


def load_model(
    name: str = BUNDLED,
    *,
    pretrained: str | None = None,
    checkpoint: str | Path | None = None,
    device: str | None = None,
    allow_download: bool = False,
) -> Model:
    """Load a CLIP model.

    Args:
        name: ``demo`` (bundled), a folder (``open_clip_config.json`` and weights), or an open_clip architecture.
        pretrained: open_clip's tag for the architecture's weights, from the local cache.
        checkpoint: a weights file for the architecture: ``.safetensors``, ``.pt``, ``.pth`` or ``.bin``.
        device: ``cpu``, ``cuda``, ``mps`` …; None takes CUDA, else MPS, else CPU.
        allow_download: let open_clip download a tag's weights when they are not on this computer.

    Raises:
        ModelError: the model is unknown, not on this computer, unsafe, damaged, or cannot be explained.

    """
    source = _find(name, pretrained, checkpoint, allow_download)
    chosen = _device(device)
    _check_config(source)
    shapes = _weight_shapes(source.weights)
    network = _build(source, shapes)
    image, text = image_tower(network.visual), text_tower(network)
    network = network.eval().requires_grad_(False).to(chosen)
    tokenizer = open_clip.get_tokenizer(source.schema)
    if not isinstance(tokenizer, SimpleTokenizer):
        raise ModelError(
            f"The tokenizer of {source.name} cannot be used yet.", "Choose a model with CLIP's own (--model)."
        )
    content = sha256_of(source.weights)
    config = [open_clip.get_model_config(source.schema), network.visual.preprocess_cfg, source.quick_gelu]
    model = Model(
        name=source.name,
        weights=str(source.weights) if source.folder is None else source.weights.name,
        weights_sha256=content,
        fingerprint=fingerprint_of(content, config),
        network=network,
        image=image,
        text=text,
        preprocess=Preprocess(network.visual.preprocess_cfg, image.input_size),
        reader=CaptionReader(tokenizer, text.context),
        device=chosen,
        card=_card(source.folder),
    )
    for side in ("image", "text"):
        try:
            model.resolve_layer(side, None)
        except SettingsError as error:
            misfit = f"{CARD_FILE} does not fit {source.name}: {error.message}"
            raise ModelError(misfit, "Mend or remove it.") from error
    return model


def _find(name: str, pretrained: str | None, checkpoint: str | Path | None, allow_download: bool) -> _Source:
    folder = bundled_folder() if name == BUNDLED else expanded(name)
    if name == BUNDLED or is_dir(folder):
        if pretrained or checkpoint:
            raise ModelError(
                f'"{name}" brings its own weights.',
                "Leave out the tag (--pretrained) and the checkpoint (--checkpoint).",
            )
        return _Source(name, f"local-dir:{folder}", _weights_in(folder), folder)
    check_architecture(name)
    if checkpoint is not None and pretrained is None:
        return _Source(name, name, _checkpoint_file(expanded(checkpoint)))
    if pretrained is not None and checkpoint is None:
        return _tagged(name, pretrained, allow_download)
    raise ModelError(
        f"{name} is an architecture; which weights it shall have is not said."
        if pretrained is None
        else "Both a tag and a checkpoint are given.",
        "Give either a tag such as laion2b_s34b_b79k (--pretrained) or a checkpoint file (--checkpoint).",
    )


def _weights_in(folder: Path) -> Path:
    if not (folder / CONFIG_FILE).is_file():
        raise ModelError(
            f"The folder {folder} has no {CONFIG_FILE}.", "Choose a folder with a config and weights (--model)."
        )
    found = _find_checkpoint_in_dir(folder)  # the same file that open_clip's local-dir: loads
    if found is None:
        raise ModelError(f"The folder {folder} has no weights.", "Put open_clip_model.safetensors beside the config.")
    return Path(found)


def _checkpoint_file(path: Path) -> Path:
    if not is_file(path):
        raise ModelError(f"There is no checkpoint {path}.", "Check the path.")
    if path.suffix not in CHECKPOINT_ENDINGS:
        raise ModelError(
            f"{path.name} is not a checkpoint this program reads.", f"It reads {', '.join(CHECKPOINT_ENDINGS)}."
        )
    return path


def _tagged(name: str, tag: str, allow_download: bool) -> _Source:
    config = tag_config(name, tag)
    path = cached_weights(config)
    if path is None and allow_download:
        try:
            path = Path(open_clip.download_pretrained(config))
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"{name} ({tag}) could not be downloaded: {error}.",
                "Check the network, or give a checkpoint file (--checkpoint).",
            ) from error
    if path is None:
        raise ModelError(
            f"{name} ({tag}) is not on this computer, and the network is off.",
            "Allow the download (--download; from Python allow_download=True), or bring a checkpoint file "
            "(--checkpoint) or a folder (--model) from another machine.",
        )
    return _Source(f"{name} ({tag})", name, path, preprocess=config, quick_gelu=bool(config.get("quick_gelu")))


def _check_config(source: _Source) -> None:
    """Refuse, before any work, what cannot be explained yet, by name and reason."""
    try:
        reason = why_not(source.schema)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"The config of {source.name} cannot be read: {error}.", "Choose another (--model)."
        ) from error
    if reason:
        raise ModelError(
            f"{source.name} cannot be explained yet: {reason}.",
            "Choose one with open_clip's transformer or ResNet and CLIP's text encoder (--model), such as ViT-B-32.",
        )


def why_not(schema: str) -> str:
    """Return why a model (open_clip's name of it) cannot be explained yet, or an empty text."""
    config = open_clip.get_model_config(schema)
    vision, text = config["vision_cfg"], config["text_cfg"]
    if vision.get("timm_model_name"):
        return f"its image encoder comes from timm ({vision['timm_model_name']})"
    if text.get("hf_model_name"):
        return f"its text encoder comes from Hugging Face ({text['hf_model_name']})"
    if text.get("hf_tokenizer_name") or "siglip" in schema.lower():
        return "its tokenizer is not CLIP's own"
    return "it is a CoCa model" if "multimodal_cfg" in config else ""


def _weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return each weight's shape without reading its values; refuse files that are damaged or would run code."""
    damaged = ModelError(f"{path.name} cannot be read as weights: it is damaged or of another kind.", "Fetch it again.")
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  no dict
        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
        state = loaded.get("state_dict", loaded)
        return {name.removeprefix("module."): tuple(value.shape) for name, value in state.items()}
    except PermissionError as error:
        raise ModelError(f"{path} may not be read.", "Ask for permission, or copy it.") from error
    except pickle.UnpicklingError as error:
        if "Unsupported operand" in str(error):  # no pickle at all, such as a web page saved under that name
            raise damaged from error
        raise ModelError(
            f"{path.name} holds more than weights: opening it could run code, so it was not opened.",
            "Save its state_dict as .safetensors where you trust it, and open that.",
        ) from error
    except _UNREADABLE as error:
        raise damaged from error


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _build(source: _Source, shapes: dict[str, tuple[int, ...]]) -> Any:
    """Let open_clip build the model and load its weights, strictly."""
    misfit = ModelError(
        f"The weights in {source.weights.name} do not fit {source.name}.",
        "Name the architecture they were trained with (--model).",
    )
    with warnings.catch_warnings():
        # open_clip scripts a helper at creation, and torch deprecates that; it is no concern of the person's.
        warnings.filterwarnings("ignore", message=".*torch.jit.script.*")
        try:
            with _unfilled():
                network = open_clip.create_model(
                    source.schema,
                    pretrained=None if source.folder else str(source.weights),
                    force_quick_gelu=source.quick_gelu,
                    force_preprocess_cfg=source.preprocess,
                )
        except (RuntimeError, KeyError, AttributeError, StopIteration) as error:
            raise misfit from error
        except (TypeError, ValueError, AssertionError, OSError) as error:
            if "pos_embed" in str(error):
                raise misfit from error
            raise ModelError(f"open_clip cannot build {source.name}: {error}.", "Check its config.") from error
    # open_clip stretches position embeddings of another length without a word, which would change every result.
    for name, value in network.state_dict().items():
        if name.endswith("positional_embedding") and shapes.get(name) != tuple(value.shape):
            raise misfit
    return network


@contextmanager
def _unfilled() -> Iterator[None]:
    """Leave new weights as they come: all are loaded over, strictly, and drawing them takes a third of the time."""
    kept = {name: getattr(torch.nn.init, name) for name in FILLERS}
    for name in FILLERS:
        setattr(torch.nn.init, name, lambda tensor, *_, **__: tensor)
    try:
        yield
    finally:
        for name, filler in kept.items():
            setattr(torch.nn.init, name, filler)


def _card(folder: Path | None) -> Card:
    path = folder / CARD_FILE if folder is not None else None
    if path is None or not path.is_file():
        return Card()
    try:
        told = json.loads(path.read_text("utf-8"))
        layers = (told.get(name, -1) for name in ("image_layer", "text_layer"))
        return Card(*(layer if layer == POOL else int(layer) for layer in layers))
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read: {error}.", "Mend or remove it.") from error


def _device(name: str | None) -> torch.device:
    there = _devices_here()
    try:
        device = torch.device(there[0] if name is None else name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f'This computer cannot use the device "{name}".', f"Give one that is here (--device): {', '.join(there)}."
        ) from error
    return device


def _devices_here() -> list[str]:
    """Return the names of the devices that torch can use on this computer, the best first."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    numbered = [f"cuda:{index}" for index in range(count)] if count > 1 else []
    cuda = ["cuda", *numbered] if count else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]
