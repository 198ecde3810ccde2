"""Merges adapters (LoRA, as peft saves them) into the weights of their models.

Hu et al., LoRA, ICLR 2022, equation 3: W + s·B·A, where s is alpha / r. Liu et al., DoRA, ICML 2024, equation 5: the
rows of that sum, scaled to learned lengths.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict

import torch
from msgspec import Meta
from torch import Tensor

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.inputs.json_documents import check_document, read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE
from exclip_desktop.models.transformers_folder import BLOCK_NAMES, TRUNK_NAMES

ADAPTER_CONFIG: Final = "adapter_config.json"
ADAPTER_WEIGHTS: Final = ("adapter_model.safetensors", "adapter_model.bin")
START: Final = "base_model.model."  # of every name in peft's files
LORA: Final = ".lora_"
USUAL_ALPHA: Final = 8  # of peft, where a config has none
UNKNOWN: Final = ("use_qalora", "layer_replication", "trainable_token_indices", "target_parameters", "megatron_config")
"""Options of peft whose weights cannot be merged here."""
CHANGED_BASES: Final = ("pissa", "olora", "corda", "loftq")  # starts that change the model's weights too
OWN_PARTS: Final = re.compile(r"(?:^|\.)((?:vision_model|text_model|visual_projection|text_projection)\..*)$")
BLOCK: Final = re.compile(r"(vision_model|text_model)\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")
BLOCKS: Final = {
    "vision_model": ("visual.transformer.resblocks.", "visual.trunk.blocks."),
    "text_model": ("transformer.resblocks.", "text.transformer.resblocks."),
}
"""transformers' towers → the names that open_clip's networks have for their blocks."""
PROJECTIONS: Final = {"visual_projection.weight": "visual.proj", "text_projection.weight": "text_projection"}

State = Mapping[str, Tensor]
Name = Annotated[str, Meta(max_length=200)]
Alpha = Annotated[float, Meta(ge=-1e6, le=1e6)]
ModulePattern = Annotated[str, Meta(max_length=500, pattern=r"^\^?(?:[A-Za-z0-9_.-]|\\[.d])*\$?$")]  # linear time


class AdapterDocument(TypedDict, total=False):
    """The entries of peft's config that are read; others belong to training."""

    peft_type: Name | None
    base_model_name_or_path: Annotated[str, Meta(max_length=4_096)] | None
    init_lora_weights: bool | Name | None
    use_dora: bool | None
    use_rslora: bool | None
    fan_in_fan_out: bool | None
    lora_alpha: Alpha | None
    alpha_pattern: Annotated[dict[ModulePattern, Alpha], Meta(max_length=4_096)] | None


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter: its folder, the file of its weights, and peft's config."""

    folder: Path
    weights: Path
    config: dict[str, Any]

    @property
    def base(self) -> str:
        """The folder or repository of its model, as it names it; empty where it does not."""
        return str(self.config.get("base_model_name_or_path") or "")

    def compute_sha256(self) -> str:
        """Return the SHA-256 of its config and weights."""
        config = json.dumps(self.config, sort_keys=True).encode()
        return hashlib.sha256(config + self.weights.read_bytes()).hexdigest()


def is_adapter_folder(folder: Path) -> bool:
    """Return whether a folder holds an adapter of peft's format."""
    return (folder / ADAPTER_CONFIG).is_file()


def read_adapter(folder: Path) -> Adapter:
    """Return the adapter in a folder.

    Raises:
        ModelError: it cannot be read, or is of a kind that cannot be merged.

    """
    path = folder / ADAPTER_CONFIG
    if not path.exists():
        raise ModelError(f"{folder} holds no adapter (LoRA): it has no {ADAPTER_CONFIG}.")
    config = read_document(path, dict[str, Any], CONFIG_FILE, ModelError)
    check_document(config, AdapterDocument, path, ModelError, "Correct it, or fetch the adapter again.")
    weights = next((folder / name for name in ADAPTER_WEIGHTS if (folder / name).is_file()), None)
    if weights is None:
        raise ModelError(f"The adapter {folder.name} has no weights.", f"Put {ADAPTER_WEIGHTS[0]} into the folder.")
    obstacle = _find_obstacle(config)
    if obstacle:
        raise ModelError(
            f"{folder.name} is an adapter of peft with {obstacle}, which cannot be merged here.",
            "Merge it into its model first: merge_and_unload() of peft, then save_pretrained().",
        )
    return Adapter(folder, weights, config)


def _find_obstacle(config: Mapping[str, Any]) -> str:
    """Return what cannot be merged; empty where everything can."""
    kind, start = config.get("peft_type", "LORA"), str(config.get("init_lora_weights", "")).lower()
    if kind != "LORA":
        return f"the type {kind}"
    if start.startswith(CHANGED_BASES):
        return f"the start {start}, which changes the model's own weights as well"
    if config.get("use_dora") and config.get("fan_in_fan_out"):
        return "use_dora and fan_in_fan_out together"
    return next((f"the option {name}" for name in UNKNOWN if config.get(name)), "")


def merge_adapter(adapter: Adapter, weights: State, state: State) -> dict[str, Tensor]:
    """Return a model's weights, in transformers' names or open_clip's, with the ``weights`` of an adapter added.

    Raises:
        ModelError: the adapter changes a weight that the model does not have, or has another shape.

    """
    own = {_clean(name): value for name, value in weights.items()}
    merged = dict(state)
    try:
        for module in sorted({name.partition(LORA)[0] for name in own if LORA in name}):
            start, lora = f"{module}.", f"{module}{LORA}"
            parts = {name.removeprefix(start): value for name, value in own.items() if name.startswith(lora)}
            _merge_module(adapter.config, module, parts, merged)
        for name, value in own.items():
            if LORA not in name:  # a bias, or a module that was trained as a whole
                _change(merged, name, partial(_replace, value))
    except (KeyError, RuntimeError, ValueError) as error:
        reason = f"it changes {error.args[0]}, which the model lacks" if isinstance(error, KeyError) else str(error)
        raise ModelError(
            f"The adapter {adapter.folder.name} does not fit the model: {reason}.",
            "Name the model that it was trained with.",
        ) from error
    return merged


def _replace(trained: Tensor, _: Tensor) -> Tensor:
    return trained


def _clean(name: str) -> str:
    """Return a name of peft's file as the model has it."""
    for infix in (".base_layer", ".modules_to_save", ".default"):
        name = name.replace(f"{infix}.", ".")
    return name.removeprefix(START).removesuffix(".default")


def _merge_module(config: Mapping[str, Any], module: str, parts: State, merged: dict[str, Tensor]) -> None:
    """Add the product of A (r, in) and B (out, r) to a module's weight."""
    embeds = "lora_embedding_A" in parts
    ends = ("lora_embedding_A", "lora_embedding_B") if embeds else ("lora_A.weight", "lora_B.weight")
    down, up = (parts[end].float() for end in ends)
    scale = _compute_scale(config, module, len(down))
    delta = scale * (up.flatten(1) @ down.flatten(1))
    delta = delta.T if embeds or config.get("fan_in_fan_out") else delta
    lengths = parts.get("lora_magnitude_vector", parts.get("lora_magnitude_vector.weight"))

    def change(weight: Tensor) -> Tensor:
        whole = weight.float().flatten(1) + delta
        if lengths is not None:
            whole = whole * (lengths.float().flatten() / torch.linalg.norm(whole, dim=1))[:, None]
        return whole.reshape(weight.shape)

    _change(merged, f"{module}.weight", change)
    if "lora_B.bias" in parts:
        _change(merged, f"{module}.bias", lambda bias: bias + scale * parts["lora_B.bias"])


def _compute_scale(config: Mapping[str, Any], module: str, rank: int) -> float:
    """Return the factor of an adapter's product for a module: alpha / r, or alpha / √r (rsLoRA)."""
    patterns = config.get("alpha_pattern") or {}
    own = next((value for key, value in patterns.items() if re.match(rf"(.*\.)?({key})$", module)), None)
    alpha = float(config.get("lora_alpha", USUAL_ALPHA) if own is None else own)
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank


def _change(merged: dict[str, Tensor], name: str, change: Callable[[Tensor], Tensor]) -> None:
    """Replace a weight, or the rows of a weight that joins query, key and value; raise ``KeyError`` without it."""
    target, third, turned = _locate_weight(name, merged)
    weight = merged[target]
    rows = len(weight) // 3 if third is not None else len(weight)
    part = weight[(third or 0) * rows : (third or 0) * rows + rows]
    part = part.T if turned else part
    changed = change(part)
    if changed.shape != part.shape:
        raise ValueError(f"{name} is {tuple(changed.shape)} in the adapter, {tuple(part.shape)} in the model")
    whole = weight.clone()
    whole[(third or 0) * rows : (third or 0) * rows + rows] = (changed.T if turned else changed).to(weight.dtype)
    merged[target] = whole


def _locate_weight(name: str, state: State) -> tuple[str, int | None, bool]:
    """Return a weight's name in ``state``, the third of its rows (query, key, value) or None, and if it is turned.

    Raises:
        KeyError: there is none.

    """
    found = OWN_PARTS.search(name)
    short = found[1] if found else name
    for direct in (name, short, re.sub(r"\.(weight|bias)$", r".in_proj_\1", name)):
        if direct in state:
            return direct, None, False
    if PROJECTIONS.get(short) in state:
        return PROJECTIONS[short], None, True
    block = BLOCK.fullmatch(short)
    for start in BLOCKS[block[1]] if block else ():
        target = _locate_in_block(f"{start}{block[2]}.", block[3], block[4]) if block else None
        if target is not None and target[0] in state:
            return *target, False
    raise KeyError(name)


def _locate_in_block(start: str, module: str, kind: str) -> tuple[str, int | None]:
    is_timm = ".trunk." in start
    if module.startswith("self_attn.") and module != "self_attn.out_proj":
        joined = f"attn.qkv.{kind}" if is_timm else f"attn.in_proj_{kind}"
        return f"{start}{joined}", "qkv".index(module.removeprefix("self_attn.")[0])
    if module == "self_attn.out_proj":
        return f"{start}attn.{'proj' if is_timm else 'out_proj'}.{kind}", None
    return f"{start}{(TRUNK_NAMES if is_timm else BLOCK_NAMES).get(module, module)}.{kind}", None
