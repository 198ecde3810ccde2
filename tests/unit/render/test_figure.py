"""The figure of an explanation: content as on the canvas, the requested size, and the same bytes every time."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.colour import interpolate, lookup_table, range_limit, to_rgb
from exclip_desktop.core.maths.mask_outlines import mask_region
from exclip_desktop.core.maths.picture_parts import PART_COLOURS
from exclip_desktop.core.maths.word_values import word_values
from exclip_desktop.core.values.caption import Word
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Preview, Region, Selection, patch_heat, token_heat
from exclip_desktop.render.figure import FigureOptions, draw_figure, save_figure
from exclip_desktop.render.figure_options import DrawnParts, OtherHeat
from exclip_desktop.render.figure_picture import heat_rgba
from tests.unit.storage.test_caption_markup import make_explanation

LASSO = Region.lasso(((6.0, 1.0), (40.0, 6.0), (24.0, 38.0)), name="the sky")
REGIONS = (Region((4.0, 4.0, 30.0, 30.0), name="dog & $x$"), Region((4.0, 4.0, 9.0, 9.0), subtract=True), LASSO)
SELECTION = Selection((2, 3), REGIONS)


@pytest.fixture
def result() -> Explanation:
    return make_explanation("a red balloon and a dog", unseen="and a zebra")


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 255, (40, 40, 3), dtype=np.uint8)


def drawn(result: Explanation, pixels: NDArray[np.uint8], **options: Any) -> Figure:
    return draw_figure(result, pixels, FigureOptions(**options))


def saved(figure: Figure, ending: str) -> bytes:
    file = io.BytesIO()
    save_figure(figure, file, ending)
    return file.getvalue()


def cells_of(figure: Figure) -> dict[str, Rectangle]:
    strip = figure.axes[-1]
    return dict(zip([text.get_text() for text in strip.texts], fills_of(figure), strict=False))


def fills_of(figure: Figure) -> list[Rectangle]:
    return [patch for patch in figure.axes[-1].patches if isinstance(patch, Rectangle)]


def frames_of(figure: Figure) -> list[tuple[float, float]]:
    """Return left and right of every dark edge, in inches."""
    edges = [patch for patch in figure.axes[-1].patches if isinstance(patch, FancyBboxPatch)]
    return [(box.get_x(), box.get_x() + box.get_width()) for box in edges if to_hex(box.get_edgecolor()) == "#000000"]


def reach_of(*cells: Rectangle) -> tuple[float, float]:
    return cells[0].get_x(), cells[-1].get_x() + cells[-1].get_width()


def colour_of(patch: Rectangle) -> str:
    return to_hex(patch.get_facecolor())


def legend_of(figure: Figure) -> str:
    strip = figure.axes[-1]
    return " ".join(text.get_text() for text in strip.texts[len(fills_of(figure)) :])


def heat_image(figure: Figure) -> NDArray[np.float64]:
    return np.asarray(figure.axes[0].images[1].get_array()) / 255


# What is shown


def test_heat_is_through_the_selected_tokens_and_words_through_the_regions(
    result: Explanation, pixels: NDArray[np.uint8]
) -> None:
    figure = drawn(result, pixels, selection=SELECTION)
    heat = patch_heat(result.interactions, SELECTION, Preview())
    displayed = heat_image(figure)
    np.testing.assert_allclose(displayed[..., :3], to_rgb(heat, range_limit(heat)), atol=1e-9)
    np.testing.assert_allclose(displayed[..., 3], 0.64, atol=0.002)
    by_token = token_heat(result.interactions, result.geometry, SELECTION, Preview())
    values = by_token[1:-1]
    expected = to_rgb(values, range_limit(values))
    assert [colour_of(cell) for cell in fills_of(figure)[:6]] == [to_hex(rgb) for rgb in expected]
    cells = cells_of(figure)
    assert frames_of(figure) == [reach_of(cells["red"]), reach_of(cells["balloon"])]
    assert "heat: red balloon" in legend_of(figure)
    assert "through 2 regions without 1 box" in legend_of(figure)


def test_span_and_box_replace_the_selection(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    box = (0.0, 0.0, 15.0, 15.0)
    one = drawn(result, pixels, selection=SELECTION, span="dog", box=box)
    other = drawn(result, pixels, selection=Selection(result.caption.rows_of("dog"), (Region(box),)))
    assert saved(one, ".png") == saved(other, ".png")
    assert "words: through 1 box" in legend_of(one)


def test_regions_are_outlined_with_their_names(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    axes = drawn(result, pixels, selection=SELECTION).axes[0]
    outlines = [patch for patch in axes.patches if isinstance(patch, Polygon)]
    assert [to_hex(patch.get_edgecolor()) for patch in outlines] == ["#ffffff", "#000000"] * 3
    assert [patch.get_linestyle() in ("-", "solid") for patch in outlines[1::2]] == [True, False, True]
    np.testing.assert_array_equal(outlines[5].get_xy()[:-1], LASSO.outline)
    np.testing.assert_array_equal(outlines[1].get_xy()[:-1], [(4, 4), (30, 4), (30, 30), (4, 30)])
    assert [text.get_text() for text in axes.texts] == ["dog & $x$", "the sky"]
    assert [text.get_va() for text in axes.texts] == ["bottom", "top"]  # above, but for want of room
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 40), (40, 0))


def test_locked_limits_have_tips_where_values_exceed_them(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    largest = float(np.abs(result.patch_heat()).max())
    for limit, tips in ((largest / 4, 2), (largest, 0), (largest * 4, 0)):
        figure = drawn(result, pixels, picture_limit=limit, words_limit=0.5, words_by="picture")
        np.testing.assert_allclose(heat_image(figure)[..., :3], to_rgb(result.patch_heat(), limit), atol=1e-9)
        bar = figure.axes[1]
        assert [float(tick) for tick in bar.get_yticks()] == pytest.approx([-limit, -limit / 2, 0, limit / 2, limit])
        assert len(bar.patches) == tips
        assert "(±0.5)" in legend_of(figure)
        value = result.token_heat()[3]
        assert colour_of(cells_of(figure)["balloon"]) == to_hex(to_rgb(value, 0.5))


def test_colours_magnitude_and_opacity(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    heat = result.patch_heat()
    limit = range_limit(heat)
    displayed = heat_image(drawn(result, pixels, colours="safe", drawing="magnitude", opacity=0.8))
    np.testing.assert_allclose(displayed[..., :3], to_rgb(heat, limit, "safe"), atol=1e-9)
    np.testing.assert_allclose(displayed[..., 3], 0.8 * np.abs(heat) / limit, atol=0.002)


def test_without_heat_the_picture_is_unchanged_and_has_no_bar(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    bare = drawn(result, pixels, heat=False)
    assert len(bare.axes) == 2
    (picture,) = bare.axes[0].images
    np.testing.assert_array_equal(picture.get_array(), pixels)
    assert "heat:" not in legend_of(bare)
    coloured = drawn(result, pixels, grey=False).axes[0].images[0]
    np.testing.assert_array_equal(coloured.get_array(), pixels)
    greyed = np.asarray(drawn(result, pixels).axes[0].images[0].get_array())
    assert (greyed[..., 0] == greyed[..., 1]).all()
    assert (greyed[..., 1] == greyed[..., 2]).all()


def test_the_specials_option_draws_special_tokens(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    assert list(cells_of(drawn(result, pixels)))[:2] == ["a", "red"]
    figure = drawn(result, pixels, specials=True, selection=Selection((0,)), words_by="picture")
    cells, values = cells_of(figure), result.token_heat()
    assert list(cells)[0] == "[SOT]"
    assert frames_of(figure) == [reach_of(cells["[SOT]"])]
    assert colour_of(cells["[EOT]"]) == to_hex(to_rgb(values[-1], range_limit(values)))
    assert "heat: [SOT]" in legend_of(drawn(result, pixels, selection=Selection((0,))))


def test_all_padding_is_one_chip(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    *tokens, last, end = result.tokens
    tokens += [replace(last, kind="padding", text="padding"), replace(end, kind="padding", text="padding")]
    words = tuple(word for word in result.words if len(tokens) - 2 not in word.rows)
    padded = replace(result, caption=replace(result.caption, tokens=tuple(tokens), words=words))
    cells, values = cells_of(drawn(padded, pixels, specials=True, words_by="picture")), result.token_heat()
    displayed = np.array([*values[:-2], values[-2:].sum()])
    assert colour_of(cells["padding × 2"]) == to_hex(to_rgb(displayed[-1], range_limit(displayed)))


def test_without_regions_words_are_coloured_by_their_strongest_regions(
    result: Explanation, pixels: NDArray[np.uint8]
) -> None:
    figure, other = drawn(result, pixels), drawn(result, pixels, words_by="picture")
    values = word_values(
        result.interactions, result.geometry, Selection(), Preview(), [word.rows for word in result.words], "region"
    )[1:-1]
    assert colour_of(cells_of(figure)["balloon"]) == to_hex(to_rgb(values[2], range_limit(values)))
    assert "words: strongest region of each" in legend_of(figure)
    assert "words: through the whole picture" in legend_of(other)


def test_unread_words_are_grey(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    figure = drawn(result, pixels)
    assert colour_of(cells_of(figure)["zebra"]) == "#ededed"
    ink = {text.get_text(): text.get_color() for text in figure.axes[-1].texts}
    assert ink["zebra"] == "#999999"


def test_a_word_longer_than_a_line_is_cut(pixels: NDArray[np.uint8]) -> None:
    figure = drawn(make_explanation(f"a {'very' * 60}long dog"), pixels)
    cut = [text for text in cells_of(figure) if text.endswith("…")]
    assert len(cut) == 1
    for cell in fills_of(figure):
        assert 0.14 < cell.get_x() < cell.get_x() + cell.get_width() < 7.0 - 0.14


def in_tokens(result: Explanation, *words: int) -> Explanation:
    """Return the explanation with the words so numbered, side by side, made one word of several tokens."""
    stored, parts = [], [result.words[number] for number in words]
    whole = Word(
        "".join(part.text for part in parts), parts[0].start, parts[-1].end, tuple(part.rows[0] for part in parts)
    )
    for number, word in enumerate(result.words):
        stored += [whole] if number == words[0] else [] if number in words else [word]
    return replace(result, caption=replace(result.caption, words=tuple(stored)))


def test_tokens_of_a_word_are_cells_of_one_chip(pixels: NDArray[np.uint8]) -> None:
    result = in_tokens(make_explanation("a hydr ant and a dog"), 1, 2)
    values = result.token_heat()[1:-1]
    for rows, framed in (((2, 3), [("hydr", "ant")]), ((3,), [("ant",)]), ((2,), [("hydr",)])):
        figure = drawn(result, pixels, selection=Selection(rows), words_by="picture")
        cells = cells_of(figure)
        assert [colour_of(cell) for cell in fills_of(figure)] == [
            to_hex(rgb) for rgb in to_rgb(values, range_limit(values))
        ]
        assert reach_of(cells["hydr"])[1] == pytest.approx(reach_of(cells["ant"])[0])
        assert reach_of(cells["ant"])[1] < reach_of(cells["and"])[0]
        assert frames_of(figure) == [pytest.approx(reach_of(*(cells[name] for name in names))) for names in framed]


def test_a_word_of_many_tokens_breaks_between_them(pixels: NDArray[np.uint8]) -> None:
    names = [f"part{number}" for number in range(30)]
    result = in_tokens(make_explanation(" ".join(["a", *names, "b"])), *range(1, 31))
    figure = drawn(result, pixels)
    assert list(cells_of(figure))[:32] == ["a", *names, "b"]
    assert all(0.14 < cell.get_x() < cell.get_x() + cell.get_width() < 7.0 - 0.14 for cell in fills_of(figure))
    assert len({cell.get_y() for cell in fills_of(figure)}) > 2


# Smooth


def test_values_are_interpolated_between_the_centres_of_patches() -> None:
    values = np.array([[0.0, 4.0], [8.0, -4.0]])
    np.testing.assert_array_equal(interpolate(values, 1), values)
    fine = interpolate(values, 4)
    assert fine.shape == (8, 8)
    np.testing.assert_array_equal(fine[0], [0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4])
    np.testing.assert_array_equal(fine[:, 0], [0, 0, 1, 3, 5, 7, 8, 8])
    assert fine.sum() == pytest.approx(16 * values.sum())
    np.testing.assert_array_equal(interpolate(np.array([[7.0]]), 3), np.full((3, 3), 7.0))
    assert interpolate(np.zeros((2, 5)), 3).shape == (6, 15)


def test_values_are_interpolated_and_not_colours() -> None:
    displayed = heat_rgba(np.array([[-1.0, 1.0]]), 1.0, FigureOptions(smooth=True))
    table = {tuple(colour) for colour in lookup_table()}
    assert {tuple(colour) for colour in displayed[0, :, :3]} <= table
    middle = displayed[0, displayed.shape[1] // 2 - 1 : displayed.shape[1] // 2 + 1, :3]
    np.testing.assert_allclose(middle, np.vstack([to_rgb(np.zeros(2), 1.0)]), atol=0.02)
    assert max(displayed.shape) == 1024


# Size and form


@pytest.mark.parametrize("width", [300, 799, 1051, 4000, 20000])
@pytest.mark.parametrize("dpi", [None, 100.0])
def test_figures_have_the_requested_width(
    result: Explanation, pixels: NDArray[np.uint8], width: int, dpi: float | None
) -> None:
    figure = drawn(result, pixels, width_px=width, dpi=dpi)
    assert figure.canvas.get_width_height()[0] == width
    if dpi is None:
        assert figure.get_figwidth() == pytest.approx(7.0, abs=1e-3)
    else:
        assert figure.dpi == dpi


def test_the_file_has_that_many_pixels(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    for width, dpi in ((641, None), (901, 120)):
        with Image.open(io.BytesIO(saved(drawn(result, pixels, width_px=width, dpi=dpi), ".png"))) as image:
            assert image.width == width


@pytest.mark.parametrize(("width", "dpi"), [(10, None), (30000, None), (1050, 600), (1050, 0), (1050, float("nan"))])
def test_impossible_sizes_are_errors(
    result: Explanation, pixels: NDArray[np.uint8], width: int, dpi: float | None
) -> None:
    with pytest.raises(SettingsError) as caught:
        drawn(result, pixels, width_px=width, dpi=dpi)
    assert caught.value.hint


def test_a_large_picture_is_shrunk_to_the_pixels_of_the_figure(result: Explanation) -> None:
    large = np.full((900, 3000, 3), 200, np.uint8)
    displayed = np.asarray(drawn(result, large, width_px=700, grey=False).axes[0].images[0].get_array())
    assert displayed.shape == (174, 580, 3)
    assert (displayed == 200).all()


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_equal_figures_have_equal_bytes(result: Explanation, pixels: NDArray[np.uint8], ending: str) -> None:
    one, other = (saved(drawn(result, pixels, selection=SELECTION, smooth=True), ending) for _ in range(2))
    assert one == other


def test_text_in_vector_figures_is_text(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    figure = drawn(result, pixels, selection=SELECTION)
    page = ElementTree.fromstring(saved(figure, ".svg"))
    texts = {"".join(node.itertext()) for node in page.iter("{http://www.w3.org/2000/svg}text")}
    assert {"red", "balloon", "zebra", "dog & $x$", "the sky"} <= texts
    assert b"/Type0" in saved(figure, ".pdf")  # letters, not outlines: Type 3 would be shapes


def test_the_persons_matplotlib_style_is_ignored_and_unchanged(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    expected = saved(drawn(result, pixels), ".svg")
    own = {"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "black", "savefig.bbox": "tight"}
    with matplotlib.rc_context(own):
        before = dict(matplotlib.rcParams)
        assert saved(drawn(result, pixels), ".svg") == expected
        assert dict(matplotlib.rcParams) == before


def test_threads_draw_the_same_as_one(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    expected = saved(drawn(result, pixels), ".svg")
    before = dict(matplotlib.rcParams)
    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(lambda _: saved(drawn(result, pixels), ".svg"), range(6)))
    assert made == [expected] * 6
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_any_character_can_be_drawn(pixels: NDArray[np.uint8], tmp_path: Path, ending: str) -> None:
    result = make_explanation(r"$x_1$ {curly} \frac 🐕 犬 <b> & مرحبا", unseen="$y$")
    region = Region((1, 1, 9, 9), name=r"$\frac 🐕 <&")
    data = saved(drawn(result, pixels, selection=Selection((1,), (region,))), ending)
    assert len(data) > 1000
    if ending == ".svg":
        assert re.search(r"&lt;b&gt;", data.decode("utf-8"))


def test_another_heat_has_its_own_range_and_is_named(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    grid = result.geometry.grid
    values = np.linspace(-2, 8, grid[0] * grid[1]).reshape(grid)
    tokens = np.linspace(-0.5, 0.25, len(result.tokens))
    other = OtherHeat("direction 1", values, tokens)
    figure = drawn(result, pixels, other_heat=other, picture_limit=0.1, words_limit=0.1)
    assert [text.get_text() for text in figure.axes[1].get_yticklabels()][-1] == "+8"
    (row,) = result.words[1].rows
    fill = cells_of(figure)[result.words[1].text].get_facecolor()
    shown = [tokens[list(word.rows)] for word in result.words]
    limit = max(abs(value) for values in shown for value in values)
    assert to_hex(fill) == to_hex(to_rgb(tokens[row], limit, FigureOptions().colours))
    assert "heat: direction 1" in figure.axes[-1].texts[-2].get_text()


def test_tinted_parts_replace_the_heat(result: Explanation, pixels: NDArray[np.uint8]) -> None:
    mask = np.zeros(result.geometry.grid, bool)
    mask[0, 0] = mask[-1, -1] = True
    regions = mask_region(mask, result.geometry), mask_region(~mask, result.geometry)
    parts = DrawnParts(regions, ((1.0, 1.0), (20.0, 20.0)), tinted=True)
    figure = drawn(result, pixels, parts=parts)
    assert len(figure.axes) == 2  # no colour bar
    fills = {to_hex(patch.get_facecolor()) for patch in figure.axes[0].patches if patch.get_fill()}
    assert fills >= {to_hex([value / 255 for value in PART_COLOURS[place]]) for place in (0, 1)}
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "2"]
    figure = drawn(result, pixels, parts=replace(parts, tinted=False))
    assert len(figure.axes) == 3
