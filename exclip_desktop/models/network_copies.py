"""Copies networks in memory into networks of open_clip: those of open_clip, of transformers, and of OpenAI's clip.

The network that is copied stays as it is: its weights, its hooks, its mode and torch's random generator.
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from open_clip.coca_model import CoCa
from open_clip.model import CLIP, CustomTextCLIP
from torch import Tensor, nn

from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.paths import is_dir
from exclip_desktop.models.transformers_folder import convert_config, is_transformers_state
from exclip_desktop.models.weights.checkpoint_state import SIZES, merge_long_positions
from exclip_desktop.models.weights.fit import build_network, convert_names, find_misfit
from exclip_desktop.models.weights.positions import IMAGE_POSITIONS, POOL_POSITIONS, RESNET_PX

CLIP_PARTS: Final = ("visual", "transformer", "token_embedding", "ln_final", "text_projection")
"""Attributes of a network of OpenAI's package clip, and of those that descend from it, such as Long-CLIP."""
OWN: Final = CLIP | CustomTextCLIP | CoCa
WRAPPERS: Final = ("_orig_mod", "module")  # of torch.compile, DataParallel and DistributedDataParallel
ADAPTER: Final = "lora_"
HEAD_WIDTH: Final = 64  # of every network of clip
WHAT_TO_PASS: Final = "Pass a network of open_clip (CLIP, CustomTextCLIP, CoCa), transformers (CLIPModel, …) or clip."


@dataclass(frozen=True, slots=True)
class NetworkCopy:
    """A network of open_clip with a copy of the weights, in single precision, in evaluation mode.

    Attributes:
        network: the copy, on the CPU or where the copied network is.
        library: ``open_clip``, ``transformers`` or ``clip``.
        origin: the folder or repository that the network names as its own; empty: none.
        context: number of tokens that it reads; None: its text encoder knows it.
        tokenizer_clean: open_clip's name of the cleaning of captions before its tokenizer.
        build_random: builds the network with random weights, as at the start of a training.

    """

    network: Any
    library: str
    origin: str
    context: int | None
    tokenizer_clean: str
    build_random: Callable[[], Any]


def copy_network(network: object) -> NetworkCopy:
    """Return a copy of a network of open_clip, of transformers (CLIP, SigLIP) or of OpenAI's clip.

    Raises:
        ModelError: it is of another kind, or cannot be copied.

    """
    inner = _unwrap(network)
    if not isinstance(inner, nn.Module):
        raise ModelError(f"{short_repr(network)} is no network.", WHAT_TO_PASS)
    if any(value.is_meta for value in inner.parameters()):
        raise ModelError("The network has shapes only (device meta), no weights.", "Load its weights first.")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        return _copy(inner)


def _copy(network: nn.Module) -> NetworkCopy:
    if hasattr(network, "merge_and_unload"):  # a PeftModel
        return _copy(_copy_modules(network).merge_and_unload())
    if isinstance(network, OWN):
        own = _copy_modules(network)
        if hasattr(own, "set_grad_checkpointing"):
            own.set_grad_checkpointing(False)
        return NetworkCopy(_settle(own), "open_clip", "", None, "", partial(_redraw, own))
    state = network.state_dict()
    if any(ADAPTER in name for name in state):
        raise ModelError("The network holds an adapter (LoRA) beside its weights.", "Call merge_and_unload() first.")
    if is_transformers_state(state):
        return _copy_transformers(network, state)
    if all(hasattr(network, part) for part in CLIP_PARTS):
        config = _derive_clip_config(state, quick_gelu=_has_quick_gelu(network))
        return _fill("clip", config, merge_long_positions(_without_sizes(state)), "clip")
    parts = [name for name, child in network.named_children() if isinstance(_unwrap(child), OWN)]
    parts = parts or [name for name, child in network.named_children() if is_transformers_state(child.state_dict())]
    hint = f"Pass its part: network.{parts[0]}." if parts else WHAT_TO_PASS
    raise ModelError(f"A network of the type {type(network).__name__} cannot be explained.", hint)


def _unwrap(network: object) -> object:
    """Return the network inside wrappers of torch."""
    while inner := next(
        (found for one in WRAPPERS if isinstance(found := getattr(network, one, None), nn.Module)), None
    ):
        network = inner
    return network


def _copy_modules(network: nn.Module) -> Any:
    """Return a deep copy in single precision, without hooks and gradients."""
    memo: dict[int, Any] = {}
    for module in network.modules():
        hooks = [value for name, value in vars(module).items() if name.endswith("hooks") and isinstance(value, dict)]
        memo |= {id(value): type(value)() for value in hooks}
        for value in (*module._parameters.values(), *module._buffers.values()):
            if value is not None:
                copied = value.detach().clone()
                copied = copied.float() if copied.is_floating_point() else copied
                is_parameter = isinstance(value, nn.Parameter)
                memo[id(value)] = nn.Parameter(copied, requires_grad=False) if is_parameter else copied
    try:
        return deepcopy(network, memo)
    except (RuntimeError, TypeError) as error:  # tensors of a graph, or objects that hold a lock
        raise ModelError(
            f"The network cannot be copied: {error}.", "Save its state_dict, and load it by load_model."
        ) from error


def _settle(network: Any) -> Any:
    return network.eval().requires_grad_(False)


def _copy_transformers(network: Any, state: Mapping[str, Tensor]) -> NetworkCopy:
    values, origin = network.config.to_dict(), str(getattr(network.config, "_name_or_path", "") or "")
    try:
        config = convert_config(values, type(network).__name__, origin)
    except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError) as error:
        raise ModelError(f"A {type(network).__name__} of this config cannot be explained: {error}.") from error
    return _fill("transformers", config, state, type(network).__name__, origin)


def _fill(
    library: str, config: dict[str, Any], state: Mapping[str, Tensor], name: str, origin: str = ""
) -> NetworkCopy:
    """Return open_clip's network of a config with weights under its names."""
    folder = Path(origin) if origin and is_dir(Path(origin)) else None
    network = build_network(name, config, folder=folder)
    converted = convert_names(network, state)
    wrong = find_misfit(network, converted)
    if wrong:
        raise ModelError(f"The weights of the {name} do not fit its config: {wrong}.", WHAT_TO_PASS)
    network.load_state_dict(converted)
    text = config["text_cfg"]
    clean, context = (text.get("tokenizer_kwargs") or {}).get("clean", ""), text["context_length"]
    device = next(iter(state.values())).device
    build_random = partial(build_network, name, config, folder=folder, drawn=True)
    return NetworkCopy(_settle(network).to(device), library, origin, context, clean, build_random)


def _without_sizes(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if name not in SIZES}


def _has_quick_gelu(network: Any) -> bool:
    return any(type(module).__name__ == "QuickGELU" for module in network.transformer.modules())


def _derive_clip_config(state: Mapping[str, Tensor], *, quick_gelu: bool) -> dict[str, Any]:
    """Return open_clip's config of weights of OpenAI's clip, from their shapes.

    Raises:
        ModelError: a weight is missing.

    """
    try:
        width = state["ln_final.weight"].shape[0]
        return {
            "embed_dim": state["text_projection"].shape[1],
            "quick_gelu": quick_gelu,
            "vision_cfg": _derive_transformer(state) if "visual.proj" in state else _derive_resnet(state),
            "text_cfg": {
                "context_length": state["positional_embedding"].shape[0],
                "vocab_size": state["token_embedding.weight"].shape[0],
                "width": width,
                "heads": width // HEAD_WIDTH,
                "layers": _count_parts(state, "transformer.resblocks."),
            },
        }
    except (KeyError, AttributeError) as error:
        raise ModelError(f"The network has no weight {error}, which clip's networks have.", WHAT_TO_PASS) from error


def _derive_transformer(state: Mapping[str, Tensor]) -> dict[str, Any]:
    width, _, _, patch = state["visual.conv1.weight"].shape
    side = math.isqrt(len(state[IMAGE_POSITIONS]) - 1)
    layers = _count_parts(state, "visual.transformer.resblocks.")
    return {"layers": layers, "width": width, "patch_size": patch, "image_size": side * patch}


def _derive_resnet(state: Mapping[str, Tensor]) -> dict[str, Any]:
    side = math.isqrt(len(state[POOL_POSITIONS]) - 1)
    return {
        "layers": [_count_parts(state, f"visual.layer{stage}.") for stage in (1, 2, 3, 4)],
        "width": state["visual.layer1.0.conv1.weight"].shape[0],
        "image_size": side * RESNET_PX,
    }


def _count_parts(state: Mapping[str, Tensor], start: str) -> int:
    return len({name.removeprefix(start).split(".")[0] for name in state if name.startswith(start)})


def _redraw(network: Any) -> Any:
    """Return a copy with random weights: each module draws its own; embeddings and projections by their width."""
    drawn = _copy_modules(network)
    with torch.no_grad():
        for module in drawn.modules():
            for value in module.parameters(recurse=False):
                if value.ndim > 1 or value is getattr(module, "class_embedding", None):
                    value.normal_(std=value.shape[-1] ** -0.5)
            reset = getattr(module, "reset_parameters", getattr(module, "_reset_parameters", None))
            if reset is not None:
                reset()
    return drawn


def compute_content_sha256(network: nn.Module) -> str:
    """Return the SHA-256 of a network's weights: their names, shapes and bytes."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        held = value.detach().cpu().contiguous()
        digest.update(f"{name} {held.dtype} {tuple(held.shape)}\n".encode())
        digest.update(held.flatten().view(torch.uint8).numpy().data if held.numel() else b"")
    return digest.hexdigest()


def describe_network(network: nn.Module) -> list[str]:
    """Return a line for each module: its name, type and plain attributes, which decide numbers as the weights do."""
    return [f"{name} {type(module).__name__} {_describe_values(module)}" for name, module in network.named_modules()]


def _describe_values(module: nn.Module) -> dict[str, str]:
    held = {name: value for name, value in sorted(vars(module).items()) if not name.startswith("_")}
    values = {name: repr(value) for name, value in held.items() if _is_plain(value)}
    functions = {name: value.__qualname__ for name, value in held.items() if hasattr(value, "__qualname__")}
    return values | functions


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, int | float | str | bool | None)
