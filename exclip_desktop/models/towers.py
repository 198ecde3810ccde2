"""Which tower fits an encoder: the one place that knows the families."""

from open_clip import CLIP
from open_clip.hf_model import HFTextEncoder
from open_clip.modified_resnet import ModifiedResNet
from open_clip.transformer import TextTransformer, VisionTransformer
from torch import nn

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.cuts import ImageTower, TextTower
from exclip_desktop.models.image_resnet import ResNetTower
from exclip_desktop.models.image_vit import VisionTransformerTower
from exclip_desktop.models.text_clip import TextTransformerTower
from exclip_desktop.models.text_hf import HFTower


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
