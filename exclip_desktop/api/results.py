"""Results of the public functions: a matrix with its picture, which can be drawn and saved."""

from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.colour import DEFAULT_COLOURS
from exclip_desktop.core.values.answers import MatrixAnswer
from exclip_desktop.core.values.caption import Span
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, check_path
from exclip_desktop.storage.exports.number_files import save_matrix
from exclip_desktop.storage.formula_cells import Formulas


class Drawable(PairMatrix):
    """A matrix with its picture.

    Attributes:
        pixels: the upright RGB picture, uint8 (H, W, 3).
        notes: warnings: on reading the picture, on a part of the caption that the model did not read, and on integrals
            that are not exact.

    """

    __slots__ = ()
    _base: ClassVar[type[PairMatrix]]
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]

    def __init__(self, matrix: PairMatrix, pixels: NDArray[np.uint8], notes: tuple[str, ...]) -> None:
        """Copy every field of ``matrix``."""
        super().__init__(**{field.name: getattr(matrix, field.name) for field in fields(matrix)})
        object.__setattr__(self, "pixels", pixels)
        object.__setattr__(self, "notes", notes)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy with the picture: a frozen dataclass with slots keeps its own fields only."""
        matrix = self._base(**{field.name: getattr(self, field.name) for field in fields(self)})
        return type(self), (matrix, self.pixels, self.notes)

    def save(
        self,
        path: str | Path,
        *,
        span: Span | None = None,
        box: Box | None = None,
        csv_formulas: Formulas = "escape",
    ) -> tuple[str, ...]:
        """Write the numbers as ``.npz``, ``.json`` or ``.csv``; with ``span`` or ``box``, the selection as well.

        What the files hold: ``storage.exports.number_files.save_matrix``. ``csv_formulas``: escape or keep words that a
        spreadsheet would take for formulas. Returns notes on what was changed.

        Raises:
            CaptionError, SelectionError: span or box does not fit.
            OutputError: the file cannot be written.

        """
        nothing = span is None and box is None
        selection = None if nothing else self.select(span, box)
        return save_matrix(self, Path(path), selection, self.notes, csv_formulas)

    def plot(
        self,
        path: str | Path,
        *,
        span: Span | None = None,
        box: Box | None = None,
        colours: str = DEFAULT_COLOURS,
    ) -> None:
        """Write the figure as ``.png``, ``.svg`` or ``.pdf``, for the words in ``span`` and the patches in ``box``.

        ``colours`` is the key of a colour map, a row of ``COLOUR_MAPS``.

        Raises:
            CaptionError, SelectionError: span or box does not fit.
            SettingsError: there is no such colour map.
            OutputError: the file cannot be written.

        """
        target = Path(path)
        check_path(target, PICTURE_FORMATS)
        figures = import_module("exclip_desktop.render.figure")  # matplotlib is imported when a figure is made
        figure = figures.draw_figure(self, self.pixels, figures.FigureOptions(span=span, box=box, colours=colours))
        write_atomically(target, lambda file: figures.save_figure(figure, file, target.suffix.lower()))


class Result(Drawable, Explanation):
    """An explanation with its picture."""

    __slots__ = ("notes", "pixels")
    _base = Explanation


class MatrixResult(Drawable, MatrixAnswer):
    """Another method's matrix with its picture."""

    __slots__ = ("notes", "pixels")
    _base = MatrixAnswer
