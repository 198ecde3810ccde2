"""The bundled scenes with their factors, which are computed once and stored in the cache for all measurements."""

import sys
from dataclasses import dataclass
from typing import Final

import numpy as np
from tqdm import tqdm

from exclip_desktop.attribution.second_order.explain import resolve_settings
from exclip_desktop.attribution.second_order.stored_explain import PictureFactor, find_picture
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.cache import open_cache
from exclip_desktop.storage.samples import load_scenes, open_scene

NODES: Final = 3
"""Nodes of the scenes' factors, unless more are chosen: 200 scenes take minutes with these."""


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedScene:
    """A bundled scene with its factor.

    Attributes:
        pair: its picture, caption and labelled objects.
        image_factor: its factor with the places of its patches.

    """

    pair: ListedPair
    image_factor: PictureFactor

    @property
    def names(self) -> set[str]:
        """The objects that it shows."""
        return {region.name for region in self.pair.regions}


def scene_settings(model: Model, nodes: int = NODES) -> ExplainSettings:
    """Return the resolved settings of the scenes' factors."""
    return resolve_settings(model, ExplainSettings(quadrature="gauss-legendre", steps=nodes))


def read_scenes(model: Model, count: int, nodes: int = NODES) -> list[ExplainedScene]:
    """Return the first ``count`` bundled scenes with factors, stored or computed."""
    settings, cache, scenes = scene_settings(model, nodes), open_cache(), []
    for pair in tqdm(load_scenes()[:count], desc="explaining", disable=not sys.stderr.isatty()):
        pixels = np.asarray(open_scene(pair.picture).convert("RGB"))
        scenes.append(ExplainedScene(pair, find_picture(cache, model, pixels, settings)))
    return scenes
