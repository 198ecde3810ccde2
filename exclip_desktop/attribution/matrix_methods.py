"""The methods that give a matrix beside ours, at work; what they are called: ``core.method_facts``."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.attribution.compute_errors import check_finite
from exclip_desktop.attribution.formulas.controls import OuterProduct, RandomWeights, outer_product
from exclip_desktop.attribution.formulas.fixlip import Fixlip, coalitions, fit, sizes
from exclip_desktop.attribution.formulas.interaction_cam import InteractionCam, interaction_cam
from exclip_desktop.attribution.formulas.interaction_lime import InteractionLime, fit_bilinear
from exclip_desktop.attribution.formulas.itsm import itsm
from exclip_desktop.attribution.formulas.masked import masked_captions, masked_pictures
from exclip_desktop.attribution.mapping import caption_values, padded, values_of
from exclip_desktop.attribution.methods import METHODS
from exclip_desktop.attribution.question import Question
from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.method_facts import FACTS, OURS, MethodFacts, facts_of
from exclip_desktop.core.progress import CancelToken, Progress, silent
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.matrix_answer import MethodMatrix
from exclip_desktop.core.values.settings import ExplainSettings, Framing
from exclip_desktop.models.model import Model
from exclip_desktop.models.random_weights import fresh
from exclip_desktop.models.scoring import encode_captions, encode_picture
from exclip_desktop.models.towers.anatomy import Anatomy
from exclip_desktop.models.towers.tower_protocols import POOL, Layer
from exclip_desktop.models.versions import versions


@dataclass(frozen=True, slots=True)
class Plain:
    """Options of a method that has none."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a method is asked.

    Attributes:
        picture: upright RGB, (H, W, 3); ``framing`` is how the model is given it, as ``pixels`` (3, h, w).
        grid: the patches' rows and columns.
        embedded: the unit embeddings of picture and caption, (D,) each.

    """

    model: Model
    picture: NDArray[np.uint8]
    framing: Framing
    pixels: Tensor
    caption: Caption
    grid: tuple[int, int]
    embedded: tuple[Tensor, Tensor]
    tell: Progress
    cancel: CancelToken

    @property
    def content(self) -> list[int]:
        """The rows of the caption's content."""
        return list(self.caption.content_rows)

    def anatomies(self) -> tuple[Anatomy, Anatomy]:
        """Return caption and picture taken apart; raises ``MethodError`` where they cannot be."""
        with torch.no_grad():
            words = self.model.text.anatomy(self.model.ids(self.caption.ids))
            return words, self.model.image.anatomy(self.pixels)


@dataclass(frozen=True, slots=True)
class MatrixMethod:
    """A method at work.

    Attributes:
        key: its row in ``core.method_facts``.
        values: its answer from a pair and options, (rows, patches); columns of prefix tokens may stand before them.
        options: the frozen value that its options make.
        layer: the image layer whose patches the columns are.

    """

    key: str
    values: Callable[[Pair, Any], Tensor]
    options: type = Plain
    layer: Callable[[Model], Layer] = lambda model: 0

    @property
    def facts(self) -> MethodFacts:
        """Its names, source, cost and what can be chosen."""
        return FACTS[self.key]


def _itsm(pair: Pair, _: Plain) -> Tensor:
    words, picture = pair.anatomies()
    return itsm(words, picture)[:, picture.shown]


def _fixlip(pair: Pair, options: Fixlip) -> Tensor:
    tokens, patches = len(pair.content), pair.grid[0] * pair.grid[1]
    few, many = sizes(tokens, patches, options.pairs)
    draw = torch.Generator().manual_seed(options.seed)
    left, right = coalitions(few, tokens, options.share, draw), coalitions(many, patches, options.share, draw)
    words = masked_captions(pair.model, pair.caption, left.kept, pair.tell, pair.cancel)
    pictures = masked_pictures(pair.model, pair.pixels, pair.grid, right.kept, pair.tell, pair.cancel)
    return _in_rows(fit((words @ pictures.T).cpu(), left, right).pairs, pair)


def _interaction_lime(pair: Pair, options: InteractionLime) -> Tensor:
    draw = torch.Generator().manual_seed(options.seed)
    patches = pair.grid[0] * pair.grid[1]
    left, right = (
        (torch.rand(options.samples, count, generator=draw) < options.share).double()
        for count in (len(pair.content), patches)
    )
    words = masked_captions(pair.model, pair.caption, left, pair.tell, pair.cancel)
    pictures = masked_pictures(pair.model, pair.pixels, pair.grid, right, pair.tell, pair.cancel)
    return _in_rows(fit_bilinear((words * pictures).sum(1).cpu(), left, right, options), pair)


def _interaction_cam(pair: Pair, options: InteractionCam) -> Tensor:
    words, picture = pair.anatomies()
    return interaction_cam(words, picture, options, pair.cancel)[:, picture.shown]


def _outer(pair: Pair, options: OuterProduct) -> Tensor:
    """Ask either method with its usual options."""
    model, (image, text) = pair.model, pair.embedded
    patches, tokens = METHODS[options.of_picture], METHODS[options.of_caption]
    asked = Question(model, "image", pair.pixels, text, pair.tell, pair.cancel)
    found = values_of(asked, patches, patches.usual("image")).flatten()
    asked = Question(model, "text", padded(model, pair.caption), image, pair.tell, pair.cancel)
    words = caption_values(asked, pair.caption, tokens, tokens.usual("text"))
    return outer_product(words, found, float(image @ text))


def _random_weights(pair: Pair, options: RandomWeights) -> Tensor:
    """Explain the pair by our own method, as usual, on the same architecture."""
    model = fresh(pair.model, options.seed)
    settings = ExplainSettings(framing=pair.framing)
    explained = explain_pair(model, pair.picture, pair.caption.text, settings, progress=pair.tell, cancel=pair.cancel)
    return torch.from_numpy(explained.matrix)


def _own_layer(model: Model) -> Layer:
    return model.resolve_layer("image", None)


def _coarsest(model: Model) -> Layer:
    """Return where patches are fewest: players of a game are dear, and feature maps begin with thousands of them."""
    return POOL if model.image.pools else model.image.layers - 1


def _in_rows(found: Tensor, pair: Pair) -> Tensor:
    """Return values of the content's tokens among all rows; the others are zero."""
    whole = found.new_zeros(len(pair.caption.tokens), found.shape[1])
    whole[pair.content] = found
    return whole


MATRIX_METHODS: Final = {
    method.key: method
    for method in (
        MatrixMethod("itsm", _itsm),
        MatrixMethod("fixlip", _fixlip, Fixlip, _coarsest),
        MatrixMethod("interaction-lime", _interaction_lime, InteractionLime, _coarsest),
        MatrixMethod("interaction-cam", _interaction_cam, InteractionCam),
        MatrixMethod("outer-product", _outer, OuterProduct),
        MatrixMethod("random-weights", _random_weights, RandomWeights, _own_layer),
    )
}


def chosen_matrix(key: str, options: Mapping[str, str] | None = None) -> tuple[MatrixMethod, Any]:
    """Return a method and its options, given as text by name; those that are not given are the usual ones.

    Raises:
        SettingsError: there is no such method or option, or the text is none of its values.

    """
    if key == OURS:
        raise SettingsError(f"{FACTS[key].name} are this program's own.", "Use explain.")
    values = facts_of(key, "second").read(options or {})
    method = MATRIX_METHODS[key]
    return method, method.options(**values)


def matrix_of(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    method: MatrixMethod,
    options: Any,
    *,
    framing: Framing = "model",
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> MethodMatrix:
    """Return a method's matrix of an upright RGB picture (H, W, 3) and a caption.

    Raises:
        CaptionError: the caption is empty.
        MethodError: the method cannot look into this model.
        SettingsError: the model does not take pictures framed so, or an option does not fit the pair.
        Cancelled: the person cancelled.

    """
    model.check_framing(framing)
    read, pixels = model.reader.read(caption), model.pixels(picture, framing)
    layer = method.layer(model)
    cut = model.image.cut(layer, (pixels.shape[1], pixels.shape[2]))
    embedded = encode_picture(model, picture, framing), encode_captions(model, [caption])[0]
    token = cancel or CancelToken()
    token.check()
    pair = Pair(model, picture, framing, pixels, read, cut.grid, embedded, progress or silent, token)
    values = check_finite(method.values(pair, options))
    whole = np.zeros((len(read.tokens), cut.prefix + cut.grid[0] * cut.grid[1]), np.float32)
    whole[:, -values.shape[1] :] = values.cpu().float().numpy()
    content = np.array([entry.kind == "content" for entry in read.tokens])
    size = picture.shape[1], picture.shape[0]
    return MethodMatrix(
        interactions=InteractionMatrix(whole, content, cut.prefix, cut.grid),
        caption=read,
        geometry=model.geometry(size, layer, framing),
        score=float(embedded[0] @ embedded[1]),
        method=method.key,
        options=asdict(options),
        model=model.name,
        weights_sha256=model.weights_sha256,
        framing=framing,
        device=str(model.device),
        versions=versions(),
    )
