"""Loads a model: open_clip builds it, strictly from the weights that were found."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip import SimpleTokenizer

from exclip_desktop.core.errors import ModelError, SettingsError
from exclip_desktop.models.checkpoints import weight_shapes
from exclip_desktop.models.cuts import POOL
from exclip_desktop.models.devices import device_of
from exclip_desktop.models.fingerprint import fingerprint_of, sha256_of
from exclip_desktop.models.model import Card, Model
from exclip_desktop.models.preprocess import Preprocess
from exclip_desktop.models.registry import BUNDLED, CARD_FILE
from exclip_desktop.models.sources import Source, find_source
from exclip_desktop.models.tokenise import CaptionReader
from exclip_desktop.models.towers import image_tower, text_tower

FILLERS = ("normal_", "uniform_", "trunc_normal_", "kaiming_uniform_", "xavier_uniform_")  # of torch.nn.init


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
    source = find_source(name, pretrained, checkpoint, allow_download)
    chosen = device_of(device)
    _check_config(source)
    shapes = weight_shapes(source.weights)
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
        preprocess=Preprocess(network.visual.preprocess_cfg, image.input_size, image.unit),
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


def _check_config(source: Source) -> None:
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


def _build(source: Source, shapes: dict[str, tuple[int, ...]]) -> Any:
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
