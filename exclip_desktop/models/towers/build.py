"""Chooses the tower of an encoder. A model family is a module with a tower, and its line in a table here."""

from typing import Final

from open_clip import CLIP
from torch import nn

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.towers.image_resnet import ResNetTower
from exclip_desktop.models.towers.image_timm_maps import FeatureMapTower
from exclip_desktop.models.towers.image_timm_transformer import TimmTransformerTower
from exclip_desktop.models.towers.image_vit import VisionTransformerTower
from exclip_desktop.models.towers.text_clip import TextTransformerTower
from exclip_desktop.models.towers.text_hf import HFTower
from exclip_desktop.models.towers.tower_protocols import ImageTower, ImageTowerClass, TextTower, TextTowerClass

IMAGE_TOWERS: Final[tuple[ImageTowerClass, ...]] = (
    VisionTransformerTower,
    ResNetTower,
    TimmTransformerTower,
    FeatureMapTower,
)
TEXT_TOWERS: Final[tuple[TextTowerClass, ...]] = (HFTower, TextTransformerTower)


def image_tower(visual: nn.Module) -> ImageTower:
    """Return the tower of an image encoder.

    Raises:
        ModelError: no tower fits it.

    """
    for tower in IMAGE_TOWERS:
        if tower.fits(visual):
            return tower(visual)
    trunk = type(getattr(visual, "trunk", visual)).__name__
    raise ModelError(
        f"Its image encoder ({trunk}) is of a family that cannot be explained.",
        "Choose a model with an open_clip vision transformer or ResNet, such as ViT-B-32, or with a timm one that "
        "open_clip names.",
    )


def text_tower(network: nn.Module) -> TextTower:
    """Return the tower of the text part of ``network``, an open_clip ``CLIP``, ``CustomTextCLIP`` or ``CoCa``.

    Raises:
        ModelError: no tower fits it.

    """
    text = network if isinstance(network, CLIP) else getattr(network, "text", None)
    for tower in TEXT_TOWERS:
        if tower.fits(text):
            return tower(text)
    raise ModelError(
        f"This model's text encoder ({type(text).__name__}) cannot be explained.",
        "Choose a model whose text encoder is open_clip's or Hugging Face's, such as ViT-B-32.",
    )
