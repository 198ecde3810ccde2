"""A loaded model: its towers, preprocessing, tokenizer and metadata."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.core.argument_checks import as_whole_number, short_repr
from exclip_desktop.core.errors import ModelError, Remedy, SettingsError
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.settings import FRAMINGS, POOL, Framing, Layer, Side, has_layer, list_layers
from exclip_desktop.core.version import __version__
from exclip_desktop.models.preprocess import Preprocess
from exclip_desktop.models.tokenizers.tokenizer import Reader
from exclip_desktop.models.towers.tower_protocols import ImageTower, PatchGrid, TextTower


@dataclass(frozen=True, slots=True)
class Card:
    """The default layers of a model, from the ``exclip.json`` in its folder."""

    image_layer: Layer = -1
    text_layer: Layer = -1


@dataclass(frozen=True, slots=True)
class Model:
    """A CLIP model ready to be explained.

    Attributes:
        name: the architecture or the folder.
        weights: the file or tag of the weights.
        weights_sha256: SHA-256 of the weights file.
        fingerprint: SHA-256 of weights and config together: everything that decides the model's numbers.
        network: open_clip's module, in evaluation mode, without gradients of parameters.
        image, text: its towers.
        preprocess, reader: make its inputs from pictures and captions.
        device: the device that it runs on.
        card: its default layers.
        build_random: builds the network with random weights, as at the start of a training.
        notes: sentences on how it was found and built.
        references: cache of reference features on ``device``, by the settings that decide them.
        grids: cache of the patches' grids, by layer and size of the input.

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
    grids: dict[tuple[Layer, tuple[int, int]], PatchGrid] = field(default_factory=dict)

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
        """Return the geometry of the patches at ``layer`` on a picture of ``size`` (width, height)."""
        key = layer, self.preprocess.input_size(size, framing)
        if key not in self.grids:
            cut = self.image.cut(*key)
            self.grids[key] = PatchGrid(cut.grid, cut.patch_size)
        return self.preprocess.geometry(size, self.grids[key], framing)

    def knows_geometry(self, size: tuple[int, int], layer: Layer, framing: Framing) -> bool:
        """Return whether ``geometry`` has been computed for such a picture, and needs the network no more."""
        return (layer, self.preprocess.input_size(size, framing)) in self.grids

    def check_framing(self, framing: Framing) -> None:
        """Raise ``SettingsError`` unless the model accepts the framing."""
        accepted = self.preprocess.framings()
        if framing in accepted:
            return
        message = f'There is no framing "{framing}".'
        if framing in FRAMINGS:
            message = f'{self.name} accepts its own input size only, so not the framing "{framing}".'
        raise SettingsError(message, Remedy.CHOOSE_FRAMING, choices=", ".join(accepted))

    def ids(self, numbers: Sequence[int]) -> Tensor:
        """Return token ids as the text tower's input: (T,), on the model's device.

        Raises:
            ModelError: an id is outside the tower's vocabulary.

        """
        if max(numbers) >= self.text.vocabulary:
            raise ModelError(
                f"The tokenizer of {self.name} gives a token the id {max(numbers)}; its text encoder has only "
                f"{self.text.vocabulary} ids.",
                "Put the tokenizer that it was trained with into the model's folder.",
            )
        return torch.tensor(numbers, device=self.device)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the parameters."""
        dtype: torch.dtype = next(self.network.visual.parameters()).dtype
        return dtype

    def layers(self, side: Side) -> tuple[Layer, ...]:
        """Return every layer of a tower, from the first to the last."""
        tower = self.image if side == "image" else self.text
        return list_layers(tower.layers, tower.pools)

    def resolve_layer(self, side: Side, layer: int | str | None) -> Layer:
        """Return a layer as its index from 0, or ``pool``; None is the card's, negative numbers count from the end.

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
