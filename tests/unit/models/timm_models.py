"""Small models of every timm family that open_clip's configs name, by names that timm knows while the tests run."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import timm
from timm.layers import LayerNorm, LayerNorm2d
from timm.models.convnext import ConvNeXt
from timm.models.eva import Eva
from timm.models.fastvit import FastVit, RepConditionalPosEnc
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer_hybrid import ConvStem, HybridEmbed
from timm.models.vision_transformer_relpos import VisionTransformerRelPos
from timm.models.vitamin import GeGluMlp, VitCfg, _create_vitamin
from torch import nn

WIDTH = 24  # tiny_config's embed_dim, for trunks whose pooled tokens are the embedding
VIT = partial(VisionTransformer, img_size=32, patch_size=8, embed_dim=WIDTH, depth=3, num_heads=2)
EVA = partial(Eva, img_size=32, patch_size=8, embed_dim=WIDTH, depth=3, num_heads=3, head_init_scale=20.0)
ROTATED = {"use_rot_pos_emb": True, "ref_feat_shape": (2, 2)}
MAPS = partial(ConvNeXt, depths=(1, 1, 2, 1), dims=(8, 16, 24, 32), ls_init_value=0.5)


def _mobile(**kwargs: Any) -> nn.Module:
    stem = ConvStem(channels=(6, 6, WIDTH), stride=(4, 2, 1), kernel_size=(4, 2, 1), padding=0, act_layer=nn.GELU)
    return VIT(patch_size=1, embed_layer=partial(HybridEmbed, backbone=stem, proj=False), no_embed_class=True, **kwargs)


def _vitamin(**kwargs: Any) -> nn.Module:
    stages = VitCfg(embed_dim=(8, 16, WIDTH), depths=(1, 1, 1), stem_width=8, head_type="1d")
    sizes = {"img_size": 64, "embed_dim": WIDTH, "depth": 3, "num_heads": 2, "mlp_ratio": 2.0}
    raw = {"class_token": False, "global_pool": "avg", "mlp_layer": GeGluMlp}
    network: nn.Module = _create_vitamin("vitamin_small_224", embed_cfg=stages, **(sizes | raw | kwargs))
    return network


FAST = partial(FastVit, lkc_use_act=True, layer_scale_init_value=0.5)
CONDITIONAL = partial(RepConditionalPosEnc, spatial_shape=(3, 3))
FOUR = {"layers": (1, 1, 1, 1), "embed_dims": (8, 8, 16, 32), "mlp_ratios": (2,) * 4}
FOUR |= {"se_downsamples": (False, False, True, True), "pos_embs": (None, None, None, CONDITIONAL)}
FOUR |= {"token_mixers": ("repmixer",) * 3 + ("attention",)}
FIVE = {"layers": (1,) * 5, "embed_dims": (8, 8, 8, 32, 32), "mlp_ratios": (2,) * 5, "se_downsamples": (False,) * 5}
FIVE |= {"downsamples": (False, True, True, True, True), "pos_embs": (None, None, None, CONDITIONAL, CONDITIONAL)}
FIVE |= {"token_mixers": ("repmixer",) * 3 + ("attention",) * 2}


@dataclass(frozen=True)
class Family:
    """A small trunk, its pooling and projection in open_clip's configs, and the expected properties of its tower."""

    trunk: Callable[..., nn.Module]
    pool: str = ""
    proj: str | None = "linear"
    image_size: int = 32
    closed: str | None = None
    """The only layer with a closed form."""


FAMILIES: dict[str, Family] = {
    "siglip": Family(partial(VIT, class_token=False), "map", "none", closed="pool"),
    "mobileclip_b": Family(_mobile, "token", None, closed="last"),
    "clip": Family(partial(VIT, pre_norm=True, norm_layer=LayerNorm), "token", None, closed="last"),
    "layer_scale": Family(partial(VIT, init_values=0.5, qkv_bias=False), "token", "mlp", closed="last"),
    "registers": Family(
        partial(VIT, reg_tokens=2, no_embed_class=True, dynamic_img_size=True), "map", "none", closed="pool"
    ),
    "qk_norm": Family(partial(VIT, qk_norm=True), "token", None),
    "gap": Family(partial(VIT, class_token=False, global_pool="avg", fc_norm=False)),
    "average_with_prefix": Family(partial(VIT, reg_tokens=1), "avg"),
    "vitamin": Family(_vitamin, image_size=64),
    "eva01": Family(EVA, "token", None),
    "eva02": Family(
        partial(EVA, qkv_fused=False, swiglu_mlp=True, scale_mlp=True, scale_attn_inner=True, **ROTATED), "token", None
    ),
    "eva02_e": Family(partial(EVA, use_post_norm=True), "token", None),
    "eva_mixed": Family(partial(EVA, use_rot_pos_emb=True, rope_type="mixed"), "avg", None),
    "pe_core": Family(
        partial(
            EVA,
            attn_type="rope",
            use_pre_transformer_norm=True,
            rope_grid_offset=1.0,
            rope_grid_indexing="xy",
            attn_pool_num_heads=2,
            **ROTATED,
        ),
        "map",
        None,
        closed="pool",
    ),
    "relpos": Family(
        partial(
            VisionTransformerRelPos,
            img_size=32,
            patch_size=8,
            embed_dim=WIDTH,
            depth=3,
            num_heads=2,
            init_values=0.5,
            class_token=True,
            global_pool="token",
        )
    ),
    "relpos_shared": Family(
        partial(
            VisionTransformerRelPos,
            img_size=32,
            patch_size=8,
            embed_dim=WIDTH,
            depth=3,
            num_heads=2,
            rel_pos_type="bias",
            shared_rel_pos=True,
        ),
        "avg",
    ),
    "convnext": Family(MAPS, image_size=64),
    "convnext_mlp": Family(MAPS, proj="mlp", image_size=64),
    "convnext_xxlarge": Family(partial(MAPS, norm_eps=1e-5, head_norm_first=True, use_grn=True), image_size=64),
    "mobileclip_s0": Family(partial(FAST, **FOUR), "avg", None),
    "mobileclip_s3": Family(
        partial(FAST, norm_layer=LayerNorm2d, stem_use_scale_branch=False, **FIVE), "avg", None, image_size=64
    ),
    "swin": Family(
        partial(
            SwinTransformer,
            img_size=32,
            patch_size=2,
            window_size=2,
            embed_dim=8,
            depths=(2, 1, 2, 1),
            num_heads=(1, 2, 2, 2),
        )
    ),
}


def register() -> None:
    """Register every small trunk in timm as ``exclip_`` and its family's name."""
    for name, family in FAMILIES.items():
        if not timm.is_model(f"exclip_{name}"):
            _register(f"exclip_{name}", family.trunk)


def _register(name: str, trunk: Callable[..., nn.Module]) -> None:
    def entry(
        pretrained: bool = False,
        pretrained_cfg: object = None,
        pretrained_cfg_overlay: object = None,
        cache_dir: object = None,
        **kwargs: Any,
    ) -> nn.Module:
        network = trunk(**kwargs)
        network.default_cfg = {}  # type: ignore[assignment]
        return network

    entry.__name__ = name
    timm.models.register_model(entry)


def changes(name: str) -> dict[str, Any]:
    """Return the changes of the family's small model to ``tiny_config``."""
    family = FAMILIES[name]
    vision = {"timm_model_name": f"exclip_{name}", "timm_pool": family.pool, "timm_proj": family.proj}
    return {"vision": vision | {"image_size": family.image_size}}
