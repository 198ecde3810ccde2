"""One side of a pair, split at a layer: the straight path from reference features to input features, and the head."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

import torch
from torch import Tensor
from torch.func import jvp
from torch.nn.attention import SDPBackend, sdpa_kernel

from exclip_desktop.core.errors import Remedy, SettingsError
from exclip_desktop.core.values.caption import NO_ID, Caption
from exclip_desktop.core.values.settings import FULL, Layer
from exclip_desktop.models.model import Model
from exclip_desktop.models.towers.attention import Query
from exclip_desktop.models.towers.tower_protocols import Cut

BACKWARD_RULES = "torch._decomp.decompositions_for_jvp"


@dataclass(frozen=True, slots=True)
class Path:
    """The straight path R + α(X − R), α from 0 to 1, under a head.

    Attributes:
        features, reference: X and R, (T, W).
        head: features to unnormalised embeddings, (B, T, W) → (B, D).
        query: the parts of the pooling attention where a closed form exists, else None.
        embedding, start: head(X) and head(R), (D,).
        ledger_reference: the reference embedding in the ledger, (D,); only for the ``published`` text reference it
            differs from ``start``.
        hidden: tokens that the head does not read; their rows are zero.
        full: the embedding of float32 features, (D,), where ``features`` are of lower precision; else None.

    """

    features: Tensor
    reference: Tensor
    head: Callable[[Tensor], Tensor]
    query: Query | None
    embedding: Tensor
    start: Tensor
    ledger_reference: Tensor
    hidden: tuple[int, ...] = ()
    full: Tensor | None = None

    @property
    def delta(self) -> Tensor:
        """X − R, (T, W)."""
        return self.features - self.reference

    def at(self, nodes: Tensor) -> Tensor:
        """Return the path's points at ``nodes`` (N,): (N, T, W)."""
        return self.reference + nodes[:, None, None] * self.delta


@contextmanager
def exact_derivatives() -> Iterator[None]:
    """Let every derivative pass: without fused attention kernels, the fast path and an autograd graph.

    Forward mode needs both switches. The fast path is one flag of the process; it is restored in any case.
    """
    fastpath = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH), torch.no_grad(), _no_backward_rules():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fastpath)


@contextmanager
def _no_backward_rules() -> Iterator[None]:
    """Skip the rules that torch compiles at the first forward-mode pass (0.4 s, a quarter of a cold start).

    They differentiate backward operators, which no head calls; torch would raise, not compute a wrong value. torch is
    restored afterwards.
    """
    compiled = BACKWARD_RULES in sys.modules
    if not compiled:
        sys.modules[BACKWARD_RULES] = ModuleType(BACKWARD_RULES)
    try:
        yield
    finally:
        if not compiled:
            sys.modules.pop(BACKWARD_RULES, None)  # another thread may have


def along(function: Callable[[Tensor], Tensor], point: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
    """Return a function's value at ``point`` and its derivative along ``direction``, in one forward-mode pass."""
    value, derivative = jvp(function, (point,), (direction,))  # type: ignore[misc]  # torch types a third value
    return value, derivative


def image_path(model: Model, pixels: Tensor, layer: Layer, precision: str = FULL) -> Path:
    """Return the image side for model input ``pixels`` (3, h, w); its reference is zeros, the mean colour.

    Features come in ``precision``, and are float32 from there on.
    """
    height, width = pixels.shape[1:]
    cut = model.image.cut(layer, (height, width))
    with torch.no_grad():
        key = ("image", layer, height, width, precision)
        if key not in model.references:
            model.references[key] = _features(cut, torch.zeros_like(pixels), model, precision)
        features, reference = _features(cut, pixels, model, precision), model.references[key]
        embedding, start = cut.head(torch.stack([features, reference]))
        full = None if precision == FULL else cut.head(cut.features(pixels)[None])[0]
    return Path(features, reference, cut.head, cut.query, embedding, start, start, full=full)


def text_path(model: Model, caption: Caption, layer: Layer, reference_kind: str, precision: str = FULL) -> Path:
    """Return the text side; ``reference_kind`` is ``matched`` or ``published``.

    ``matched`` replaces every content token by the tokenizer's fill and keeps the rest, the pooled position and the
    padding mask included. ``published`` (Möller et al.'s code) is [SOT], one token of id 0, [EOT], zeros, which is
    pooled at the caption's [EOT] position. Features come in ``precision``, and are float32 from there on.
    """
    ids = model.ids(caption.ids)
    reference_ids = model.ids(_reference_ids(caption, reference_kind, model.reader.fill_id))
    cut = model.text.cut(layer, ids)
    own = model.text.cut(layer, reference_ids) if reference_kind == "published" else cut
    with torch.no_grad():
        key = ("text", layer, *reference_ids.tolist(), "hidden", *own.hidden, precision)
        if key not in model.references:
            model.references[key] = _features(own, reference_ids, model, precision)
        features, reference = _features(cut, ids, model, precision), model.references[key]
        embedding, start = cut.head(torch.stack([features, reference]))
        ledger_reference = start if own is cut else own.head(reference[None])[0]
        full = None if precision == FULL else cut.head(cut.features(ids)[None])[0]
    return Path(features, reference, cut.head, cut.query, embedding, start, ledger_reference, cut.hidden, full)


def _features(cut: Cut, model_input: Tensor, model: Model, precision: str) -> Tensor:
    """Return the features of model input, (T, W), computed in ``precision``, in the model's own dtype."""
    if precision == FULL:
        return cut.features(model_input)
    with torch.autocast(model.device.type, dtype=getattr(torch, precision)):
        return cut.features(model_input).to(model.dtype)


def check_text_reference(model: Model, kind: str) -> None:
    """Raise ``SettingsError`` unless the model's tokenizer can make the text reference ``kind``."""
    if kind == "published" and not model.reader.is_clip:
        raise SettingsError(
            f'The text reference "published" is made of tokens of CLIP\'s own tokenizer; {model.name} has another.',
            Remedy.CHOOSE_TEXT_REFERENCE,
            choices="matched",
        )


def _reference_ids(caption: Caption, kind: str, fill: int) -> list[int]:
    if kind == "matched":
        return [fill if token.kind == "content" else token.id for token in caption.tokens if token.id != NO_ID]
    start, end = (next(token.id for token in caption.tokens if token.kind == kind) for kind in ("start", "end"))
    return [start, 0, end, *[0] * (len(caption.ids) - 3)]
