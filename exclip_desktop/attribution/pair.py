"""The pair handed to every method: picture, caption, what to compute, and constructors of the results."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.compute_errors import check_finite
from exclip_desktop.attribution.formulas.pooler import Pooler, make_pooler
from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.progress import CancelToken, Progress, ignore_progress
from exclip_desktop.core.values.answers import MatrixAnswer, TokenMap
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.settings import DEFAULT_SETTINGS, POOL, ExplainSettings, Framing, Layer, Side
from exclip_desktop.models.model import Model, versions
from exclip_desktop.models.scoring import encode_captions, encode_picture
from exclip_desktop.models.tokenizers.tokenizer import check_caption
from exclip_desktop.models.towers.blocks import Anatomy
from exclip_desktop.models.towers.tower_protocols import Cut, ImageTower, TextTower


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and a caption, as a method receives them.

    Attributes:
        model: a loaded model.
        picture: upright RGB uint8, (H, W, 3).
        caption: the caption with its tokens.
        settings: of the explanation; first-order methods use its framing only.
        target: the words that the picture is compared with: the whole caption, or some other words.
        side: the side that a first-order method maps.
        method: the method's key, for the result.
        progress: called with what is done, in the thread of the computation.
        cancel: to be polled once per chunk of work.
        on_partial: receives maps of what is computed so far, from methods that accumulate; None: not needed.

    """

    model: Model
    picture: NDArray[np.uint8]
    caption: Caption
    settings: ExplainSettings
    target: str
    side: Side = "image"
    method: str = ""
    progress: Progress = ignore_progress
    cancel: CancelToken = field(default_factory=CancelToken)
    on_partial: Callable[[TokenMap], None] | None = None
    _computed: dict[str, Tensor] = field(default_factory=dict, repr=False, compare=False)

    def for_side(self, side: Side) -> "Pair":
        """Return the pair with ``side`` to map; a caption is always compared with the picture as a whole."""
        return replace(self, side=side, target=self.caption.text if side == "text" else self.target)

    def for_target(self, words: str) -> "Pair":
        """Return the pair with its picture compared with ``words``; raises ``CaptionError`` where they are empty."""
        check_caption(words)
        if not words.strip():
            raise CaptionError(
                "The words to compare with are empty.", "Write some, or leave them out for the whole caption."
            )
        return replace(self, target=words)

    @property
    def framing(self) -> Framing:
        """The framing of the picture."""
        return self.settings.framing

    @property
    def tower(self) -> ImageTower | TextTower:
        """The encoder of the mapped side."""
        return self.model.image if self.side == "image" else self.model.text

    @property
    def pixels(self) -> Tensor:
        """The model input of the picture, (3, h, w)."""
        return self._once("pixels", lambda: self.model.pixels(self.picture, self.framing))

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the model input."""
        return self.pixels.shape[1], self.pixels.shape[2]

    @property
    def tower_input(self) -> Tensor:
        """The input of the mapped side's encoder: the pixels, or token ids (T,) with padding to the whole context."""
        if self.side == "image":
            return self.pixels
        return self.model.ids([*self.caption.ids, *[0] * (self.caption.context - len(self.caption.ids))])

    @property
    def picture_embedding(self) -> Tensor:
        """The picture's unit embedding, (D,)."""
        return self._once("picture", lambda: encode_picture(self.model, self.picture, self.framing))

    @property
    def target_embedding(self) -> Tensor:
        """The target's unit embedding, (D,)."""
        return self._once(f"text: {self.target}", lambda: encode_captions(self.model, [self.target])[0])

    @property
    def other(self) -> Tensor:
        """The unit embedding of the side that is not mapped, (D,)."""
        return self.target_embedding if self.side == "image" else self.picture_embedding

    @property
    def anatomy(self) -> Anatomy:
        """The way through the blocks of the mapped side; raises ``MethodError`` where they are not accessible."""
        with torch.no_grad():
            return self.tower.anatomy(self.tower_input)

    @property
    def anatomies(self) -> tuple[Anatomy, Anatomy]:
        """The ways of the caption, without padding, and of the picture; raises ``MethodError`` as ``anatomy``."""
        with torch.no_grad():
            words = self.model.text.anatomy(self.model.ids(self.caption.ids))
            return words, self.model.image.anatomy(self.pixels)

    @property
    def pooler(self) -> Pooler | None:
        """The attention that pools a picture; None where there is none, or its parts are not accessible."""
        pools = self.side == "image" and self.model.image.pools
        return make_pooler(self.cut(POOL), self.pixels) if pools else None

    @property
    def pooling_layer(self) -> Layer:
        """The layer of the patches that an attention pools, where there is one, else the first."""
        return POOL if self.model.image.pools else 0

    @property
    def coarsest_layer(self) -> Layer:
        """The layer with the fewest patches: players of a game are dear, and feature maps begin with thousands."""
        return POOL if self.model.image.pools else self.model.image.layers - 1

    def cut(self, layer: Layer) -> Cut:
        """Return the encoder of the mapped side, cut at a layer."""
        return self.image_cut(layer) if self.side == "image" else self.model.text.cut(layer, self.tower_input)

    def image_cut(self, layer: Layer) -> Cut:
        """Return the image encoder, cut at a layer."""
        return self.model.image.cut(layer, self.size)

    def score_inputs(self, inputs: Tensor) -> Tensor:
        """Return the model's cosines of image inputs (B, 3, h, w) with the target: (B,)."""
        cut = self.image_cut(0)
        embeddings = cut.head(torch.stack([cut.features(one) for one in inputs]))
        return functional.normalize(embeddings, dim=-1) @ self.other

    def block_values(self, compute: Callable[[Anatomy], Tensor]) -> Tensor:
        """Return the patches' values (rows, columns), or the tokens' (T,), out of every token's, computed by block."""
        anatomy = self.anatomy
        self.cancel.check()
        values = compute(anatomy)[anatomy.mapped]
        return values.reshape(anatomy.grid) if self.side == "image" else values

    def pooling_map(
        self, options: Any, by_blocks: Callable[[Anatomy], Tensor], by_pooler: Callable[[Pooler], Tensor]
    ) -> TokenMap:
        """Return a map by the query of an attention that pools, where there is one, and else by the blocks."""
        self.cancel.check()
        layer, pooler = self.pooling_layer, self.pooler
        if pooler is None:
            return self.token_map(options, self.block_values(by_blocks), layer)
        return self.token_map(options, by_pooler(pooler)[pooler.patches].reshape(pooler.grid), layer)

    def caption_values(self, values: Tensor) -> Tensor:
        """Return the values of the caption's rows, out of those of the context (T,); raises as ``token_map``."""
        return check_finite(values)[: len(self.caption.tokens)]

    def token_map(self, options: Any, values: Tensor, layer: Layer = 0) -> TokenMap:
        """Return the answer of a first-order method.

        Args:
            options: the method's options.
            values: (rows, columns) of patches, or (T,) of tokens; what exceeds the caption is cut off.
            layer: the image layer that the patches belong to.

        Raises:
            ModelError: a value is not finite.

        """
        values = check_finite(values) if self.side == "image" else self.caption_values(values)
        own = self.picture_embedding if self.side == "image" else self.target_embedding
        return TokenMap(
            method=self.method,
            options=self._resolve_blocks(asdict(options)),
            side=self.side,
            values=values.cpu().double().numpy(),
            target=self.target,
            score=float(own @ self.other),
            geometry=self.model.geometry(self._picture_size, layer, self.framing),
            caption=self.caption,
            model=self.model.name,
            weights_sha256=self.model.weights_sha256,
            framing=self.framing,
            device=str(self.model.device),
            versions=versions(),
        )

    def content_rows(self, values: Tensor) -> Tensor:
        """Return values (content tokens, patches) among all rows of the caption; the other rows are zero."""
        whole = values.new_zeros(len(self.caption.tokens), values.shape[1])
        whole[list(self.caption.content_rows)] = values
        return whole

    def matrix(self, options: Any, values: Tensor, layer: Layer = 0) -> MatrixAnswer:
        """Return the answer of a second-order method.

        Args:
            options: the method's options.
            values: (rows of the caption, patches); columns of prefix tokens may stand before the patches.
            layer: the image layer that the patches belong to.

        Raises:
            ModelError: a value is not finite.

        """
        values, cut = check_finite(values), self.image_cut(layer)
        whole = np.zeros((len(self.caption.tokens), cut.prefix + cut.grid[0] * cut.grid[1]), np.float32)
        whole[:, -values.shape[1] :] = values.cpu().float().numpy()
        content = np.array([entry.kind == "content" for entry in self.caption.tokens])
        return MatrixAnswer(
            interactions=InteractionMatrix(whole, content, cut.prefix, cut.grid),
            caption=self.caption,
            geometry=self.model.geometry(self._picture_size, layer, self.framing),
            score=float(self.picture_embedding @ self.target_embedding),
            method=self.method,
            options=asdict(options),
            model=self.model.name,
            weights_sha256=self.model.weights_sha256,
            framing=self.framing,
            device=str(self.model.device),
            versions=versions(),
        )

    @property
    def _picture_size(self) -> tuple[int, int]:
        """(width, height) of the picture."""
        return self.picture.shape[1], self.picture.shape[0]

    def _resolve_blocks(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return options with blocks counted from 0, and no more layers than there are."""
        blocks = self.tower.layers
        counted = {name: options[name] % blocks for name in ("layer", "start") if options.get(name, 0) < 0}
        most = {"layers": min(options["layers"], blocks)} if "layers" in options else {}
        return {**options, **counted, **most}

    def _once(self, name: str, compute: Callable[[], Tensor]) -> Tensor:
        if name not in self._computed:
            self._computed[name] = compute()
        return self._computed[name]


def make_pair(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    *,
    target: str | None = None,
    side: Side = "image",
    settings: ExplainSettings = DEFAULT_SETTINGS,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    on_partial: Callable[[TokenMap], None] | None = None,
) -> Pair:
    """Return the pair of an upright RGB picture (H, W, 3) and a caption; the other arguments are those of ``Pair``.

    Raises:
        CaptionError: caption or target is empty.
        SettingsError: the model does not take pictures framed so.

    """
    model.check_framing(settings.framing)
    pair = Pair(
        model=model,
        picture=picture,
        caption=model.reader.read(caption),
        settings=settings,
        target=caption,
        side=side,
        progress=progress or ignore_progress,
        cancel=cancel or CancelToken(),
        on_partial=on_partial,
    )
    return pair if target is None else pair.for_target(target)
