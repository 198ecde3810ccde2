"""A pair for evaluation: picture, caption, places to find, and the model's scores of its parts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.attribution.formulas.masked import encode_masked_captions, encode_masked_pictures
from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.progress import CancelToken, ignore_progress
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.places import Place, ReadPair
from exclip_desktop.core.values.study import StudySettings
from exclip_desktop.evaluate.deletion import random_coalitions
from exclip_desktop.evaluate.heat_metrics import paint
from exclip_desktop.evaluate.occlusion import blur
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions, encode_picture

Floats = NDArray[np.float64]
Grid = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Masked:
    """Random coalitions of patches and of words, and their scores.

    Attributes:
        patches, words: coalitions, (m, P) and (m, W) of 0 and 1.
        patch_scores: scores of the remaining patches with the whole caption, (m,).
        interactions: interactions of both sides' coalitions, (m,); None where no metric needs them.

    """

    patches: Tensor
    words: Tensor
    patch_scores: Floats
    interactions: Floats | None


class Subject:
    """A pair and a model that scores its parts.

    Attributes:
        name: the pair's id; ``pair``: its picture, caption and places.
        caption: the caption as the model reads it.
        geometry: where the patches of the first layer lie.
        places: the places that can be found: the model reads their words, and sees a part of their masks.

    """

    def __init__(
        self, model: Model, name: str, pair: ReadPair, settings: StudySettings, others: Tensor, cancel: CancelToken
    ) -> None:
        """Take a pair; ``others`` are other captions' unit embeddings (C, D), which ``softmax`` normalises over."""
        self.name, self.pair, self.caption = name, pair, model.reader.read(pair.caption)
        size = pair.pixels.shape[1], pair.pixels.shape[0]
        self.geometry: Geometry = model.geometry(size, 0, settings.framing)
        self._model, self._settings, self._others, self._cancel = model, settings, others, cancel
        self._masked: dict[Grid, Masked] = {}
        self.places = tuple(place for place in pair.places if self._is_visible(place))

    @property
    def words(self) -> list[tuple[int, ...]]:
        """The rows of each word that the model reads."""
        return [word.rows for word in self.caption.words if word.rows]

    def score_patches(self, left: Tensor, grid: Grid) -> Tensor:
        """Return the caption's scores with pictures that keep coalitions of patches (m, P) of a grid: (m,)."""
        return self._scores(self._pictures(left, grid), self._text[None])

    def score_words(self, left: Tensor) -> Tensor:
        """Return the picture's scores with captions that keep coalitions of words (m, W): (m,)."""
        return self._scores(self._image[None], self._captions(left))

    def masked(self, grid: Grid) -> Masked:
        """Return random coalitions and their scores, the same for all methods whose patches make this grid."""
        if grid not in self._masked:
            settings = self._settings
            draw = (settings.seed, *self.name.encode("utf-8"))
            patches = random_coalitions(settings.masks, grid[0] * grid[1], settings.share, draw)
            words = random_coalitions(settings.masks, len(self.words), settings.share, (*draw, 1))
            images = self._pictures(patches, grid)
            interactions = self._interactions(images, words, grid) if settings.needs("pair") else None
            self._masked[grid] = Masked(patches, words, self._scores(images, self._text[None]).numpy(), interactions)
        return self._masked[grid]

    def _interactions(self, images: Tensor, words: Tensor, grid: Grid) -> Floats:
        """Return ν(both) − ν(words) − ν(patches) + ν(none) of masked pictures (m, D) and coalitions of words: (m,)."""
        empty = (
            self._pictures(torch.zeros(1, grid[0] * grid[1]), grid),
            self._captions(torch.zeros(1, words.shape[1])),
        )
        texts = self._captions(words)
        alone = self._scores(empty[0], texts) + self._scores(images, empty[1]) - self._scores(*empty)
        return (self._scores(images, texts) - alone).numpy()

    def _pictures(self, left: Tensor, grid: Grid) -> Tensor:
        model, pixels, settings = self._model, self.pair.pixels, self._settings
        inputs, fill = model.pixels(pixels, settings.framing), None
        if settings.fill == "blur":
            fill = model.pixels(blur(pixels).astype(np.uint8), settings.framing)
        return encode_masked_pictures(model, inputs, grid, left, ignore_progress, self._cancel, fill)

    def _captions(self, left: Tensor) -> Tensor:
        content = self.caption.content_rows
        owner = torch.zeros(len(self.words), len(content), dtype=left.dtype)
        for word, rows in enumerate(self.words):
            owner[word, [content.index(row) for row in rows if row in content]] = 1.0
        members = left @ owner + (owner.sum(0) == 0)  # tokens of no word stay
        return encode_masked_captions(self._model, self.caption, members, ignore_progress, self._cancel)

    @cached_property
    def _image(self) -> Tensor:
        return encode_picture(self._model, self.pair.pixels, self._settings.framing)

    @cached_property
    def _text(self) -> Tensor:
        return encode_captions(self._model, [self.pair.caption])[0]

    def _is_visible(self, place: Place) -> bool:
        try:
            if place.words:
                self.caption.rows_of(place.words)
        except CaptionError:
            return False
        return bool(paint(np.zeros(self.geometry.grid), self.geometry, place.truth).inside.any())

    def _scores(self, images: Tensor, texts: Tensor) -> Tensor:
        """Return the scores of unit embeddings (m, D) or (1, D) of either side: float64 (m,), on the CPU."""
        cosines = (images * texts).sum(1).cpu().double()
        if self._settings.score == "cosine":
            return cosines
        scale = self._model.network.logit_scale.exp().cpu().double()
        if len(self._others) == 0:
            return torch.ones_like(cosines)
        others = (images @ self._others.T).cpu().double().expand(len(cosines), -1)
        return torch.softmax(scale * torch.cat([cosines[:, None], others], dim=1), dim=1)[:, 0]
