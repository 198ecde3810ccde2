"""Contents and size of figures, without matplotlib: of one explanation, and of the compare view."""

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.colour import DEFAULT_COLOURS
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.maths.word_values import DEFAULT_WORDS_BY, WordsBy
from exclip_desktop.core.values.caption import Span
from exclip_desktop.core.values.geometry import Box, Geometry
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Point, Region, Selection

LAYOUT_IN: Final = 7.0
NARROWEST_IN: Final = 3.0
SMALLEST_PX, LARGEST_PX = 300, 20000


@dataclass(frozen=True, slots=True, eq=False)
class OtherHeat:
    """Values that are drawn instead of the matrix's, each side in its own range.

    Attributes:
        name: what they are, in the legend.
        patches: (grid_h, grid_w).
        tokens: of each row, (rows,); None: the matrix's own values.

    """

    name: str
    patches: Floats
    tokens: Floats | None = None


@dataclass(frozen=True, slots=True)
class DrawnParts:
    """Parts of the picture: a region for each, the places of their numbers, and whether they are tinted."""

    regions: tuple[Region, ...]
    places: tuple[Point, ...]
    tinted: bool


@dataclass(frozen=True, slots=True)
class FigureOptions:
    """Contents of the figure, as on the canvas, and its size.

    Attributes:
        selection: selected tokens and regions in source pixels; None: nothing selected.
        span, box: replace the selection's tokens, and its regions.
        colours: a key of ``COLOUR_MAPS``.
        words_by: what colours a word while no region is selected: its strongest ``region``, or the whole ``picture``.
        picture_limit, words_limit: ends of the two colour ranges; None: the largest magnitude in the figure.
        drawing: ``scale``, every colour at one opacity, or ``magnitude``, weak areas show the picture.
        opacity: of the heat, 0 to 1; by magnitude, that of the largest value.
        smooth: interpolate between patches; values are interpolated, then coloured.
        grey: draw the picture in grey under the heat.
        heat: draw the heat.
        specials: draw the chips of [SOT] and [EOT].
        width_px: width of the figure in pixels.
        other_heat: drawn instead of the matrix's values.
        parts: drawn over the picture; tinted ones instead of the heat.
        dpi: pixels per inch; text keeps its size in points. None: text grows with the width.

    """

    span: Span | None = None
    box: Box | None = None
    selection: Selection | None = None
    colours: str = DEFAULT_COLOURS
    words_by: WordsBy = DEFAULT_WORDS_BY
    picture_limit: float | None = None
    words_limit: float | None = None
    drawing: Literal["scale", "magnitude"] = "scale"
    opacity: float = 0.64
    smooth: bool = False
    grey: bool = True
    heat: bool = True
    specials: bool = False
    width_px: int = 1050
    dpi: float | None = None
    other_heat: OtherHeat | None = None
    parts: DrawnParts | None = None

    @property
    def draws_heat(self) -> bool:
        """Whether heat is drawn over the picture."""
        return self.heat and not (self.parts is not None and self.parts.tinted and self.other_heat is None)


def figure_size(options: FigureOptions) -> tuple[float, float]:
    """Return the figure's width in inches and its pixels per inch.

    Raises:
        SettingsError: it would be too small for its text, or too large to draw.

    """
    if not SMALLEST_PX <= options.width_px <= LARGEST_PX:
        raise SettingsError(
            f"A figure cannot be {options.width_px} pixels wide.", f"Choose {SMALLEST_PX} to {LARGEST_PX} pixels."
        )
    dpi = options.width_px / LAYOUT_IN if options.dpi is None else options.dpi
    if not dpi > 0 or options.width_px / dpi < NARROWEST_IN:
        raise SettingsError(
            f"{options.width_px} pixels at {dpi:g} dots per inch leave no room for text.",
            f"Choose more pixels, or at most {options.width_px / NARROWEST_IN:.0f} dots per inch.",
        )
    return options.width_px / dpi, dpi


def selection_of(result: PairMatrix, options: FigureOptions) -> Selection:
    """Return the selection of ``options``.

    Raises:
        CaptionError, SelectionError: the span or box does not fit, or a row is not of this caption.

    """
    base, named = options.selection or Selection(), result.select(options.span, options.box)
    return Selection(named.rows or base.rows, named.regions or base.regions)


@dataclass(frozen=True, slots=True)
class Panel:
    """One pane.

    Attributes:
        title: its method.
        notes: lines below the title.
        heat: (grid_h, grid_w); None without an answer.
        geometry: where the patches lie; None without an answer.
        limit: the end of its colour range.

    """

    title: str
    notes: tuple[str, ...]
    heat: Floats | None = None
    geometry: Geometry | None = None
    limit: float = 1.0


@dataclass(frozen=True, slots=True)
class PanesFigure:
    """Contents of the figure of the compare view.

    Attributes:
        panels: at least one, method by method.
        models: number of panels for each method; they stand side by side.
        heading: the line above all panels.
        regions: drawn over every panel, in source pixels.
        one_range: whether all panels have one colour range, whose numbers the bar has.

    """

    panels: tuple[Panel, ...]
    models: int
    heading: str
    regions: tuple[Region, ...] = ()
    one_range: bool = False

    @property
    def columns(self) -> int:
        """Number of panels side by side, for about as many rows."""
        methods = len(self.panels) // self.models
        return self.models * max(1, round(sqrt(methods / self.models)))
