"""Folders of Hugging Face's transformers, CLIP, Chinese-CLIP and SigLIP, as open_clip's config and weights.

They have the same networks as open_clip's, under other names: the config is derived, and weights are renamed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import timm
import torch
from timm.models import register_model
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor

from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.models.transformers_documents import check_pair_config, read_json, read_pair_config

PREFIX: Final = "transformers:"
"""Start of the schema of such a folder, as ``local-dir:`` is that of open_clip's folders."""
CONFIG: Final = "config.json"
PICTURE_MARK: Final = "vision_model.embeddings.patch_embedding.weight"
TEXT_MARK: Final = "text_model.embeddings.token_embedding.weight"
CHINESE_MARK: Final = "text_model.embeddings.word_embeddings.weight"
CLIP_TEXT: Final = {
    **{"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8},
    **{"vocab_size": 49408, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5},
    **{"eos_token_id": 49407},
}
CLIP_VISION: Final = {
    **{"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12},
    **{"image_size": 224, "patch_size": 32, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5},
}
SIGLIP_TEXT: Final = {
    **{"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12},
    **{"vocab_size": 32000, "max_position_embeddings": 64, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6},
}
SIGLIP_VISION: Final = {**SIGLIP_TEXT, "image_size": 224, "patch_size": 16}
"""Values of transformers where a config leaves them out, as published configs do."""
CHINESE, CHINESE_CONTEXT = "chinese_clip", 52
"""Chinese-CLIP, and the number of tokens that it was trained with (Yang et al., 2022)."""
BERT_ENTRIES: Final = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act"),
    *("max_position_embeddings", "type_vocab_size", "layer_norm_eps", "pad_token_id"),
)
TRUNK_NAME: Final = re.compile(r"siglip_" + r"([1-9]\d{0,5})_" * 6 + r"(gelu|gelu_tanh)_(\d(?:\.\d{1,9})?(?:e-\d\d)?)")
MOST_LAYERS, MOST_PX = 256, 4_096
LEGACY_EOS: Final = 2  # in old configs, which pool at the largest id, as open_clip does
BLOCK_NAMES: Final = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
TRUNK_NAMES: Final = {"layer_norm1": "norm1", "layer_norm2": "norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2"}

RELATED_FAMILIES: Final = (
    *("siglip2", "align", "altclip", "metaclip_2", "clipseg", "groupvit", "flava", "blip", "xclip"),
)
"""Families that compare pictures with captions too, and cannot be explained."""

State = Mapping[str, Tensor]
Config = dict[str, Any]


def is_transformers_folder(folder: Path) -> bool:
    """Return whether a folder holds a model of transformers, of any family."""
    return bool(read_family(folder))


def read_family(folder: Path) -> str:
    """Return the family of the model of transformers in a folder, such as ``clip``; empty: there is none."""
    family = read_json(folder / CONFIG).get("model_type")
    return family if isinstance(family, str) else ""


def is_transformers_state(state: State) -> bool:
    """Return whether weights have the names of transformers' CLIP, Chinese-CLIP or SigLIP."""
    return PICTURE_MARK in state and (TEXT_MARK in state or CHINESE_MARK in state)


def derive_config(folder: Path) -> Config:
    """Return open_clip's config of the model in a folder.

    Raises:
        ModelError: the config cannot be read, or is of a family that cannot be explained.

    """
    own = read_pair_config(folder / CONFIG)
    if str(own.get("model_type")) in FAMILIES:
        check_pair_config(own, folder / CONFIG)
    try:
        return convert_config(own, folder.name, str(folder))
    except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError) as error:
        raise ModelError(f"{folder / CONFIG} cannot be read: {error}.", "Fetch it again.") from error


def convert_config(own: Config, name: str, tokenizer: str) -> Config:
    """Return open_clip's config of transformers' ``own``; ``tokenizer``: the folder or repository of its tokenizer.

    Raises:
        ModelError: the family cannot be explained; the message contains ``name``.
        TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError: an entry is wrong.

    """
    family = own.get("model_type")
    derive = FAMILIES.get(str(family))
    if derive is None:
        more = " Its pictures have no fixed size." if family == "siglip2" else ""
        raise ModelError(
            f'{name} is a model of transformers of the family "{family}", which cannot be explained.{more}',
            Remedy.CHOOSE_OTHER_MODEL,
        )
    return derive(own, tokenizer)


def _derive_clip(own: Config, _: str) -> Config:
    text, vision = _part(own, "text_config", CLIP_TEXT), _part(own, "vision_config", CLIP_VISION)
    acts = {text["hidden_act"], vision["hidden_act"]}
    if acts not in ({"quick_gelu"}, {"gelu"}):
        raise ValueError(f"its activations are {', '.join(sorted(acts))}")
    if text["eos_token_id"] not in (LEGACY_EOS, text["vocab_size"] - 1):
        raise ValueError(f"its end token is {text['eos_token_id']}, not the last of its vocabulary")
    return {
        "embed_dim": own.get("projection_dim", 512),
        "quick_gelu": acts == {"quick_gelu"},
        "vision_cfg": _derive_clip_vision(vision),
        "text_cfg": {
            "context_length": text["max_position_embeddings"],
            "vocab_size": text["vocab_size"],
            "layers": text["num_hidden_layers"],
            "width": text["hidden_size"],
            "heads": text["num_attention_heads"],
            "mlp_ratio": text["intermediate_size"] / text["hidden_size"],
            "norm_kwargs": {"eps": text["layer_norm_eps"]},
        },
    }


def _derive_clip_vision(vision: Config) -> Config:
    return {
        "image_size": vision["image_size"],
        "patch_size": vision["patch_size"],
        "layers": vision["num_hidden_layers"],
        "width": vision["hidden_size"],
        "head_width": vision["hidden_size"] // vision["num_attention_heads"],
        "mlp_ratio": vision["intermediate_size"] / vision["hidden_size"],
        "norm_kwargs": {"eps": vision["layer_norm_eps"]},
    }


def _derive_chinese(own: Config, place: str) -> Config:
    vision = _part(own, "vision_config", CLIP_VISION)
    act = vision["hidden_act"]
    if act not in ("quick_gelu", "gelu"):
        raise ValueError(f"its activation is {act}")
    return {
        "embed_dim": own.get("projection_dim", 512),
        "quick_gelu": act == "quick_gelu",
        "custom_text": True,
        "vision_cfg": _derive_clip_vision(vision),
        "text_cfg": {
            "hf_model_name": place,
            "hf_tokenizer_name": place,
            "tokenizer_kwargs": {"clean": "whitespace"},
            "hf_pooler_type": "cls_last_hidden_state_pooler",
            "hf_proj_type": "linear",
            "context_length": CHINESE_CONTEXT,
        },
    }


def derive_text_encoder(own: Config) -> Config | None:
    """Return the config of the BERT inside a Chinese-CLIP; None for other families."""
    if own.get("model_type") != CHINESE:
        return None
    text = {name: value for name, value in (own.get("text_config") or {}).items() if name in BERT_ENTRIES}
    return {"pad_token_id": 0, **text, "model_type": "bert"}


def _derive_siglip(own: Config, tokenizer: str) -> Config:
    text, vision = _part(own, "text_config", SIGLIP_TEXT), _part(own, "vision_config", SIGLIP_VISION)
    trunk = Trunk(
        width=vision["hidden_size"],
        depth=vision["num_hidden_layers"],
        heads=vision["num_attention_heads"],
        patch=vision["patch_size"],
        size=vision["image_size"],
        hidden=vision["intermediate_size"],
        act=_act(vision["hidden_act"]),
        eps=vision["layer_norm_eps"],
    )
    return {
        "embed_dim": vision["hidden_size"],
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {
            "image_size": vision["image_size"],
            "timm_model_name": trunk.register(),
            "timm_model_pretrained": False,
            "timm_pool": "map",
            "timm_proj": "none",
        },
        "text_cfg": {
            "context_length": text["max_position_embeddings"],
            "vocab_size": text["vocab_size"],
            "hf_tokenizer_name": tokenizer,
            "tokenizer_kwargs": {"clean": "canonicalize"},
            "layers": text["num_hidden_layers"],
            "width": text["hidden_size"],
            "heads": text["num_attention_heads"],
            "mlp_ratio": text["intermediate_size"] / text["hidden_size"],
            "no_causal_mask": True,
            "proj_bias": True,
            "pool_type": "last",
            "norm_kwargs": {"eps": text["layer_norm_eps"]},
            "act_kwargs": {"approximate": "tanh"} if _act(text["hidden_act"]) == "gelu_tanh" else {},
        },
    }


FAMILIES: Final[dict[str, Callable[[Config, str], Config]]] = {
    "clip": _derive_clip,
    "siglip": _derive_siglip,
    CHINESE: _derive_chinese,
}
"""``model_type`` of the config → the function that derives open_clip's config."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """Sizes of SigLIP's image encoder, which timm builds under a name of their own."""

    width: int
    depth: int
    heads: int
    patch: int
    size: int
    hidden: int
    act: str
    eps: float

    def register(self) -> str:
        """Tell timm the network of these sizes, once; return its name."""
        sizes = (self.width, self.depth, self.heads, self.patch, self.size, self.hidden)
        name = f"siglip_{'_'.join(map(str, sizes))}_{self.act}_{self.eps:g}"
        if not timm.is_model(name):

            def build(pretrained: bool = False, **options: Any) -> VisionTransformer:
                for unused in ("pretrained_cfg", "pretrained_cfg_overlay", "cache_dir"):
                    options.pop(unused, None)
                return VisionTransformer(**{**self._arguments(), **options})

            build.__name__ = name
            register_model(build)
        return name

    def _arguments(self) -> dict[str, Any]:
        return {
            "img_size": self.size,
            "patch_size": self.patch,
            "embed_dim": self.width,
            "depth": self.depth,
            "num_heads": self.heads,
            "mlp_ratio": self.hidden / self.width,
            "act_layer": self.act,
            "norm_layer": partial(torch.nn.LayerNorm, eps=self.eps),
            "class_token": False,
            "global_pool": "map",
            "num_classes": 0,
        }


def register_trunk(vision: Mapping[str, Any]) -> None:
    """Tell timm the image encoder that an ``open_clip_config.json`` names, which ``derive_config`` made elsewhere."""
    name = str(vision.get("timm_model_name") or "")
    found = TRUNK_NAME.fullmatch(name)
    if found is None:
        return
    width, depth, heads, patch, size, hidden = map(int, found.groups()[:6])
    if depth <= MOST_LAYERS and patch <= size <= MOST_PX:
        Trunk(width, depth, heads, patch, size, hidden, found[7], float(found[8])).register()


def _act(name: str) -> str:
    if name not in ("gelu", "gelu_pytorch_tanh"):
        raise ValueError(f"its activation is {name}")
    return "gelu_tanh" if name == "gelu_pytorch_tanh" else "gelu"


def _part(own: Config, name: str, usual: Config) -> Config:
    """Return one side's config, completed; old ones have it once more under ``…_dict``."""
    return {**usual, **(own.get(name) or {}), **(own.get(f"{name}_dict") or {})}


def convert_state(state: State) -> dict[str, Tensor]:
    """Return weights of transformers' CLIP or SigLIP under open_clip's names; others are unchanged."""
    if not is_transformers_state(state):
        return dict(state)
    state = {name: value for name, value in state.items() if not name.endswith("position_ids")}
    if "visual_projection.weight" not in state:
        return dict(_convert_siglip(state))
    return dict(_convert_chinese(state) if CHINESE_MARK in state else _convert_clip(state))


VISION_NAMES: Final = {
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "vision_model.pre_layrnorm": "visual.ln_pre",
    "vision_model.post_layernorm": "visual.ln_post",
}


def _convert_clip(state: State) -> Iterator[tuple[str, Tensor]]:
    names = VISION_NAMES | {
        "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": "positional_embedding",
        "text_model.final_layer_norm": "ln_final",
    }
    rest = dict(state)
    yield from _take_blocks(rest, "vision_model.", "visual.transformer.resblocks.", BLOCK_NAMES, "in_proj_{}")
    yield from _take_blocks(rest, "text_model.", "transformer.resblocks.", BLOCK_NAMES, "in_proj_{}")
    yield "visual.proj", rest.pop("visual_projection.weight").T.contiguous()
    yield "text_projection", rest.pop("text_projection.weight").T.contiguous()
    yield from _rename(rest, names)


def _convert_chinese(state: State) -> Iterator[tuple[str, Tensor]]:
    rest = {name: value for name, value in state.items() if not name.startswith("text_model.pooler.")}  # is not used
    yield from _take_blocks(rest, "vision_model.", "visual.transformer.resblocks.", BLOCK_NAMES, "in_proj_{}")
    yield "visual.proj", rest.pop("visual_projection.weight").T.contiguous()
    yield from _rename(
        rest, VISION_NAMES | {"text_model": "text.transformer", "text_projection.weight": "text.proj.weight"}
    )


def _convert_siglip(state: State) -> Iterator[tuple[str, Tensor]]:
    names = {
        "vision_model.embeddings.patch_embedding": "visual.trunk.patch_embed.proj",
        "vision_model.post_layernorm": "visual.trunk.norm",
        "vision_model.head.probe": "visual.trunk.attn_pool.latent",
        "vision_model.head.attention.out_proj": "visual.trunk.attn_pool.proj",
        "vision_model.head.layernorm": "visual.trunk.attn_pool.norm",
        "vision_model.head.mlp": "visual.trunk.attn_pool.mlp",
        "text_model.embeddings.token_embedding": "text.token_embedding",
        "text_model.embeddings.position_embedding.weight": "text.positional_embedding",
        "text_model.final_layer_norm": "text.ln_final",
        "text_model.head": "text.text_projection",
    }
    rest = dict(state)
    yield from _take_blocks(rest, "vision_model.", "visual.trunk.blocks.", TRUNK_NAMES, "qkv.{}")
    yield from _take_blocks(rest, "text_model.", "text.transformer.resblocks.", BLOCK_NAMES, "in_proj_{}")
    yield "visual.trunk.pos_embed", rest.pop("vision_model.embeddings.position_embedding.weight")[None]
    for kind in ("weight", "bias"):
        pooled = rest.pop(f"vision_model.head.attention.in_proj_{kind}")
        width = len(pooled) // 3
        yield f"visual.trunk.attn_pool.q.{kind}", pooled[:width]
        yield f"visual.trunk.attn_pool.kv.{kind}", pooled[width:]
    yield from _rename(rest, names)


def _take_blocks(
    rest: dict[str, Tensor], start: str, target: str, names: Mapping[str, str], joined: str
) -> Iterator[tuple[str, Tensor]]:
    """Yield a tower's blocks under open_clip's or timm's names, and remove them; query, key and value are joined."""
    blocks = f"{start}encoder.layers."
    out = "attn.out_proj" if joined.startswith("in_proj") else "attn.proj"
    for name in [name for name in rest if name.startswith(blocks)]:
        layer, _, part = name.removeprefix(blocks).partition(".")
        module, _, kind = part.rpartition(".")
        if module == "self_attn.q_proj":
            parts = [rest.pop(f"{blocks}{layer}.self_attn.{one}_proj.{kind}") for one in "qkv"]
            yield f"{target}{layer}.attn.{joined.format(kind)}", torch.cat(parts)
        elif module not in ("self_attn.k_proj", "self_attn.v_proj"):
            own = out if module == "self_attn.out_proj" else names.get(module, module)
            yield f"{target}{layer}.{own}.{kind}", rest.pop(name)


def _rename(rest: State, names: Mapping[str, str]) -> Iterator[tuple[str, Tensor]]:
    for name, value in rest.items():
        start = next((one for one in names if name == one or name.startswith(f"{one}.")), "")
        yield names[start] + name.removeprefix(start) if start else name, value
