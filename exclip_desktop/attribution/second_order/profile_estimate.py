"""Estimates the cost of a layer profile from its number of passes and a measured first chunk."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.attribution.second_order import closed_form, jacobian
from exclip_desktop.attribution.second_order import memory_budget as memory
from exclip_desktop.attribution.second_order.explain import is_pair_cheaper
from exclip_desktop.attribution.second_order.integral import make_quadrature
from exclip_desktop.attribution.second_order.path import Path, image_path, text_path
from exclip_desktop.attribution.second_order.sides import make_factor_passes
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.cost_estimates import ProfileEstimate
from exclip_desktop.core.values.settings import POOL, ExplainSettings, Layer, Side
from exclip_desktop.models.model import Model


@dataclass(frozen=True, slots=True)
class _LayerCost:
    """Measured cost of a layer: seconds before the first node, seconds per node, and peak bytes."""

    start_s: float
    node_s: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class _Work:
    """The pair and the settings to profile."""

    model: Model
    picture: NDArray[np.uint8]
    caption: Caption
    settings: ExplainSettings
    cancel: CancelToken

    @property
    def nodes(self) -> int:
        return make_quadrature(self.settings).usual_nodes

    def path(self, side: Side, layer: Layer) -> Path:
        if side == "text":
            return text_path(self.model, self.caption, layer, self.settings.text_reference, self.settings.precision)
        pixels = self.model.pixels(self.picture, self.settings.framing)
        return image_path(self.model, pixels, layer, self.settings.precision)

    def measure(self, side: Side, layer: Layer, *, whole: bool = False) -> _LayerCost:
        """Time one chunk at the middle of the path; ``whole``: of the whole factor even where the pair is cheaper."""
        began = time.perf_counter()
        path = self.path(side, layer)
        float(path.embedding.sum())  # waits for an accelerator
        start_s, middle = time.perf_counter() - began, path.at(path.features.new_tensor([0.5]))
        if path.query is not None:
            query = path.query
            node_s = _measure_s(lambda: closed_form.directional_derivatives(query, middle, path.delta))
            count, columns, held = 1.0, len(path.embedding), self.nodes
        else:
            pair = side == "image" and not whole and self._pays_as_pair(layer)
            passes = _pair_passes(path, len(self.caption.tokens)) if pair else make_factor_passes(path)
            timed = min(memory.chunk_size(path.features), passes.count)
            chunk = jacobian.Passes(timed, passes.run)
            node_s = _measure_s(lambda: jacobian.run_all(chunk, middle, self.cancel, lambda _: None))
            count, columns = passes.count / max(1, timed), passes.count
            held = passes.count * self.nodes  # small passes run for several nodes at once
        return _LayerCost(start_s, node_s * count, memory.peak_bytes(path.features, held, columns, self.nodes))

    def _pays_as_pair(self, layer: Layer) -> bool:
        size = self.picture.shape[1], self.picture.shape[0]
        return is_pair_cheaper(self.model, size, self.caption, self.settings.at_layer("image", layer))


def estimate_profile(
    model: Model,
    picture: NDArray[np.uint8],
    caption: Caption,
    settings: ExplainSettings,
    side: Side,
    *,
    known: Collection[Layer],
    picture_known: bool,
    cancel: CancelToken,
) -> ProfileEstimate:
    """Return the estimated cost of a profile.

    One chunk is measured at the last layer with a closed form and at the last one without. The cost of a pass at other
    layers is estimated to grow with the blocks after the layer, and the adaptive rule to take its usual nodes.

    Args:
        model, picture, caption, settings, side: those of ``profile_pair``.
        known: layers whose factors are cached, which cost nothing.
        picture_known: whether the picture's whole factor is cached, which the layers of the caption need.
        cancel: polled once per chunk.

    """
    work = _Work(model, picture, caption, settings, cancel)
    seconds = dict.fromkeys(model.layers(side), 0.0)
    missing, peak = [layer for layer in seconds if layer not in known], 0
    blocks = model.image.layers if side == "image" else model.text.layers
    for closed in (True, False):
        alike = [layer for layer in missing if _is_closed(work, side, layer) == closed]
        if not alike:
            continue
        probe = alike[-1]
        cost = work.measure(side, probe)
        peak = max(peak, cost.peak_bytes)
        for layer in alike:
            deeper = 1.0 if closed else _blocks_after(layer, blocks) / _blocks_after(probe, blocks)
            seconds[layer] = cost.start_s + work.nodes * cost.node_s * deeper
    if side == "text" and missing and not picture_known:
        cost = work.measure("image", settings.layer("image"), whole=True)
        seconds[missing[-1]] += cost.start_s + work.nodes * cost.node_s
        peak = max(peak, cost.peak_bytes)
    return ProfileEstimate(tuple(seconds.items()), peak)


def _is_closed(work: _Work, side: Side, layer: Layer) -> bool:
    if side == "image":
        return work.model.image.cut(layer).query is not None
    return work.model.text.cut(layer, work.model.ids(work.caption.ids)).query is not None


def _blocks_after(layer: Layer, blocks: int) -> float:
    """Return the number of blocks after a layer; a pooling attention counts as half a block."""
    return 0.5 if layer == POOL else blocks - int(layer)


def _pair_passes(path: Path, count: int) -> jacobian.Passes:
    """Return passes of the same cost as those of a pair; the cotangents do not change the cost."""
    return jacobian.reverse_mode(path, path.delta.new_zeros(count, len(path.embedding)))


def _measure_s(run: Callable[[], Tensor]) -> float:
    """Return the seconds of the second run; the first run warms up."""
    run()
    began = time.perf_counter()
    result: Tensor = run()
    float(result.sum())
    return time.perf_counter() - began
