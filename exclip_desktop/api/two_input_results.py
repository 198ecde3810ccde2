"""Results of ``explain_between``: two inputs with their pictures, and how inputs are read."""

from collections.abc import Iterable
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.core.errors import CaptionError, SettingsError
from exclip_desktop.core.maths.colour import DEFAULT_COLOURS
from exclip_desktop.core.maths.region_pairs import StrongestPair, find_strongest_matches
from exclip_desktop.core.paths import expand_home, is_address, is_dir, is_file_address
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.settings import SIDES, Side
from exclip_desktop.core.values.two_inputs import SpanOrBox, TwoInputExplanation
from exclip_desktop.storage.archives import has_input
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, check_path
from exclip_desktop.storage.exports.two_input_files import TwoInputContents, save_two_inputs
from exclip_desktop.storage.formula_cells import Formulas
from exclip_desktop.storage.pair_lists.picture_finder import is_picture_name
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS, Picture, read_picture

STRONGEST: Final = 6
Pixels = NDArray[np.uint8]
InputLike = str | Path | Image.Image | Pixels | Picture
"""A picture, or the text of a caption."""


class TwoInputResult(TwoInputExplanation):
    """An explanation of two inputs with their pictures.

    Attributes:
        pictures: the upright RGB pictures, uint8 (H, W, 3), of the first and the second input; None for a caption.
        notes: warnings: on reading the pictures, on text that the model did not read, and on integrals that are not
            exact.

    """

    __slots__ = ("notes", "pictures")
    pictures: tuple[Pixels | None, Pixels | None]
    notes: tuple[str, ...]

    def __init__(
        self,
        explanation: TwoInputExplanation,
        pictures: tuple[Pixels | None, Pixels | None],
        notes: tuple[str, ...],
    ) -> None:
        """Copy every field of ``explanation``."""
        super().__init__(**{field.name: getattr(explanation, field.name) for field in fields(explanation)})
        object.__setattr__(self, "pictures", pictures)
        object.__setattr__(self, "notes", notes)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy with the pictures: a frozen dataclass with slots keeps its own fields only."""
        explanation = TwoInputExplanation(**{field.name: getattr(self, field.name) for field in fields(self)})
        return type(self), (explanation, self.pictures, self.notes)

    def first_heat(self, of: SpanOrBox | None = None) -> NDArray[np.float64]:
        """Return the first input's heat for a part of the second: float64 (grid_h, grid_w), of a caption (tokens,).

        ``of`` is a box of a picture, or words of a caption as text or (start, end); None: the whole second input.

        Raises:
            CaptionError, SelectionError: it does not fit.

        """
        return self.heat("first", self.second.select(of))

    def second_heat(self, of: SpanOrBox | None = None) -> NDArray[np.float64]:
        """Return the second input's heat for a part of the first, as ``first_heat``."""
        return self.heat("second", self.first.select(of))

    def strongest_pairs(
        self, count: int = STRONGEST, *, first: SpanOrBox | None = None, second: SpanOrBox | None = None
    ) -> list[StrongestPair]:
        """Return the strongest pairs of regions or words, at most ``count``, in ``first`` and ``second`` alone.

        See ``core.maths.region_pairs.find_strongest_matches``.
        """
        return find_strongest_matches(self, count, *self._select(first, second))

    def save(
        self,
        path: str | Path,
        *,
        first: SpanOrBox | None = None,
        second: SpanOrBox | None = None,
        csv_formulas: Formulas = "escape",
    ) -> tuple[str, ...]:
        """Write the numbers as ``.npz``, ``.json`` or ``.csv``, with those of the selected parts.

        What the files hold: ``storage.exports.two_input_files.save_two_inputs``. Returns notes on what was changed.

        Raises:
            CaptionError, SelectionError: a part does not fit.
            OutputError: the file cannot be written.

        """
        contents = TwoInputContents(self, *self._select(first, second), self.notes, csv_formulas)
        return save_two_inputs(contents, Path(path))

    def plot(
        self,
        path: str | Path,
        *,
        first: SpanOrBox | None = None,
        second: SpanOrBox | None = None,
        colours: str = DEFAULT_COLOURS,
    ) -> None:
        """Write the figure as ``.png``, ``.svg`` or ``.pdf``: each input with its heat for the other's selected part.

        Two captions are drawn as words × words.

        Raises:
            CaptionError, SelectionError: a part does not fit.
            SettingsError: there is no such colour map.
            OutputError: the file cannot be written.

        """
        target = Path(path)
        check_path(target, PICTURE_FORMATS)
        figures = import_module("exclip_desktop.render.figure")  # matplotlib is imported when a figure is made
        two_inputs = import_module("exclip_desktop.render.figure_two_inputs")
        options = figures.FigureOptions(colours=colours)
        figure = two_inputs.draw_two_inputs(self, self.pictures, self._select(first, second), options)
        write_atomically(target, lambda file: figures.save_figure(figure, file, target.suffix.lower()))

    def _select(self, first: SpanOrBox | None, second: SpanOrBox | None) -> tuple[Selection, Selection]:
        return self.first.select(first), self.second.select(second)


def make_two_input_result(
    explanation: TwoInputExplanation, inputs: tuple[Picture | str, Picture | str], notes: Iterable[str]
) -> TwoInputResult:
    """Return the result with the pictures of ``inputs``; ``notes`` come after those on reading the pictures."""
    first, second = (None if isinstance(one, str) else one.pixels for one in inputs)
    read = (note for one in inputs if isinstance(one, Picture) for note in one.notes)
    return TwoInputResult(explanation, (first, second), tuple(dict.fromkeys((*read, *notes))))


def read_inputs(
    sources: tuple[InputLike, InputLike], kind: object = None, max_megapixels: float = DEFAULT_MEGAPIXELS
) -> tuple[Picture | str, Picture | str]:
    """Return the two inputs: a read picture, or the text of a caption. Arguments as of ``explain_between``.

    Raises:
        CaptionError: a caption is empty, or is no text.
        PictureError: a picture cannot be read.
        SettingsError: there is no such kind.

    """
    kinds = kind if isinstance(kind, tuple | list) else (kind, kind)
    if len(kinds) != 2 or any(one is not None and one not in SIDES for one in kinds):
        raise SettingsError(
            f"{short_repr(kind)} is no kind of two inputs.", 'Choose "image", "text", or one for each input.'
        )
    first, second = (
        _read_input(source, one or kind_of_input(source), max_megapixels)
        for source, one in zip(sources, kinds, strict=True)
    )
    return first, second


def kind_of_input(source: object) -> Side:
    """Return whether ``source`` is a picture or a caption, by the rule of ``explain_between``."""
    if not isinstance(source, str):
        return "image"
    if is_address(source) or is_file_address(source) or is_picture_name(source.strip()):
        return "image"
    if "/" in source and is_dir(expand_home(source)):  # a path, which reading refuses by name; "dog" stays a caption
        return "image"
    return "image" if source.strip() and has_input(expand_home(source)) else "text"


def _read_input(source: Any, kind: Side, max_megapixels: float) -> Picture | str:
    if kind == "image":
        return read_picture(source, max_megapixels)
    if not isinstance(source, str):
        raise CaptionError(f"{short_repr(source)} is no caption.", "Give its text.")
    if not source.strip():
        raise CaptionError("The caption is empty.", "Give a picture or a description, in quotes.")
    return source
