"""Describes a selection, for the inspector and figures."""

from exclip_desktop.core.maths.word_patch_pairs import group_selected_rows
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.selection import Region


def describe_words(caption: Caption, rows: tuple[int, ...]) -> str:
    """Return the text of the selected rows; neighbouring words as they are in the caption."""
    specials = any(token.kind != "content" for token in caption.tokens)
    if not rows:
        return "all words and specials" if specials else "all words"
    if set(rows) == set(caption.content_rows):
        return "all words"
    named = _text_of(caption, rows)
    others = tuple(row for row in rows if caption.tokens[row].kind != "content")
    named += [group.name for group in group_selected_rows(caption, others)] if others else []
    return " + ".join(named)


def target_words(caption: Caption, rows: tuple[int, ...]) -> str:
    """Return the words that ``rows`` touch, in reading order; the whole caption where they touch none."""
    touched = [word for word in caption.words if not set(rows).isdisjoint(word.rows)]
    if not touched or len(touched) == len(caption.words):
        return caption.text
    return " ".join(_text_of(caption, tuple(row for word in touched for row in word.rows)))


def _text_of(caption: Caption, rows: tuple[int, ...]) -> list[str]:
    """Return the words among ``rows``, neighbours as they are in the caption."""
    return [caption.text[caption.tokens[run[0]].start : caption.tokens[run[-1]].end] for run in _runs(caption, rows)]


def _runs(caption: Caption, rows: tuple[int, ...]) -> list[list[int]]:
    """Return the rows of words among ``rows``, neighbours together."""
    runs: list[list[int]] = []
    for row in sorted(set(rows).intersection(caption.content_rows)):
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def describe_regions(regions: tuple[Region, ...]) -> str:
    """Return the drawn regions in words: the name of a single one, else the number added and subtracted."""
    if not regions:
        return "the whole picture"
    if len(regions) == 1 and regions[0].name and not regions[0].subtract:
        return regions[0].name
    added = [region for region in regions if not region.subtract]
    taken = [region for region in regions if region.subtract]
    drawn = _count(added) if added else "the picture"
    return f"{drawn} without {_count(taken)}" if taken else drawn


def _count(regions: list[Region]) -> str:
    lassos = sum(bool(region.outline) for region in regions)
    one, many = ("box", "boxes") if not lassos else ("lasso", "lassos")
    if 0 < lassos < len(regions):
        one, many = "region", "regions"
    return format_count(len(regions), one, many)
