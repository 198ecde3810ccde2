"""Builds open_clip's networks, fits weights into them, and recognises architectures from weights."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.coca_model import CoCa
from open_clip.convert import convert_state_dict
from open_clip.model import CLIP, CustomTextCLIP, convert_to_custom_text_state_dict
from torch import Tensor, nn

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.transformers_folder import convert_state
from exclip_desktop.models.weights.positions import read_sizes
from exclip_desktop.models.weights.text_files import find_encoder

FILLERS = ("normal_", "uniform_", "trunc_normal_", "kaiming_uniform_", "xavier_uniform_")  # of torch.nn.init
_UNBUILDABLE = (
    *(TypeError, ValueError, ArithmeticError, MemoryError, AssertionError, OSError, LookupError, AttributeError),
    *(RuntimeError, ImportError),
)

SMALL = 50_000_000  # weights: 200 MB

BUFFERS = ("attn_mask", "position_ids")  # constants that older versions of open_clip and transformers stored
CUSTOM_TEXT = "text.token_embedding.weight"  # where a text encoder is a module of its own

State = Mapping[str, Tensor]


def build_network(
    name: str, config: Mapping[str, Any], device: str = "cpu", folder: Path | None = None, *, drawn: bool = False
) -> Any:
    """Return open_clip's network for a model's config, with uninitialised weights; nothing is downloaded.

    With ``drawn`` the weights are random, as at the start of a training, from torch's generator.
    The config of a Hugging Face text encoder is read from ``folder`` or from Hugging Face's cache.
    On ``meta`` the network has shapes only, which takes 0.05 to 0.5 s.

    Raises:
        ModelError: open_clip cannot build it; the message contains ``name``.

    """
    encoder = find_encoder(config, folder)
    if encoder is None:
        return _build(name, config, device, drawn)
    with encoder.written() as text:
        return _build(name, {**config, "text_cfg": text}, device, drawn)


def _build(name: str, config: Mapping[str, Any], device: str, drawn: bool) -> Any:
    arguments = deepcopy(dict(config))
    custom = arguments.pop("custom_text", False) or "hf_model_name" in arguments["text_cfg"]
    kind = CLIP if not custom else CoCa if "multimodal_cfg" in arguments else CustomTextCLIP
    if "timm_model_name" in arguments["vision_cfg"]:
        arguments["vision_cfg"]["timm_model_pretrained"] = False
    try:
        with nullcontext() if drawn else _skip_initialisation(), torch.device(device), warnings.catch_warnings():
            # open_clip scripts a helper at creation, which torch deprecates.
            warnings.filterwarnings("ignore", message=".*torch.jit.script.*")
            return kind(**arguments)
    except _UNBUILDABLE as error:
        raise ModelError(f"open_clip cannot build {name}: {error}.", "Check its config.") from error


def is_surely_small(config: Mapping[str, Any]) -> bool:
    """Return whether a network takes less memory than ``SMALL`` weights, by the numbers in its config alone."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    named = vision.get("timm_model_name") or text.get("hf_model_name") or "multimodal_cfg" in config
    if named or isinstance(vision.get("layers"), list):
        return False
    positions = 1
    for size in (vision.get("image_size", 224), text.get("context_length", 77)):
        positions += max(size) ** 2 if isinstance(size, list) else int(size) ** 2
    widths = (int(side.get("width", 768)) for side in (vision, text))
    blocks = sum(
        int(side.get("layers", 12)) * int(side.get("width", 768)) ** 2 * (4 + 2 * float(side.get("mlp_ratio", 4)))
        for side in (vision, text)
    )
    rows = positions + int(text.get("vocab_size", 49408)) + int(config["embed_dim"])
    return rows * max(widths) + positions + blocks < SMALL


@contextmanager
def _skip_initialisation() -> Iterator[None]:
    """Skip the initialisation of weights, which takes a third of the time; all are overwritten by the loaded ones."""
    fillers = {name: getattr(nn.init, name) for name in FILLERS}
    for name in FILLERS:
        setattr(nn.init, name, lambda tensor, *_, **__: tensor)
    try:
        yield
    finally:
        for name, filler in fillers.items():
            setattr(nn.init, name, filler)


def convert_names(network: Any, state: State) -> dict[str, Tensor]:
    """Return weights under the names of ``network``, converted from the other layouts that open_clip knows."""
    result: dict[str, Tensor] = convert_state_dict(network, convert_state(state))
    if CUSTOM_TEXT in result and hasattr(network, "token_embedding"):
        result = _join_text_names(result)
    if "positional_embedding" in result and not hasattr(network, "positional_embedding"):
        result = convert_to_custom_text_state_dict(result)
    for name in ("logit_scale", "logit_bias"):  # a number, or a list of one
        own = getattr(network, name, None)
        if own is not None and name in result and result[name].numel() == own.numel():
            result[name] = result[name].reshape(own.shape)
    own = network.state_dict()
    return {name: value for name, value in result.items() if name in own or not name.endswith(BUFFERS)}


def find_misfit(network: Any, state: State) -> str:
    """Return the first reason why weights do not fit a network, in the network's order; empty where they fit."""
    own = network.state_dict()
    for name, value in own.items():
        if name not in state:
            return f"{name} ({_format_shape(value)}) is not in the file"
        if state[name].shape != value.shape:
            return f"{name} is {_format_shape(state[name])} in the file, {_format_shape(value)} in the model"
        if value.is_floating_point() and not state[name].is_floating_point():
            return (
                f"{name} has values of the type {str(state[name].dtype).removeprefix('torch.')}, such as quantised ones"
            )
    extra = next((name for name in state if name not in own), None)
    return "" if extra is None else f"the model has no {extra} ({_format_shape(state[extra])})"


def _format_shape(value: Tensor) -> str:
    return " × ".join(map(str, value.shape)) or "one number"


def recognise_architectures(state: State) -> list[str]:
    """Return the names of open_clip's architectures that the weights fit; several may have the same shapes.

    The numbers in the configs decide which few are built on the meta device, whose shapes are all compared. Where none
    fits, those count that fit with pictures or captions of another size.
    """
    configs = {name: open_clip.get_model_config(name) for name in open_clip.list_models()}
    possible = {name: config for name, config in configs.items() if _may_fit(config, state)}
    exact = [name for name, config in possible.items() if _fits(name, config, state)]
    resized = {name: read_sizes(config, state).apply(config) for name, config in possible.items()}
    fitting = exact or [name for name, config in resized.items() if _fits(name, config, state)]
    return fitting if fitting or CUSTOM_TEXT not in state else recognise_architectures(_join_text_names(state))


def _join_text_names(state: State) -> dict[str, Tensor]:
    """Return weights whose text encoder is a module of its own (open_clip's custom text) under the usual names."""
    parts = ("positional_embedding", "text_projection", "token_embedding.", "transformer.", "ln_final.")
    starts = tuple(f"text.{part}" for part in parts)
    return {name.removeprefix("text.") if name.startswith(starts) else name: value for name, value in state.items()}


def _may_fit(config: dict[str, Any], state: State) -> bool:
    return _image_may_fit(config["vision_cfg"], state) and _text_may_fit(config["text_cfg"], state)


def _image_may_fit(vision: dict[str, Any], state: State) -> bool:
    if vision.get("timm_model_name"):
        return any(name.startswith("visual.trunk.") for name in state)
    if isinstance(vision.get("layers"), list):
        return "visual.layer1.0.conv1.weight" in state
    width, patch = vision.get("width", 768), vision.get("patch_size", 16)
    return _has_shape(state, "visual.conv1.weight", (width, 3, patch, patch))


def _text_may_fit(text: dict[str, Any], state: State) -> bool:
    if "hf_model_name" in text:
        return not any(name.endswith("token_embedding.weight") for name in state)
    start = "text." if "text.token_embedding.weight" in state else ""
    blocks = f"{start}transformer.resblocks."
    depth = len({name.removeprefix(blocks).split(".")[0] for name in state if name.startswith(blocks)})
    sizes = text.get("vocab_size", 49408), text.get("width", 512)
    return depth == text.get("layers", 12) and _has_shape(state, f"{start}token_embedding.weight", sizes)


def _has_shape(state: State, name: str, shape: tuple[int, ...]) -> bool:
    return name in state and tuple(state[name].shape) == shape


def _fits(name: str, config: dict[str, Any], state: State) -> bool:
    try:
        network = build_network(name, config, "meta")
        own = CUSTOM_TEXT in state and hasattr(network, "token_embedding")  # the same sizes, of another kind
        return not own and not find_misfit(network, convert_names(network, state))
    except (ModelError, *_UNBUILDABLE):
        return False  # such as a Hugging Face text encoder whose config is not on this computer
