"""A loaded model: both towers, how it reads pictures and captions, and what is known of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.core.argument_checks import as_whole_number, short_repr
from exclip_desktop.core.errors import ModelError, SettingsError
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.settings import FRAMINGS, POOL, Framing, Layer, Side, has_layer, list_layers
from exclip_desktop.core.version import __version__
from exclip_desktop.models.preprocess import Preprocess
from exclip_desktop.models.tokenizers.tokenizer import Reader
from exclip_desktop.models.towers.tower_protocols import ImageTower, TextTower


@dataclass(frozen=True, slots=True)
class Card:
    """What ``exclip.json`` beside a model says: the layers it is best shown at."""

    image_layer: Layer = -1
    text_layer: Layer = -1


@dataclass(frozen=True, slots=True)
class Model:
    """A CLIP model ready to be explained.

    Attributes:
        name: the architecture or the folder.
        weights: where the weights came from.
        weights_sha256: SHA-256 of the weights file.
        fingerprint: SHA-256 of weights and config together: what decides every number the model gives.
        network: open_clip's module, in evaluation mode, no parameter asking for gradients.
        image, text: its towers.
        preprocess, reader: how pictures and captions become its inputs.
        device: where it runs.
        card: its default layers.
        build_random: builds the network again, with weights such as training would start from.
        notes: what a person should know of how it was found and built.
        references: what pictures and captions are held against, such as reference features, by what decides it; filled
            as it is needed, on ``device``.

    """

    name: str
    weights: str
    weights_sha256: str
    fingerprint: str
    network: Any
    image: ImageTower
    text: TextTower
    preprocess: Preprocess
    reader: Reader
    device: torch.device
    card: Card
    build_random: Callable[[], Any]
    notes: tuple[str, ...] = ()
    references: dict[tuple[str | int, ...], Tensor] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return one line: name, device, blocks and patches of the image tower, blocks and tokens of the text tower."""
        height, width = self.image.cut(self.resolve_layer("image", None)).grid
        return (
            f"<Model {self.name!r} on {self.device}: {self.image.layers} image layers, {height} × {width} patches, "
            f"{self.text.layers} text layers, {self.reader.context} tokens>"
        )

    def pixels(self, picture: NDArray[np.uint8], framing: Framing = "model") -> Tensor:
        """Return the model input of an RGB picture (H, W, 3): (3, h, w), on the model's device and dtype."""
        return self.preprocess.pixels(picture, framing).to(self.device, self.dtype)

    def geometry(self, size: tuple[int, int], layer: Layer, framing: Framing = "model") -> Geometry:
        """Return where the patches at ``layer`` lie on a picture of ``size`` (width, height)."""
        cut = self.image.cut(layer, self.preprocess.input_size(size, framing))
        return self.preprocess.geometry(size, cut, framing)

    def check_framing(self, framing: Framing) -> None:
        """Raise ``SettingsError`` unless the model takes pictures framed so."""
        there = self.preprocess.framings()
        if framing in there:
            return
        message = f'There is no framing "{framing}".'
        if framing in FRAMINGS:
            message = f"{self.name} takes pictures of its own size only, so none at its own aspect."
        raise SettingsError(message, Remedy.CHOOSE_FRAMING, choices=", ".join(there))

    def ids(self, numbers: Sequence[int]) -> Tensor:
        """Return token ids as the text tower is given them: (T,), on the model's device.

        Raises:
            ModelError: the tower does not know one of them.

        """
        if max(numbers) >= self.text.vocabulary:
            raise ModelError(
                f"The tokenizer of {self.name} numbers a word {max(numbers)}; its text encoder knows only those below "
                f"{self.text.vocabulary}.",
                "Put the tokenizer it was trained with beside the model.",
            )
        return torch.tensor(numbers, device=self.device)

    @property
    def dtype(self) -> torch.dtype:
        """The parameters' dtype."""
        dtype: torch.dtype = next(self.network.visual.parameters()).dtype
        return dtype

    def layers(self, side: Side) -> tuple[Layer, ...]:
        """Return every layer of a tower, in reading order."""
        tower = self.image if side == "image" else self.text
        return list_layers(tower.layers, tower.pools)

    def resolve_layer(self, side: Side, layer: int | str | None) -> Layer:
        """Return a layer as its index from 0, or ``pool``: None is the card's choice, negatives count from the end.

        Raises:
            SettingsError: there is no such layer.

        """
        tower = self.image if side == "image" else self.text
        if layer is None:
            layer = self.card.image_layer if side == "image" else self.card.text_layer
        if layer == POOL and tower.pools:
            return POOL
        layers = f"0 to {tower.layers - 1}{f', or {POOL}' if tower.pools else ''}"
        if layer == POOL:
            raise SettingsError(
                f'Layer "{POOL}" does not exist in the {side} tower of {self.name}: it has no attention pooling.',
                Remedy.CHOOSE_LAYER,
                side=side,
                layers=layers,
            )
        number = as_whole_number(layer)
        if number is None or not has_layer(number, tower.layers, tower.pools):
            raise SettingsError(
                f"The {side} tower of {self.name} has no layer {short_repr(layer) if number is None else number}.",
                Remedy.CHOOSE_LAYER,
                side=side,
                layers=layers,
            )
        return number % tower.layers


def versions() -> dict[str, str]:
    """Return the versions of this program, torch and open_clip."""
    return {"exclip_desktop": __version__, "torch": torch.__version__, "open_clip": open_clip.__version__}
