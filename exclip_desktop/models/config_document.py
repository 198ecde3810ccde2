"""Schema of open_clip's configs in folders: the entries that the program understands, each with its bounds.

Nothing in such a file can name a path, a function or a place on the network: models are named by timm's registry,
tokenizers and text encoders by what lies in the folder or in Hugging Face's cache.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import timm
from msgspec import Meta, Struct

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.inputs.json_documents import check_document, read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE
from exclip_desktop.models.transformers_folder import register_trunk

OPEN_CLIP_CONFIG: Final = "open_clip_config.json"
HINT: Final = "Correct the config, or fetch the model again."
_TIMM_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?")

Layers = Annotated[int, Meta(ge=1, le=256)]
Stage = Annotated[int, Meta(ge=1, le=128)]
Width = Annotated[int, Meta(ge=1, le=32_768)]
Patch = Annotated[int, Meta(ge=1, le=1_024)]
Pixels = Annotated[int, Meta(ge=1, le=4_096)]
Context = Annotated[int, Meta(ge=3, le=16_384)]  # a word between the first and the last token
Tokens = Annotated[int, Meta(ge=1, le=16_384)]
Vocabulary = Annotated[int, Meta(ge=1, le=8_000_000)]
TokenId = Annotated[int, Meta(ge=0, le=8_000_000)]
Ratio = Annotated[float, Meta(gt=0, le=128)]
Share = Annotated[float, Meta(ge=0, le=1)]
Small = Annotated[float, Meta(ge=-1e6, le=1e6)]
Positive = Annotated[float, Meta(ge=1e-6, le=1e6)]
Name = Annotated[str, Meta(max_length=200)]
Word = Annotated[str, Meta(max_length=40, pattern=r"^[A-Za-z0-9_]*$")]
SpecialToken = Annotated[str, Meta(pattern=r"^<[A-Za-z0-9_]{1,40}>$")]  # goes into a regular expression
# msgspec 0.23 reads foreign memory where a bounded number stands in a union with a tuple: such pairs are lists.


class ActOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Options of an activation."""

    approximate: Literal["none", "tanh"] = "none"


class NormOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Options of a layer norm."""

    eps: Annotated[float, Meta(gt=0, le=1)] = 1e-5
    elementwise_affine: bool = True
    bias: bool = True


class TokenizerOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Options of open_clip's tokenizers; neither a path nor a function can be among them."""

    clean: Literal["canonicalize", "lower", "whitespace"] = "lower"
    strip_sep_token: bool = False
    reduction_mask: Word | None = None
    language: Word | None = None
    additional_special_tokens: Annotated[list[SpecialToken], Meta(max_length=64)] | None = None


class BlockOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entries that both encoders have."""

    mlp_ratio: Ratio = 4.0
    ls_init_value: Small | None = None
    final_ln_after_pool: bool = False
    output_tokens: bool = False
    act_kwargs: ActOptions | None = None
    norm_kwargs: NormOptions | None = None
    block_type: Word | None = None
    qk_norm: bool = False
    scaled_cosine_attn: bool = False
    scale_heads: bool = False
    scale_attn_inner: bool = False
    scale_attn: bool = False
    scale_fc: bool = False


class VisionConfig(BlockOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entries of ``vision_cfg``."""

    layers: Layers | Annotated[list[Stage], Meta(min_length=4, max_length=4)] = 12
    width: Width = 768
    head_width: Width = 64
    patch_size: Patch | Annotated[list[Patch], Meta(min_length=2, max_length=2)] | None = 16
    image_size: Pixels | Annotated[list[Pixels], Meta(min_length=2, max_length=2)] = 224
    patch_dropout: Share = 0.0
    attentional_pool: bool | Word = False
    attn_pooler_queries: Tokens = 256
    attn_pooler_heads: Tokens = 8
    no_ln_pre: bool = False
    pos_embed_type: Word = "learnable"
    pool_type: Word = "tok"
    timm_model_name: Name | None = None
    timm_model_pretrained: bool = False
    timm_pool: Word | None = "avg"
    timm_proj: Word | None = "linear"
    timm_proj_bias: bool = False
    timm_drop: Share = 0.0
    timm_drop_path: Share | None = None


class TextConfig(BlockOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entries of ``text_cfg``, and of ``multimodal_cfg``, which has some more."""

    context_length: Context = 77
    vocab_size: Vocabulary = 49_408
    hf_tokenizer_name: Annotated[str, Meta(max_length=4_096)] | None = None
    tokenizer_mode: Word | None = None
    tokenizer_kwargs: TokenizerOptions | None = None
    width: Width = 512
    heads: Tokens = 8
    layers: Layers = 12
    embed_cls: bool = False
    pad_id: TokenId = 0
    eos_id: TokenId = 2
    no_causal_mask: bool = False
    pool_type: Word = "argmax"
    proj_bias: bool = False
    proj_type: Word | None = "linear"
    hf_model_name: Annotated[str, Meta(max_length=4_096)] | None = None
    hf_model_pretrained: bool = True
    hf_proj_type: Word | None = "mlp"
    hf_pooler_type: Word | None = "mean_pooler"


class DecoderConfig(TextConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entries of ``multimodal_cfg``: CoCa's decoder, which is built, and explains nothing."""

    dim_head: Width = 64
    n_queries: Tokens = 256
    attn_pooler_heads: Tokens = 8


class ModelConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entries of ``model_cfg``."""

    embed_dim: Width
    vision_cfg: VisionConfig
    text_cfg: TextConfig
    multimodal_cfg: DecoderConfig | None = None
    quick_gelu: bool = False
    custom_text: bool = False
    init_logit_scale: Small | None = None
    init_logit_bias: Small | None = None
    nonscalar_logit_scale: bool = False
    cast_dtype: None = None
    output_dict: bool = False
    pad_id: TokenId = 0


class PreprocessConfig(Struct, frozen=True, kw_only=True):
    """Entries of ``preprocess_cfg`` that decide a number; others belong to training."""

    mean: tuple[Small, Small, Small] | None = None
    std: tuple[Positive, Positive, Positive] | None = None
    interpolation: Literal["bicubic", "bilinear"] | None = None
    resize_mode: Literal["shortest", "longest", "squash"] | None = None
    fill_color: Annotated[int, Meta(ge=0, le=255)] | None = None
    size: Pixels | Annotated[list[Pixels], Meta(min_length=1, max_length=3)] | None = None
    mode: Literal["RGB"] | None = None


def read_folder_config(folder: Path) -> dict[str, Any]:
    """Return the ``model_cfg`` of a folder's ``open_clip_config.json``, as it is written.

    Raises:
        ModelError: the file cannot be read, or holds what the program does not understand; it names the entry.

    """
    path = folder / OPEN_CLIP_CONFIG
    document = _read_folder_document(path)
    held = document.get("model_cfg", document)
    check_model_config(held, path)
    return dict(held)


def read_folder_preprocess(folder: Path) -> dict[str, Any]:
    """Return the ``preprocess_cfg`` of a folder's ``open_clip_config.json``; empty where it has none.

    Raises:
        ModelError: the file cannot be read, or an entry is wrong.

    """
    path = folder / OPEN_CLIP_CONFIG
    held = _read_folder_document(path).get("preprocess_cfg")
    check_document(held, PreprocessConfig | None, f'{path}, "preprocess_cfg"', ModelError, HINT)  # type: ignore[arg-type]
    return dict(held or {})


def _read_folder_document(path: Path) -> dict[str, Any]:
    return read_document(path, dict[str, Any], CONFIG_FILE, ModelError, HINT)


def check_model_config(held: object, path: str | Path) -> None:
    """Raise ``ModelError`` where a ``model_cfg`` holds what the program does not understand."""
    config = check_document(held, ModelConfig, f'{path}, "model_cfg"', ModelError, HINT)
    _check_sizes(config, path)
    name = config.vision_cfg.timm_model_name
    if not name:
        return
    register_trunk({"timm_model_name": name})
    if _TIMM_NAME.fullmatch(name) is None or not timm.is_model(name):
        raise ModelError(
            f'{path}, "model_cfg": "vision_cfg.timm_model_name" is no model of the installed timm: {name!r}.',
            "Update timm (pip install -U timm), or choose another model.",
        )


def _check_sizes(config: ModelConfig, path: str | Path) -> None:
    vision, text = config.vision_cfg, config.text_cfg
    if vision.timm_model_name is None and isinstance(vision.layers, int):
        sizes, patches = _as_pair(vision.image_size), _as_pair(vision.patch_size or 1)
        if any(patch > size for patch, size in zip(patches, sizes, strict=True)):
            raise ModelError(f'{path}, "model_cfg": "vision_cfg.patch_size" is larger than the picture.', HINT)
    if not text.hf_model_name and text.width % text.heads:
        raise ModelError(f'{path}, "model_cfg": "text_cfg.width" is no multiple of "heads".', HINT)


def _as_pair(size: int | list[int]) -> list[int]:
    return [size, size] if isinstance(size, int) else size
