"""The coloured caption says what the picture's colours say, and survives whatever a caption holds."""

import html
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from exclip_desktop.core.maths.colour import choose_ink, range_limit, to_rgb
from exclip_desktop.core.maths.interactions import InteractionMatrix, Ledger
from exclip_desktop.core.text.number_format import format_digits
from exclip_desktop.core.values.caption import Caption, Token, Word
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Preview, Region, Selection, token_heat
from exclip_desktop.storage.exports.caption_markup import UNSEEN, format_caption_html, format_caption_latex

NOTHING = Selection()


def make_explanation(text: str = "a red balloon", unseen: str = "", seed: int = 1) -> Explanation:
    """Return an explanation whose words are what stands between spaces, one token each, on a 4×4 grid of 40×40 px."""
    found = [match.span() for match in re.finditer(r"\S+", text)]
    tokens = [Token(0, "[SOT]", "start", 0, 0)]
    tokens += [Token(1, text[start:end], "content", start, end) for start, end in found]
    tokens.append(Token(2, "[EOT]", "end", len(text), len(text)))
    words = tuple(Word(text[start:end], start, end, (row,)) for row, (start, end) in enumerate(found, 1))
    missed = (len(text) + 1, len(text) + 1 + len(unseen)) if unseen else None
    caption = Caption(f"{text} {unseen}" if unseen else text, tuple(tokens), words, missed, 77)
    values = np.random.default_rng(seed).normal(0, 1e-2, (len(tokens), 17)).astype(np.float32)
    matrix = InteractionMatrix(values, np.array([token.kind == "content" for token in tokens]), 1, (4, 4))
    side = SideReport(17, 1e-4, 1e-4, True, "pair")
    settings = ResolvedSettings("demo", "w", "0" * 64, -1, -1, "adaptive", 129, "matched", "cpu", {})
    ledger = Ledger(0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Explanation(matrix, caption, Geometry((40, 40), (0, 0, 40, 40), (4, 4)), 0.3, ledger, side, side, settings)


class Page(HTMLParser):
    """What a browser would read: the text, and each span's text with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags = "", list[str]()
        self.spans = list[tuple[str, dict[str, str | None]]]()
        self._inside: dict[str, str | None] | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append(tag)
        self._inside = dict(attrs) if tag == "span" else None

    def handle_endtag(self, tag: str) -> None:
        """Leave the span."""
        self._inside = None

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data
        if self._inside is not None:
            self.spans.append((data, self._inside))


def style_of(attributes: dict[str, str | None], name: str) -> str | None:
    declared = dict(part.split(":", 1) for part in (attributes["style"] or "").split(";"))
    return declared.get(name)


def expected_colours(
    found: Explanation, selection: Selection, colours: str, limit: float | None
) -> list[tuple[str, str]]:
    """Return each word's paper and ink by the colours' own rule."""
    heat = token_heat(found.interactions, found.geometry, selection, Preview())
    values = np.array([heat[list(word.rows)].sum() for word in found.words])
    rgb = [to_rgb(value, limit or range_limit(values), colours) for value in values]
    return [("".join(f"{round(255 * part):02X}" for part in one), choose_ink(one)) for one in rgb]


SELECTIONS = {
    "nothing": NOTHING,
    "a box": Selection(regions=(Region((0, 0, 15, 40)),)),
    "words and a lasso": Selection((2, 3), (Region.lasso(((1, 1), (30, 4), (9, 38))), Region((0, 0, 9, 9), (), True))),
}


@pytest.mark.parametrize("name", SELECTIONS)
@pytest.mark.parametrize(("colours", "limit"), [("red-blue", None), ("safe", 0.02), ("red-blue", 1e-4)])
def test_words_have_the_colours_of_their_heat_through_the_regions(name: str, colours: str, limit: float | None) -> None:
    found, selection = make_explanation("a red balloon and a dog"), SELECTIONS[name]
    expected = expected_colours(found, selection, colours, limit)
    page = Page(format_caption_html(found, selection, colours, limit, "picture"))
    assert page.text.strip() == found.caption.text
    assert [text for text, _ in page.spans] == [word.text for word in found.words]
    shown = [
        (style_of(result_text, "background-color"), style_of(result_text, "color")) for _, result_text in page.spans
    ]
    assert shown == [(f"#{paper}", ink) for paper, ink in expected]
    latex = format_caption_latex(found, selection, colours, limit, "picture")
    boxes = re.findall(r"\\f?colorbox\[HTML\](?:\{000000\})?\{(\w{6})\}\{\\strut( |\\textcolor\{white\})", latex)
    assert boxes == [(paper, " " if ink == "black" else r"\textcolor{white}") for paper, ink in expected]


def test_the_title_has_the_value_and_a_frame_marks_the_selection() -> None:
    found = make_explanation()
    page = Page(format_caption_html(found, Selection((2,)), words_by="picture"))
    values = found.token_heat()
    assert [result_text["title"] for _, result_text in page.spans] == [
        f"{word.text}: {format_digits(values[word.rows[0]], 4)}" for word in found.words
    ]
    assert [style_of(result_text, "box-shadow") is not None for _, result_text in page.spans] == [False, True, False]
    latex = format_caption_latex(found, Selection((2,)))
    assert re.findall(r"\\(f?colorbox).*?(a|red|balloon)\}", latex) == [
        ("colorbox", "a"),
        ("fcolorbox", "red"),
        ("colorbox", "balloon"),
    ]


def test_without_regions_words_have_the_values_of_their_strongest_regions_and_it_says_so() -> None:
    found = make_explanation()
    page = format_caption_html(found, NOTHING)
    values = [float(find_region_sum(found.patch_heat((word.start, word.end)))) for word in found.words]
    assert [attributes["title"] for _, attributes in Page(page).spans] == [
        f"{word.text}: {format_digits(value, 4)}" for word, value in zip(found.words, values, strict=True)
    ]
    assert "(for). Each word is coloured by its strongest region." in page
    assert "(for). Each word is coloured by its strongest region." in format_caption_latex(found, NOTHING)
    assert "sums over the whole picture." in format_caption_latex(found, NOTHING, words_by="picture")
    assert "sums over 1 box." in format_caption_html(found, SELECTIONS["a box"])


def find_region_sum(heat: NDArray[np.float64]) -> float:
    """Return the sum of largest magnitude over a square of a third of the grid's side."""
    side = round(min(heat.shape) / 3)
    sums = sliding_window_view(heat, (side, side)).sum((2, 3)).reshape(-1)
    return sums[np.abs(sums).argmax()]


def test_what_the_model_did_not_see_is_grey() -> None:
    found = make_explanation(unseen="and a zebra")
    page = Page(format_caption_html(found, NOTHING))
    text, result_text = page.spans[-1]
    assert (text, style_of(result_text, "color"), style_of(result_text, "background-color")) == (
        "and a zebra",
        f"#{UNSEEN}",
        None,
    )
    assert result_text["title"] == "not read by the model"
    assert rf" \textcolor[HTML]{{{UNSEEN}}}{{and a zebra}}" in format_caption_latex(found, NOTHING)


def test_spaces_between_and_after_become_one() -> None:
    found = make_explanation("  a\tred \n\n balloon\n", unseen="x \n\n y")
    assert Page(format_caption_html(found, NOTHING)).text == " a red balloon x y\n"
    assert "\n\n" not in format_caption_latex(found, NOTHING)


TRICKY = (
    r"""a&b 5% $x$ #1 a_b {c} ~ x^2 \n <b> "q" 'r' `s` | -- ''' ,,, [z] <script>alert(1)</script> &amp; <!-- é犬🐕"""
)


def test_html_is_escaped_and_has_the_same_text() -> None:
    found = make_explanation(TRICKY, unseen='<i> "& \x00')
    result_text = format_caption_html(found, NOTHING, words_by="picture")
    page = Page(result_text)
    assert page.text.strip() == f'{TRICKY} <i> "&'
    assert page.tags == ["p"] + ["span"] * (len(found.words) + 1)
    bare = re.sub(r"<[^>]*>", "", result_text)
    assert not re.search("[<>\"'\x00]", bare)
    assert html.unescape(bare) == page.text
    assert [attributes["title"] for _, attributes in page.spans][:-1] == [
        f"{word.text}: {format_digits(value, 4)}" for word, value in zip(found.words, found.word_heat(), strict=True)
    ]


LATEX = {
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
    '"': r"\symbol{34}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "--": r"-{}-",
    "'''": r"'{}'{}'",
    ",,": r",{},",
    "é犬🐕": "é犬🐕",
    "-'": "-'",
}


@pytest.mark.parametrize("sign", LATEX)
def test_latex_is_escaped_in_words_and_in_unread_text(sign: str) -> None:
    result_text = format_caption_latex(make_explanation(f"a{sign}b", unseen=f"c{sign}d"), NOTHING)
    body = result_text.splitlines()[-1]
    assert f"a{LATEX[sign]}b}}" in body
    assert f"{{c{LATEX[sign]}d}}" in body


def read_latex(body: str) -> str:
    """Return what TeX would set: commands undone, groups balanced."""
    undone = {written: sign for sign, written in LATEX.items() if written.startswith("\\")}
    pattern = "|".join(map(re.escape, sorted(undone, key=len, reverse=True)))
    text, depth, at = "", 0, 0
    colour = r"(?:\[HTML\])?(?:\{000000\})?\{\w+\}"
    commands = re.compile(rf"(?P<sign>{pattern})|\\(?:f?colorbox|textcolor){colour}|\\strut ?")
    while at < len(body):
        found = commands.match(body, at)
        if found:
            text += undone[found["sign"]] if found["sign"] else ""
            at = found.end()
            continue
        assert body[at] not in '\\%$#_&~^"', f"unescaped at {body[at : at + 20]}"
        depth += {"{": 1, "}": -1}.get(body[at], 0)
        assert depth >= -1  # the last one closes the group that was opened on the line before
        text += "" if body[at] in "{}" else body[at]
        at += 1
    assert depth == -1
    return text


def test_the_latex_has_the_same_text() -> None:
    found = make_explanation(TRICKY, unseen="50% of $5")
    first, second, third, body = format_caption_latex(found, Selection((1,))).splitlines()
    assert first == r"% Needs \usepackage{xcolor}."
    assert second.startswith("% Colours run from -")
    assert third == r"{\setlength{\fboxsep}{1.5pt}%"
    assert read_latex(body) == f"{TRICKY} 50% of $5"


def test_a_caption_without_heat_is_still_a_caption() -> None:
    found = make_explanation("a dog")
    found.interactions.values[:] = 0
    assert len(Page(format_caption_html(found, NOTHING)).spans) == 2
    assert "From −1 (against) to +1 (for)" in format_caption_html(found, NOTHING)
