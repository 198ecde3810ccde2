"""The figure of two inputs: two pictures with their heat, or the matrix of two captions' words."""

import io
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from exclip_desktop.core.maths.colour import range_limit, to_rgb
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.maths.word_patch_pairs import group_rows, group_selected_rows
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.two_inputs import (
    NO_SELECTION,
    CaptionSide,
    InputSide,
    PictureSide,
    TwoInputExplanation,
)
from exclip_desktop.render.figure import (
    BAR_GAP_IN,
    BAR_IN,
    BAR_ROOM_IN,
    EDGE_IN,
    SHAPES,
    TITLE_IN,
    TITLE_PT,
    own_style,
    save_figure,
)
from exclip_desktop.render.figure_options import FigureOptions, figure_size
from exclip_desktop.render.figure_picture import draw_bar, draw_heat, draw_picture, draw_regions, draw_unseen

Pixels = NDArray[np.uint8]
WORD_PT: Final = 8
CELL_IN: Final = 0.34
NAMES_IN: Final = 1.1
CELLS_WITH_NUMBERS: Final = 14  # more words leave no room for them


@own_style()
def draw_two_inputs(
    explanation: TwoInputExplanation,
    pictures: tuple[Pixels | None, Pixels | None],
    selections: tuple[Selection, Selection] = (NO_SELECTION, NO_SELECTION),
    options: FigureOptions | None = None,
) -> Figure:
    """Return the figure of two inputs, each with its heat for the selected part of the other one.

    Args:
        explanation: the two inputs.
        pictures: their pictures, RGB uint8 (H, W, 3); None for a caption.
        selections: the selected parts. Two captions of which nothing is selected are drawn as words × words.
        options: colours, opacity and size; its own selection is not used.

    Raises:
        SettingsError: the figure would be too small or too large.

    """
    chosen = options or FigureOptions()
    width_in, dpi = figure_size(chosen)
    sides = explanation.first, explanation.second
    if isinstance(sides[0], CaptionSide) and isinstance(sides[1], CaptionSide):
        return _draw_matrix(explanation, (sides[0], sides[1]), selections, chosen, (width_in, dpi))
    heats = explanation.heat("first", selections[1]), explanation.heat("second", selections[0])
    limit = range_limit(np.concatenate([_shown(*one).reshape(-1) for one in zip(sides, heats, strict=True)]))
    room = (width_in - 3 * EDGE_IN - BAR_ROOM_IN) / 2
    heights = [
        room * float(np.clip(pixels.shape[0] / pixels.shape[1], *SHAPES)) if pixels is not None else room
        for pixels in pictures
    ]
    height_in = max(heights) + 2 * TITLE_IN
    figure = Figure((width_in + 0.01 / dpi, height_in + 0.01 / dpi), dpi=dpi)
    FigureCanvasAgg(figure)
    for place, (side, pixels, heat, selection) in enumerate(zip(sides, pictures, heats, selections, strict=True)):
        left = EDGE_IN + place * (room + EDGE_IN)
        bottom = TITLE_IN + (max(heights) - heights[place]) / 2
        names = 0.0 if isinstance(side, PictureSide) else min(NAMES_IN, room / 2)
        axes = figure.add_axes(
            (
                (left + names) / width_in,
                bottom / height_in,
                (room - names) / width_in,
                heights[place] / height_in,
            )
        )
        if isinstance(side, PictureSide) and pixels is not None:
            draw_picture(axes, pixels, chosen, round(max(room, heights[place]) * dpi))
            draw_heat(axes, heat, limit, side.geometry, chosen)
            draw_unseen(axes, side.geometry)
            draw_regions(axes, selection.regions)
        elif isinstance(side, CaptionSide):
            _draw_words(axes, side, heat, limit, selection, chosen)
    bar = (width_in - BAR_ROOM_IN - EDGE_IN + BAR_GAP_IN) / width_in, TITLE_IN / height_in
    draw_bar(figure.add_axes((*bar, BAR_IN / width_in, max(heights) / height_in)), limit, limit, chosen.colours)
    _write_title(figure, explanation, height_in, width_in)
    return figure


def two_inputs_bytes(
    explanation: TwoInputExplanation,
    pictures: tuple[Pixels | None, Pixels | None],
    selections: tuple[Selection, Selection],
    options: FigureOptions,
    ending: str,
) -> bytes:
    """Return the figure as a file's bytes; see ``draw_two_inputs`` and ``save_figure``."""
    file = io.BytesIO()
    save_figure(draw_two_inputs(explanation, pictures, selections, options), file, ending)
    return file.getvalue()


def _shown(side: InputSide, heat: Floats) -> Floats:
    """Return the values that are drawn: all patches, or the sums of words."""
    if isinstance(side, PictureSide):
        return heat
    groups = group_rows(side.caption, by_word=True, specials=False)
    return np.array([heat[list(group.rows)].sum() for group in groups])


def _draw_words(
    axes: Axes, side: CaptionSide, heat: Floats, limit: float, selection: Selection, options: FigureOptions
) -> None:
    """Draw a bar for every word; the names of selected words are bold."""
    groups = group_rows(side.caption, by_word=True, specials=False)
    values = _shown(side, heat)
    axes.barh(
        range(len(groups)), values, color=to_rgb(values, limit, options.colours), edgecolor="black", linewidth=0.4
    )
    axes.set_yticks(range(len(groups)), [group.name for group in groups], fontsize=WORD_PT, parse_math=False)
    chosen = set(selection.rows)
    for label, group in zip(axes.get_yticklabels(), groups, strict=True):
        label.set_fontweight("bold" if chosen.intersection(group.rows) else "normal")
    axes.set_xlim(-limit, limit)
    axes.set_xticks([])  # the colour bar has the numbers
    axes.axvline(0, color="black", linewidth=0.6)
    axes.invert_yaxis()
    axes.tick_params(labelsize=WORD_PT)


def _draw_matrix(
    explanation: TwoInputExplanation,
    sides: tuple[CaptionSide, CaptionSide],
    selections: tuple[Selection, Selection],
    options: FigureOptions,
    size: tuple[float, float],
) -> Figure:
    """Return the figure of the words of one caption × the words of the other; of selected words those alone."""
    width_in, dpi = size
    down, across = (
        group_selected_rows(side.caption, selection.rows) for side, selection in zip(sides, selections, strict=True)
    )
    values = explanation.values.astype(np.float64)
    table = np.array([[values[np.ix_(one.rows, other.rows)].sum() for other in across] for one in down])
    limit = range_limit(table)
    height_in = NAMES_IN + max(2, len(down)) * CELL_IN + 2 * TITLE_IN
    figure = Figure((width_in + 0.01 / dpi, height_in + 0.01 / dpi), dpi=dpi)
    FigureCanvasAgg(figure)
    wide = width_in - EDGE_IN - NAMES_IN - BAR_ROOM_IN - EDGE_IN
    high = max(2, len(down)) * CELL_IN
    place = (EDGE_IN + NAMES_IN) / width_in, TITLE_IN / height_in, wide / width_in, high / height_in
    axes = figure.add_axes(place)
    axes.imshow(to_rgb(table, limit, options.colours), aspect="auto", interpolation="nearest")
    text: dict[str, Any] = {"fontsize": WORD_PT, "parse_math": False}
    axes.set_xticks(range(len(across)), [one.name for one in across], rotation=60, ha="left", **text)
    axes.set_yticks(range(len(down)), [one.name for one in down], **text)
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=2)
    if len(across) <= CELLS_WITH_NUMBERS:
        for (row, column), value in np.ndenumerate(table):
            axes.text(column, row, format_signed(float(value), 2), ha="center", va="center", fontsize=WORD_PT - 2)
    bar = (width_in - BAR_ROOM_IN - EDGE_IN + BAR_GAP_IN) / width_in, TITLE_IN / height_in
    draw_bar(figure.add_axes((*bar, BAR_IN / width_in, high / height_in)), limit, limit, options.colours)
    _write_title(figure, explanation, height_in, width_in)
    return figure


def _write_title(figure: Figure, explanation: TwoInputExplanation, height_in: float, width_in: float) -> None:
    figure.text(
        EDGE_IN / width_in,
        TITLE_IN / 2 / height_in,
        f"score {format_signed(explanation.score)}   {explanation.made_by}",
        fontsize=TITLE_PT,
        va="center",
        parse_math=False,
    )
