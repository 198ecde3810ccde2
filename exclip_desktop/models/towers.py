"""Which tower fits an encoder: the one place that knows the families."""

from typing import Any

from open_clip.modified_resnet import ModifiedResNet
from open_clip.transformer import VisionTransformer
from torch import nn

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.cuts import ImageTower, TextTower
from exclip_desktop.models.image_resnet import ResNetTower
from exclip_desktop.models.image_vit import VisionTransformerTower
from exclip_desktop.models.text_clip import CausalTower


def image_tower(visual: nn.Module) -> ImageTower:
    """Return the tower of an image encoder.

    Raises:
        ModelError: there is none for it.

    """
    if isinstance(visual, VisionTransformer):
        return VisionTransformerTower(visual)
    if isinstance(visual, ModifiedResNet):
        return ResNetTower(visual)
    raise ModelError(
        f"This model's image encoder ({type(visual).__name__}) cannot be explained yet.",
        "Choose a model whose image encoder is an open_clip vision transformer or ResNet, such as ViT-B-32.",
    )


def text_tower(network: nn.Module) -> TextTower:
    """Return the tower of the text part of ``network``, an open_clip ``CLIP`` or ``CustomTextCLIP``.

    Raises:
        ModelError: there is none for it.

    """
    text: Any = network if hasattr(network, "token_embedding") else getattr(network, "text", None)
    if not hasattr(text, "token_embedding") or getattr(text, "cls_emb", None) is not None:
        raise ModelError(
            f"This model's text encoder ({type(text).__name__}) cannot be explained yet.",
            "Choose a model with CLIP's own text encoder, such as ViT-B-32.",
        )
    pool = getattr(text, "text_pool_type", getattr(text, "pool_type", ""))
    if text.attn_mask is None or pool not in ("argmax", "eos"):
        raise ModelError(
            "This model's text encoder is not causal with [EOT] pooling, which cannot be explained yet.",
            "Choose a model with CLIP's own text encoder, such as ViT-B-32.",
        )
    return CausalTower(text)
