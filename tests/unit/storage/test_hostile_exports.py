"""Pages and captions of hostile text: no markup of HTML, Markdown, LaTeX or SVG comes from a name or a caption."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest

from exclip_desktop.core.values.finding import Finding, FindingWord
from exclip_desktop.render.finding_grid import grid_bytes
from exclip_desktop.storage.exports.caption_markup import format_words_html, format_words_latex
from exclip_desktop.storage.exports.finding_pages import ReportItem, format_html, format_latex, format_markdown
from tests.hostile.inputs.terminal import MARKUP, RED
from tests.unit.storage.findings import make_finding

TEXTS = (
    *(MARKUP, RED, "</p></title><img src=x onerror=alert(1)>", "[a](javascript:alert(1)) ![b](http://x/y.png)"),
    *("\\end{document}\\write18{rm}\x00", "^^5cinput", "*a* _b_ `c` ~~d~~ | e\n\n# f\n- g\n> h\n---", "&lt;b&gt;"),
)
TAGS = {"p", "span", "html", "head", "meta", "title", "style", "body", "h1", "h2", "article", "div", "dl", "dt", "dd"}
TAGS |= {"blockquote", "details", "summary", "strong"}


def hostile_finding(text: str) -> Finding:
    """Return a finding whose every text is hostile."""
    one = make_finding()
    words = (FindingWord(text, 0, len(text), 0.3, True),)
    view = replace(one.view, caption=text, picture=text, settings={"model": text, "target": text, text: text})
    return replace(one, note=text, tags=(text,), view=view, numbers=replace(one.numbers, words=words))


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.attributes = set[str](), set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.mark.parametrize("text", TEXTS)
def test_html_has_no_tags_but_ours(text: str) -> None:
    finding = hostile_finding(text)
    for page in (format_html(text, [ReportItem(finding, None, text)]), format_words_html(text, finding.numbers.words)):
        seen = Tags(page)
        assert seen.tags <= {*TAGS}, seen.tags
        assert seen.attributes <= {"lang", "charset", "id", "class", "style", "title"}


@pytest.mark.parametrize("text", TEXTS)
def test_latex_has_no_commands_but_ours(text: str) -> None:
    finding = hostile_finding(text)
    known = "begin|end|centering|caption|label|textbackslash|textasciitilde|textasciicircum|textless|textgreater"
    known += "|textbar|symbol|textasciigrave|setlength|fboxsep|strut|textcolor|fbox|fcolorbox|colorbox|usepackage"
    known += "|smallskip|emph|textbf|textit|small|par|linewidth|detokenize|includegraphics"
    page, caption = format_latex(text, [ReportItem(finding, None, text)], "pictures"), finding.numbers.words
    for latex in (page, format_words_latex(text, caption)):
        commands = set(re.findall(r"\\([A-Za-z]+)", latex))
        assert commands <= set(known.split("|")), commands
        assert not re.search(r"(?<!\\)[$#&]|\^\^", re.sub(r"\$[+-]?[\d.]+\$", "", latex)), latex
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", latex)


@pytest.mark.parametrize("text", TEXTS)
def test_markdown_has_no_markup_but_ours(text: str) -> None:
    finding = hostile_finding(text)
    page = format_markdown(text, [ReportItem(finding, None, text)], "pictures")
    assert not re.search(r"(?<!\\)<[a-z/!]", page)
    assert not re.search(r"(?<!\\)\]\((?!pictures/)", page)
    assert len(re.findall(r"^#", page, re.MULTILINE)) == 2
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", page)


@pytest.mark.parametrize("text", TEXTS)
def test_svg_is_sound_xml_without_scripts(text: str) -> None:
    pixels = np.zeros((32, 48, 3), np.uint8)
    data = grid_bytes([hostile_finding(text)], lambda _: pixels, ".svg")
    names = {element.tag.rpartition("}")[2] for element in ElementTree.parse(BytesIO(data)).iter()}
    assert not names & {"script", "foreignObject", "a", "iframe"}
