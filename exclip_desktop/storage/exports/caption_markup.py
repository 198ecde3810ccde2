"""The caption with its words coloured, as HTML and as LaTeX, to paste into a page or a paper."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from exclip_desktop.core.maths.colour import DEFAULT_COLOURS, choose_ink, range_limit, to_rgb
from exclip_desktop.core.maths.word_values import DEFAULT_WORDS_BY, WordsBy, has_strongest_regions
from exclip_desktop.core.text.number_format import format_digits
from exclip_desktop.core.text.visible_controls import show_controls
from exclip_desktop.core.text.wording import describe_regions
from exclip_desktop.core.values.finding import FindingWord, list_words
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Preview, Selection

UNSEEN: Final = "767676"
"""The grey of words that the model did not read, readable on white."""

_ROUND: Final = "padding:0.15em 0.2em;border-radius:0.2em"
_FRAME: Final = ";box-shadow:0 0 0 1.5px black"
_TEX: Final = str.maketrans(
    {
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\symbol{34}",
        "`": r"\textasciigrave{}",
    }
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the caption, with its value if it has one, and whether the model read it."""

    text: str
    value: float | None = None
    paper: str = ""
    ink: str = ""
    selected: bool = False
    is_read: bool = True


def format_caption_html(
    explanation: PairMatrix,
    selection: Selection,
    colours: str = DEFAULT_COLOURS,
    limit: float | None = None,
    words_by: WordsBy = DEFAULT_WORDS_BY,
) -> str:
    """Return the caption as one HTML paragraph that needs no style sheet; hovering over a word shows its value.

    Words are coloured by their value through the regions of ``selection``, and where there is none, by ``words_by``;
    selected words have a black frame, words that the model did not read are grey. ``colours`` is a key of
    ``COLOUR_MAPS``; ``limit`` is the end of the colour range; None: the largest word.
    """
    caption, words = explanation.caption, list_words(explanation, selection, words_by)
    through = _through(explanation, selection, words_by)
    return format_words_html(caption.text, words, colours, limit, caption.unseen, through)


def format_caption_latex(
    explanation: PairMatrix,
    selection: Selection,
    colours: str = DEFAULT_COLOURS,
    limit: float | None = None,
    words_by: WordsBy = DEFAULT_WORDS_BY,
) -> str:
    r"""Return the caption as LaTeX, as ``format_caption_html`` does; it needs the package xcolor.

    Characters beyond ASCII stay: LuaLaTeX and XeLaTeX need a font that has them.
    """
    caption, words = explanation.caption, list_words(explanation, selection, words_by)
    through = _through(explanation, selection, words_by)
    return format_words_latex(caption.text, words, colours, limit, caption.unseen, through)


def _through(explanation: PairMatrix, selection: Selection, words_by: WordsBy) -> str:
    """Return a sentence on what the colours of words show, with a space before it."""
    if has_strongest_regions(explanation.interactions, selection, Preview(), words_by):
        return " Each word is coloured by its strongest region."
    return f" Words are coloured by their sums over {describe_regions(selection.regions)}."


def format_words_html(
    text: str,
    words: Sequence[FindingWord],
    colours: str = DEFAULT_COLOURS,
    limit: float | None = None,
    unseen: tuple[int, int] | None = None,
    through: str = "",
) -> str:
    """Return a caption with its words' values, as ``format_caption_html`` does; ``unseen`` characters are grey.

    ``through`` is a sentence on what the values are, with a space before it.
    """
    parts, end = _parts(text, words, colours, limit, unseen)
    shown = html.escape(f"From {format_digits(-end)} (against) to {format_digits(end)} (for).{through}")
    range_attribute = f' title="{shown}"' if _is_coloured(words) else ""
    inside = "".join(map(_html_part, parts))
    return f'<p{range_attribute} style="font-family:sans-serif;line-height:1.9">{inside}</p>\n'


def format_words_latex(
    text: str,
    words: Sequence[FindingWord],
    colours: str = DEFAULT_COLOURS,
    limit: float | None = None,
    unseen: tuple[int, int] | None = None,
    through: str = "",
) -> str:
    """Return a caption with its words' values, as ``format_caption_latex`` does; see ``format_words_html``."""
    parts, end = _parts(text, words, colours, limit, unseen)
    lines = [
        r"% Needs \usepackage{xcolor}.",
        *([f"% Colours run from {-end:+.3g} (against) to {end:+.3g} (for).{through}"] if _is_coloured(words) else []),
        r"{\setlength{\fboxsep}{1.5pt}%",
        "".join(map(_latex_part, parts)) + "}",
    ]
    return "\n".join(lines) + "\n"


def _is_coloured(words: Sequence[FindingWord]) -> bool:
    return any(word.value is not None for word in words)


def _parts(
    text: str, words: Sequence[FindingWord], colours: str, limit: float | None, unseen: tuple[int, int] | None
) -> tuple[list[_Part], float]:
    """Return the whole caption in pieces, and the end of the colour range."""
    values = np.array([word.value for word in words if word.value is not None])
    end = limit or range_limit(values)
    parts: list[_Part] = []
    at = 0
    for word in words:
        parts += _between(text, unseen, at, word.start)
        parts.append(_word(word, end, colours))
        at = max(at, word.end)
    return parts + list(_between(text, unseen, at, len(text))), end


def _word(word: FindingWord, end: float, colours: str) -> _Part:
    """Return a word in its colour; one without a value has no colour, only its frame where it is selected."""
    if word.value is None:
        return _Part(word.text, selected=word.selected)
    rgb = to_rgb(np.array(word.value), end, colours)
    paper = "".join(f"{round(255 * share):02X}" for share in rgb)
    return _Part(word.text, word.value, paper, choose_ink(rgb), word.selected)


def _between(text: str, unseen: tuple[int, int] | None, start: int, end: int) -> Iterator[_Part]:
    """Yield the text between words, or after the last: spaces, and text that the model did not read."""
    first, last = (end, end) if unseen is None else unseen
    for low, high, is_read in ((start, min(first, end), True), (max(start, first), min(last, end), False)):
        if low < high:
            yield _Part(text[low:high], is_read=is_read)
    if start < end and last < end:
        yield _Part(text[max(start, last) : end])


def _html_part(part: _Part) -> str:
    text = html.escape(_one_line(part.text))
    if part.value is None:
        framed = f'<span style="{_ROUND}{_FRAME}">{text}</span>' if part.selected else text
        unseen = f'<span title="not read by the model" style="color:#{UNSEEN}">{text}</span>'
        return framed if part.is_read else unseen
    style = f"background-color:#{part.paper};color:{part.ink};{_ROUND}{_FRAME if part.selected else ''}"
    return f'<span title="{text}: {format_digits(part.value, 4)}" style="{style}">{text}</span>'


def _latex_part(part: _Part) -> str:
    text = escape_latex(_one_line(part.text))
    if part.value is None:
        framed = rf"\fbox{{\strut {text}}}" if part.selected else text
        return framed if part.is_read else rf"\textcolor[HTML]{{{UNSEEN}}}{{{text}}}"
    inside = rf"{{\strut {text}}}" if part.ink == "black" else rf"{{\strut\textcolor{{{part.ink}}}{{{text}}}}}"
    if part.selected:
        return rf"\fcolorbox[HTML]{{000000}}{{{part.paper}}}{inside}"
    return rf"\colorbox[HTML]{{{part.paper}}}{inside}"


def escape_latex(text: str) -> str:
    """Escape every sign that means something to LaTeX, and separate those it would join, such as two hyphens."""
    return re.sub(r"([-',])(?=\1)", r"\1{}", show_controls(text).translate(_TEX))


def _one_line(text: str) -> str:
    """Return ``text`` with one space for each run of space and control characters, so that no paragraph ends in it."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text)
