"""Text and plain values that the commands print: explanations, matrices, layer profiles and occlusion scores."""

from dataclasses import asdict
from typing import Any, Final

from exclip_desktop.core.maths.word_patch_pairs import strongest_pairs
from exclip_desktop.core.values.caption import Span
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Box, Geometry
from exclip_desktop.core.values.layer_profile import Profile, ProfileRow
from exclip_desktop.core.values.occlusion_scores import FILLS, Measured
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.settings import framed
from exclip_desktop.storage.exports.number_files import summarize_selection

PAIRS = 6
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


def selection(result: PairMatrix, span: Span | None, box: Box | None) -> dict[str, Any]:
    """Return what was selected, and what ``storage.exports.summarize_selection`` says of it.

    Raises:
        CaptionError, SelectionError: span or box does not fit.

    """
    return {"span": span, "box": box, **summarize_selection(result, result.select(span, box))}


def cut_told(geometry: Geometry) -> list[str]:
    """Return what the model saw of the picture where a part was cut away; nothing where it saw it all."""
    if geometry.cut is None:
        return []
    (x0, y0, x1, y1), (width, height) = geometry.cut, geometry.source_size
    seen = f"x {x0:.0f}–{x1:.0f}, y {y0:.0f}–{y1:.0f} of {width} × {height} px"
    return [f"The model saw {seen}; the rest was cut away. --framing squash, pad or whole shows it all."]


def as_text(result: Explanation, chosen: dict[str, Any]) -> str:
    """Return the explanation as text for a terminal."""
    settings = result.settings
    parts = [
        f"“{result.caption.text}”",
        f"score {result.score:+.4f}   {settings.model} on {settings.device}, image layer {settings.image_layer}, "
        f"text layer {settings.text_layer}, {settings.text_reference} reference{framed(settings.framing)}",
        *cut_told(result.geometry),
        "",
        *_selected_as_text(result, chosen),
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


def matrix_as_text(result: PairMatrix, chosen: dict[str, Any]) -> str:
    """Return another method's matrix as text for a terminal."""
    made = f"score {result.score:+.4f}   {result.made_by}"
    head = [f"“{result.caption.text}”", made, *cut_told(result.geometry), ""]
    return "\n".join([*head, *_selected_as_text(result, chosen), *_pair_lines(result)])


def profile_as_plain(profile: Profile) -> dict[str, Any]:
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
    """Return a profile as a table for a terminal: what adds up to the score, and where |A| lies."""
    first = profile.rows[0]
    other = "text" if profile.side == "image" else "image"
    fixed = first.settings.text_layer if other == "text" else first.settings.image_layer
    names = [name for name, _ in first.ledger.lines()]
    heads = [SHORT_NAMES[name] for name in names]
    blocks = heads[: len(first.magnitudes.lines())]
    table = [["layer", *heads, "", *blocks, ""], *(_profile_cells(row) for row in profile.rows)]
    widths = [max(len(line[at]) for line in table) for at in range(len(table[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    return "\n".join(
        [
            f"“{caption}”",
            f"score {first.score:+.4f}   {first.settings.model} on {first.settings.device}, {profile.side} layers, "
            f"{other} layer {fixed}"
            f"{framed(first.settings.framing)}",
            "",
            "Left: parts of the score, which add up to 100%. Right: where |A| lies, whatever its sign.",
            "w words, s specials ([SOT], [EOT], padding), p patches, c prefix tokens (class, registers).",
            *(line.rstrip() for line in lines),
        ]
    )


def _profile_cells(row: ProfileRow) -> list[str]:
    shares = row.shares
    parts = [""] * len(row.ledger.lines()) if shares is None else [_percent(share) for _, share in shares]
    lies = [_percent(share) for _, share in row.magnitudes.lines()]
    return [str(row.layer), *parts, "|", *lies, "" if row.exact else f"not exact: {row.residual:.0e}"]


def _percent(share: float) -> str:
    return f"{round(share, 3) + 0.0:.1%}"  # a rounded −0.0 becomes 0.0


def _row_error(result: Explanation) -> str:
    errors = [side.row_error for side in (result.image_side, result.text_side) if side.row_error is not None]
    return f", rows ± {max(errors):.1e} (estimated)" if errors else ""


def _selected_as_text(result: PairMatrix, chosen: dict[str, Any]) -> list[str]:
    through = "Words" if chosen["box"] is None else "Words, through the box"
    return [through, *_word_lines(result, chosen), "", *_selection_lines(chosen)]


def _word_lines(result: PairMatrix, chosen: dict[str, Any]) -> list[str]:
    values = [word["value"] for word in chosen["words"]]
    limit = max((abs(value) for value in values), default=0.0) or 1.0
    width = max((len(word.text) for word in result.words), default=0)
    lines = []
    for word, value in zip(result.words, values, strict=True):
        bar = ("█" if value >= 0 else "░") * round(abs(value) / limit * BAR_CELLS)
        lines.append(f"  {word.text:<{width}}  {value:+.4f}  {bar}".rstrip())
    return lines


def _selection_lines(chosen: dict[str, Any]) -> list[str]:
    if chosen["span"] is None and chosen["box"] is None:
        return []
    patch = chosen["strongest_patch"]
    place = _place(patch["row"], patch["column"], patch["box"])
    share = "" if chosen["share"] is None else f", {chosen['share']:.0%} of the whole matrix"
    what = " × ".join(
        [
            f"“{chosen['span']}”" if chosen["span"] is not None else "all tokens",
            "the box" if chosen["box"] else "all patches",
        ]
    )
    return [
        f"Selected: {what}",
        f"  sum {chosen['sum']:+.4f}{share}",
        f"  strongest patch, by magnitude: {place}  {patch['value']:+.4f}",
        "",
    ]


def _pair_lines(result: PairMatrix) -> list[str]:
    pairs = strongest_pairs(result, Selection(), PAIRS)
    width = max((len(pair.name) for pair in pairs), default=0)
    places = [_place(*pair.patch, result.geometry.patch_box(*pair.patch)) for pair in pairs]
    return [
        "Strongest word ↔ patch pairs, by magnitude (rows and columns count from 0)",
        *(f"  {p.name:<{width}} ↔ {place}  {p.value:+.4f}" for p, place in zip(pairs, places, strict=True)),
    ]


def _place(row: int, column: int, box: Box) -> str:
    x0, y0, x1, y1 = box
    return f"row {row:>2}, column {column:>2}  (x {x0:.0f}–{x1:.0f}, y {y0:.0f}–{y1:.0f} px)"


def measured_as_text(measured: Measured) -> str:
    """Return the real scores with words and box taken away as text for a terminal."""
    rows = [
        ("words and box", measured.both),
        ("without the box", measured.without_regions),
        ("without the words", measured.without_words),
        ("without both", measured.neither),
    ]
    return "\n".join(
        [
            "",
            f"Measured: the model's scores with the selection taken away, the box filled with {FILLS[measured.fill]}",
            *(f"  {name:<32}{value:+.4f}" for name, value in rows),
            f"  {'measured interaction':<32}{measured.interaction:+.4f}",
            f"  {'attributed to the block':<32}{measured.attributed:+.4f}",
        ]
    )
