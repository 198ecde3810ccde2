"""The public functions ``find_parts``, ``similar_patches`` and ``find_directions``: what the model groups together."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.api.explain import ImageLike, check_model
from exclip_desktop.api.results import Drawable, Result
from exclip_desktop.attribution.compute_errors import convert_memory_errors
from exclip_desktop.attribution.formulas.patch_groups import check_parts, find_picture_parts
from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    describe_settings,
    explain_factors,
    resolve_settings,
)
from exclip_desktop.attribution.second_order.stored_explain import (
    PictureFactor,
    explain_stored,
    find_picture,
    make_stored_pair,
)
from exclip_desktop.core.argument_checks import as_whole_number, short_repr
from exclip_desktop.core.errors import CaptionError, MethodError, SelectionError, SettingsError
from exclip_desktop.core.maths import matrix_directions
from exclip_desktop.core.maths.matrix_directions import DEFAULT_DIRECTIONS, MatrixDirections
from exclip_desktop.core.maths.picture_parts import (
    DEFAULT_PARTS,
    PartsMethod,
    PartValues,
    PictureParts,
    name_part,
    value_part,
)
from exclip_desktop.core.maths.similar_patches import SIMILARITIES, PatchSimilarity, SimilarityKind
from exclip_desktop.core.maths.similar_patches import similar_patches as compare_patches
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.text.accuracy_warnings import accuracy_warnings
from exclip_desktop.core.values.geometry import Box, Geometry
from exclip_desktop.core.values.pair_matrix import SMALL_SUM
from exclip_desktop.core.values.parts_report import PartsReport
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.models.word_embeddings import embed_words
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, check_path
from exclip_desktop.storage.exports.part_files import save_parts
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS, Picture, read_picture
from exclip_desktop.storage.vocabulary import Vocabulary, bundled_vocabulary, make_vocabulary, read_vocabulary


@dataclass(frozen=True, slots=True)
class PartsResult:
    """The parts of a picture, with the picture.

    Attributes:
        report: parts, values and names.
        pixels: the upright RGB picture, uint8 (H, W, 3).
        name: of the picture, in files.
        result: the explanation of the caption; None without one.
        notes: warnings on picture, vocabulary and numbers.

    """

    report: PartsReport
    pixels: NDArray[np.uint8]
    name: str
    result: Result | None
    notes: tuple[str, ...]

    def save(self, path: str | Path) -> None:
        """Write the parts as ``.png`` (mask), ``.npz``, ``.json`` or ``.coco.json``: ``storage.exports.part_files``.

        Raises:
            OutputError: the file cannot be written.

        """
        save_parts(self.report, self.name, Path(path))

    def plot(self, path: str | Path) -> None:
        """Write the figure of the parts in their colours, with their names, as ``.png``, ``.svg`` or ``.pdf``.

        Raises:
            OutputError: the file cannot be written.

        """
        target = Path(path)
        check_path(target, PICTURE_FORMATS)
        figure = import_module("exclip_desktop.render.figure_parts").draw_parts(self.report, self.pixels)
        save = import_module("exclip_desktop.render.figure").save_figure  # matplotlib
        write_atomically(target, lambda file: save(figure, file, target.suffix.lower()))


@dataclass(frozen=True, slots=True)
class SimilarPatches:
    """Which patches of a picture the model treats alike.

    Attributes:
        similarity: of all pairs of patches.
        geometry: the places of the patches on the picture.

    """

    similarity: PatchSimilarity
    geometry: Geometry

    def heat(self, box: Box) -> NDArray[np.float64]:
        """Return the mean similarity of every patch with those in a box, by the covered share: (grid_h, grid_w).

        Raises:
            SelectionError: the box selects nothing.

        """
        return self.similarity.heat_of_patches(self.geometry.require_coverage(box))

    def heat_at(self, x: float, y: float) -> NDArray[np.float64]:
        """Return the similarity of every patch with the one at a point in source pixels: (grid_h, grid_w).

        Raises:
            SelectionError: the model does not look there.

        """
        patch = self.geometry.patch_at(x, y)
        if patch is None:
            raise SelectionError(f"The model does not look at {x:g},{y:g}.", "Choose a point in the part it looks at.")
        return self.similarity.heat_of_patch(patch)


@dataclass(frozen=True, slots=True)
class _ReadPicture:
    """A picture with its factor; ``settings`` are resolved."""

    picture: Picture
    image_factor: PictureFactor
    settings: ExplainSettings


def find_parts(
    model: Model,
    image: ImageLike,
    *,
    parts: int = DEFAULT_PARTS,
    method: PartsMethod = "kmeans",
    caption: str | None = None,
    vocabulary: bool | str | Path | Sequence[str] | Vocabulary = False,
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    cache: FactorCache | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **settings: Any,
) -> PartsResult:
    """Group the patches that the model treats alike, and name the groups.

    Args:
        model: a loaded model.
        image: a picture, as for ``explain``.
        parts: number of parts, 2 to 12; a picture with fewer different patches has fewer.
        method: ``kmeans`` or ``nmf``.
        caption: its words are valued through every part, as through a box.
        vocabulary: words that name the parts: True for the bundled ones, a file with one word on each line, or words.
        max_megapixels: largest picture read.
        cache: stores factors and the embeddings of a vocabulary, as ``open_cache()`` does for the window.
        progress: called with reports, in this thread.
        cancel: polled once per chunk.
        settings: fields of ``ExplainSettings``, by name.

    Raises:
        CaptionError, SettingsError: an argument does not fit, or the vocabulary cannot be read.
        PictureError: the picture cannot be read.
        Cancelled: the person cancelled.

    """
    check_model(model)
    count = check_parts(parts, method)
    words = _read_words(vocabulary)
    if caption is not None:
        model.reader.read(caption)  # errors before the picture is explained
    with convert_memory_errors():
        read = _read_picture(model, image, settings, max_megapixels, cache, progress, cancel)
        geometry, prefix = read.image_factor.geometry, read.image_factor.prefix
        grouped = find_picture_parts(read.image_factor.factor, prefix, geometry.grid, count, method)
        result = None if caption is None else _explain(model, read, caption, cache, progress, cancel)
        embedded = None if words is None else embed_words(model, words.words, progress, cancel, cache)
    report = PartsReport(
        grouped,
        geometry,
        caption or "",
        () if result is None else _value_parts(grouped, result),
        "" if words is None else words.name,
        () if embedded is None else tuple(name_part(part, embedded) for part in grouped.parts),
        asdict(describe_settings(model, read.settings)),
    )
    name = str(image) if isinstance(image, str | Path) else "picture"
    notes = (*model.notes, *read.picture.notes, *(words.notes if words else ()), *(result.notes if result else ()))
    return PartsResult(report, read.picture.pixels, name, result, notes)


def _value_parts(grouped: PictureParts, result: Result) -> tuple[PartValues, ...]:
    return tuple(value_part(part, result.interactions, result.caption, SMALL_SUM) for part in grouped.parts)


def similar_patches(
    model: Model,
    image: ImageLike,
    kind: SimilarityKind = "cosine",
    *,
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    cache: FactorCache | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **settings: Any,
) -> SimilarPatches:
    """Compare a picture's patches with each other by their rows of its factor, V Vᵀ.

    ``kind`` is ``cosine``, or ``product`` in units of the picture's cosine with itself; other arguments and errors are
    those of ``find_parts``.
    """
    check_model(model)
    if kind not in SIMILARITIES:
        raise SettingsError(f"There is no similarity {short_repr(kind)}.", f"Choose one of {', '.join(SIMILARITIES)}.")
    with convert_memory_errors():
        image_factor = _read_picture(model, image, settings, max_megapixels, cache, progress, cancel).image_factor
    factor, geometry = image_factor.factor, image_factor.geometry
    rows = factor.rows[image_factor.prefix :]
    return SimilarPatches(compare_patches(rows, factor.ends.embedding, geometry.grid, kind), geometry)


def find_directions(result: Drawable, count: int = DEFAULT_DIRECTIONS) -> MatrixDirections:
    """Return the first ``count`` components of the words × patches of a result of ``explain`` or ``matrix_by``.

    Each has its share of ‖B‖² of that block, and heat for tokens and patches: ``core.maths.matrix_directions``.

    Raises:
        MethodError: ``result`` is none.
        SettingsError: ``count`` is not a whole number from 1.

    """
    if not isinstance(result, Drawable):
        raise MethodError(f"{short_repr(result)} is no result.", "Pass the return value of explain or matrix_by.")
    number = as_whole_number(count)
    if number is None or number < 1:
        raise SettingsError(f"There cannot be {short_repr(count)} directions.", "Choose a whole number from 1.")
    return matrix_directions.find_directions(result.interactions, number)


def _read_words(vocabulary: object) -> Vocabulary | None:
    if vocabulary is None or vocabulary is False:
        return None
    if vocabulary is True:
        return bundled_vocabulary()
    if isinstance(vocabulary, Vocabulary):
        return vocabulary
    if isinstance(vocabulary, str | Path):
        return read_vocabulary(vocabulary)
    words = list(vocabulary) if isinstance(vocabulary, Iterable) else []
    if not words or not all(isinstance(word, str) for word in words):
        raise CaptionError(f"{short_repr(vocabulary)} is no vocabulary.", "Pass True, a file, or a list of words.")
    return make_vocabulary(words)


def _read_picture(
    model: Model,
    image: ImageLike,
    settings: dict[str, Any],
    max_megapixels: float,
    cache: FactorCache | None,
    progress: Progress | None,
    cancel: CancelToken | None,
) -> _ReadPicture:
    resolved = resolve_settings(model, ExplainSettings(**settings))
    picture = read_picture(image, max_megapixels)
    image_factor = find_picture(cache, model, picture.pixels, resolved, progress, cancel)
    return _ReadPicture(picture, image_factor, resolved)


def _explain(
    model: Model,
    read: _ReadPicture,
    caption: str,
    cache: FactorCache | None,
    progress: Progress | None,
    cancel: CancelToken | None,
) -> Result:
    """Return the explanation of a caption by the factor that the parts are made of."""
    pixels = read.picture.pixels
    if cache is not None:
        pair = make_stored_pair(model, pixels, caption, read.settings)
        explanation = explain_stored(cache, pair, progress, cancel)
    else:
        tokens = model.reader.read(caption)
        words = caption_factor(model, tokens, read.settings, progress, cancel)
        size = pixels.shape[1], pixels.shape[0]
        explanation = explain_factors(model, size, tokens, words, read.image_factor.factor, read.settings)
    return Result(explanation, pixels, tuple(accuracy_warnings(explanation)))
