"""Which tower fits an encoder: the one place that knows the families."""

from open_clip import CLIP
from open_clip.hf_model import HFTextEncoder
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from open_clip.transformer import TextTransformer, VisionTransformer
from torch import nn

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.towers.image_resnet import ResNetTower
from exclip_desktop.models.towers.image_timm_maps import NAMES, FeatureMapTower
from exclip_desktop.models.towers.image_timm_transformer import TRANSFORMERS, TimmTransformerTower
from exclip_desktop.models.towers.image_vit import VisionTransformerTower
from exclip_desktop.models.towers.text_clip import TextTransformerTower
from exclip_desktop.models.towers.text_hf import HFTower
from exclip_desktop.models.towers.tower_protocols import ImageTower, TextTower


def image_tower(visual: nn.Module) -> ImageTower:
    """Return the tower of an image encoder.

    Raises:
        ModelError: there is none for it.

    """
    if isinstance(visual, VisionTransformer):
        return VisionTransformerTower(visual)
    if isinstance(visual, ModifiedResNet):
        return ResNetTower(visual)
    trunk = visual.trunk if isinstance(visual, TimmModel) else visual
    if type(trunk) in TRANSFORMERS:
        return TimmTransformerTower(visual)
    if type(trunk) in NAMES:
        return FeatureMapTower(visual)
    raise ModelError(
        f"Its image encoder ({type(trunk).__name__}) is of a family that cannot be explained.",
        "Choose a model with an open_clip vision transformer or ResNet, such as ViT-B-32, or with a timm one that "
        "open_clip names.",
    )


def text_tower(network: nn.Module) -> TextTower:
    """Return the tower of the text part of ``network``, an open_clip ``CLIP``, ``CustomTextCLIP`` or ``CoCa``.

    Raises:
        ModelError: there is none for it.

    """
    text = network if isinstance(network, CLIP) else getattr(network, "text", None)
    if isinstance(text, HFTextEncoder):
        return HFTower(text)
    if isinstance(text, CLIP | TextTransformer):
        return TextTransformerTower(text)
    raise ModelError(
        f"This model's text encoder ({type(text).__name__}) cannot be explained.",
        "Choose a model whose text encoder is open_clip's or Hugging Face's, such as ViT-B-32.",
    )
