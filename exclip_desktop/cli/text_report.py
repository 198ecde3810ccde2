"""Text and plain values that the commands print: explanations, matrices, layer profiles and occlusion scores."""

from dataclasses import asdict
from typing import Any, Final

from exclip_desktop.cli.terminal import in_columns
from exclip_desktop.core.maths.word_patch_pairs import find_strongest_pairs
from exclip_desktop.core.text.number_format import format_percent
from exclip_desktop.core.text.visible_controls import show_controls_in_line
from exclip_desktop.core.values.answers import TokenMap
from exclip_desktop.core.values.caption import Span
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Box, Geometry
from exclip_desktop.core.values.layer_profile import Profile, ProfileRow
from exclip_desktop.core.values.occlusion_scores import FILLS, OcclusionScores
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.settings import framing_suffix
from exclip_desktop.storage.exports.number_files import summarize_selection

PAIRS = 6
STRONGEST = 8
BAR_CELLS = 16
SHORT_NAMES: Final = {
    "words × patches": "w×p",
    "specials × patches": "s×p",
    "words × prefix tokens": "w×c",
    "specials × prefix tokens": "s×c",
    "reference terms": "reference",
    "gap to the published reference": "gap",
    "residual": "residual",
}


def describe_selection(result: PairMatrix, span: Span | None, box: Box | None) -> dict[str, Any]:
    """Return span, box and the values of ``storage.exports.summarize_selection`` for them.

    Raises:
        CaptionError, SelectionError: span or box does not fit.

    """
    return {"span": span, "box": box, **summarize_selection(result, result.select(span, box))}


def describe_crop(geometry: Geometry) -> list[str]:
    """Return which part of the picture the model sees where it is cropped; nothing where it sees all."""
    if geometry.cut is None:
        return []
    (x0, y0, x1, y1), (width, height) = geometry.cut, geometry.source_size
    visible = f"x {x0:.0f}–{x1:.0f}, y {y0:.0f}–{y1:.0f} of {width} × {height} px"
    return [f"The model sees {visible}; the rest is cut off. --framing squash, pad or whole keeps all."]


def explanation_as_text(result: Explanation, selection: dict[str, Any]) -> str:
    """Return the explanation as text for a terminal."""
    settings = result.settings
    parts = [
        f"“{show_controls_in_line(result.caption.text)}”",
        f"score {result.score:+.4f}   {settings.model} on {settings.device}, image layer {settings.image_layer}, "
        f"text layer {settings.text_layer}, {settings.text_reference} reference{framing_suffix(settings.framing)}",
        *describe_crop(result.geometry),
        "",
        *_selection_as_text(result, selection),
        "Ledger, in the unit of the score",
        *(f"  {name:<32}{value:+.4f}" for name, value in result.ledger.lines()),
        f"  {'score':<32}{result.ledger.total:+.4f}",
        "",
        *_pair_lines(result),
        "",
        f"Nodes: picture {result.image_side.nodes} ({result.image_side.way}), caption {result.text_side.nodes} "
        f"({result.text_side.way})",
        f"Relative errors: completeness residual {result.residual:.1e}{_row_error(result)}",
    ]
    return "\n".join(parts)


def matrix_as_text(result: PairMatrix, selection: dict[str, Any]) -> str:
    """Return the matrix of another method as text for a terminal."""
    head = [
        f"“{show_controls_in_line(result.caption.text)}”",
        f"score {result.score:+.4f}   {result.made_by}",
        *describe_crop(result.geometry),
        "",
    ]
    return "\n".join([*head, *_selection_as_text(result, selection), *_pair_lines(result)])


def map_as_text(token_map: TokenMap, name: str) -> str:
    """Return a map as text for a terminal; ``name`` is the method's."""
    options = ", ".join(f"{option} {value}" for option, value in token_map.options.items())
    lines = [
        f"“{show_controls_in_line(token_map.target)}”",
        f"score {token_map.score:+.4f}   {token_map.model}, {name}",
    ]
    if options:
        lines[-1] += f": {options}"
    lines += [*describe_crop(token_map.geometry), ""]
    if token_map.side == "text":
        pairs = zip(token_map.caption.tokens, token_map.values, strict=True)
        return "\n".join([*lines, *(f"  {token.text:<20}{value:+.4g}" for token, value in pairs)])
    order = abs(token_map.values).argsort(axis=None)[::-1][:STRONGEST]
    places = [divmod(int(place), token_map.geometry.grid[1]) for place in order]
    rows = [f"  row {row}, column {column:<12}{token_map.values[row, column]:+.4g}" for row, column in places]
    return "\n".join([*lines, "Strongest patches, by magnitude (rows and columns count from 0)", *rows])


def profile_values(profile: Profile) -> dict[str, Any]:
    """Return a profile as plain values for JSON.

    Of every row: ``ledger`` in the unit of the score; ``shares``, its parts divided by the score (None where the score
    is too small for that); ``magnitudes``, each block's share of Σ|A|; ``residual``, the completeness residual.
    """
    rows = [
        {
            "layer": row.layer,
            "score": row.score,
            "ledger": {**dict(row.ledger.lines()), "total": row.ledger.total},
            "shares": None if row.shares is None else dict(row.shares),
            "magnitudes": dict(row.magnitudes.lines()),
            "residual": row.residual,
            "exact": row.exact,
            "report": asdict(row.report),
        }
        for row in profile.rows
    ]
    settings = asdict(profile.rows[0].settings)
    del settings[f"{profile.side}_layer"]
    return {"side": profile.side, "rows": rows, "settings": settings}


def profile_as_text(profile: Profile, caption: str) -> str:
    """Return a profile as a table for a terminal: the parts of the score, and where |A| lies."""
    first = profile.rows[0]
    other = "text" if profile.side == "image" else "image"
    fixed = first.settings.text_layer if other == "text" else first.settings.image_layer
    names = [name for name, _ in first.ledger.lines()]
    heads = [SHORT_NAMES[name] for name in names]
    blocks = heads[: len(first.magnitudes.lines())]
    table = [["layer", *heads, "", *blocks, ""], *(_profile_cells(row) for row in profile.rows)]
    return "\n".join(
        [
            f"“{show_controls_in_line(caption)}”",
            f"score {first.score:+.4f}   {first.settings.model} on {first.settings.device}, {profile.side} layers, "
            f"{other} layer {fixed}"
            f"{framing_suffix(first.settings.framing)}",
            "",
            "Left: parts of the score, which add up to 100 %. Right: shares of Σ|A|, whatever its sign.",
            "w words, s specials ([SOT], [EOT], padding), p patches, c prefix tokens (class, registers).",
            *in_columns(table, right=True),
        ]
    )


def _profile_cells(row: ProfileRow) -> list[str]:
    shares = row.shares
    parts = [""] * len(row.ledger.lines()) if shares is None else [format_percent(share, 1) for _, share in shares]
    magnitudes = [format_percent(share, 1) for _, share in row.magnitudes.lines()]
    return [str(row.layer), *parts, "|", *magnitudes, "" if row.exact else f"not exact: {row.residual:.0e}"]


def _row_error(result: Explanation) -> str:
    errors = [side.row_error for side in (result.image_side, result.text_side) if side.row_error is not None]
    return f", rows ± {max(errors):.1e} (estimated)" if errors else ""


def _selection_as_text(result: PairMatrix, selection: dict[str, Any]) -> list[str]:
    title = "Words" if selection["box"] is None else "Words, through the box"
    return [title, *_word_lines(result, selection), "", *_selection_lines(selection)]


def _word_lines(result: PairMatrix, selection: dict[str, Any]) -> list[str]:
    values = [word["value"] for word in selection["words"]]
    limit = max((abs(value) for value in values), default=0.0) or 1.0
    width = max((len(word.text) for word in result.words), default=0)
    lines = []
    for word, value in zip(result.words, values, strict=True):
        bar = ("█" if value >= 0 else "░") * round(abs(value) / limit * BAR_CELLS)
        lines.append(f"  {word.text:<{width}}  {value:+.4f}  {bar}".rstrip())
    return lines


def _selection_lines(selection: dict[str, Any]) -> list[str]:
    if selection["span"] is None and selection["box"] is None:
        return []
    patch = selection["strongest_patch"]
    place = _place(patch["row"], patch["column"], patch["box"])
    share = "" if selection["share"] is None else f", {format_percent(selection['share'])} of the matrix sum"
    what = " × ".join(
        [
            f"“{show_controls_in_line(selection['span'])}”" if selection["span"] is not None else "all tokens",
            "the box" if selection["box"] else "all patches",
        ]
    )
    return [
        f"Selected: {what}",
        f"  sum {selection['sum']:+.4f}{share}",
        f"  strongest patch, by magnitude: {place}  {patch['value']:+.4f}",
        "",
    ]


def _pair_lines(result: PairMatrix) -> list[str]:
    pairs = find_strongest_pairs(result, Selection(), PAIRS)
    width = max((len(pair.name) for pair in pairs), default=0)
    places = [_place(*pair.patch, result.geometry.patch_box(*pair.patch)) for pair in pairs]
    return [
        "Strongest word ↔ patch pairs, by magnitude (rows and columns count from 0)",
        *(f"  {p.name:<{width}} ↔ {place}  {p.value:+.4f}" for p, place in zip(pairs, places, strict=True)),
    ]


def _place(row: int, column: int, box: Box) -> str:
    x0, y0, x1, y1 = box
    return f"row {row:>2}, column {column:>2}  (x {x0:.0f}–{x1:.0f}, y {y0:.0f}–{y1:.0f} px)"


def occlusion_as_text(scores: OcclusionScores) -> str:
    """Return the scores of the occluded pair as text for a terminal."""
    rows = [
        ("words and box", scores.both),
        ("without the box", scores.without_regions),
        ("without the words", scores.without_words),
        ("without both", scores.neither),
    ]
    return "\n".join(
        [
            "",
            f"Measured: the model's scores with the selection occluded, the box filled with {FILLS[scores.fill]}",
            *(f"  {name:<32}{value:+.4f}" for name, value in rows),
            f"  {'measured interaction':<32}{scores.interaction:+.4f}",
            f"  {'attributed to the block':<32}{scores.attributed:+.4f}",
        ]
    )
