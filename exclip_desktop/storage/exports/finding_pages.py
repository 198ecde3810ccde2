"""Pages of findings: Markdown, one HTML file that contains everything, and LaTeX figures."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass

from exclip_desktop.core.text.number_format import format_count, format_percent, format_signed
from exclip_desktop.core.text.visible_controls import show_controls_in_line
from exclip_desktop.core.values.finding import Finding, describe_strongest_patch
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.storage.exports.caption_markup import escape_latex, format_words_html, format_words_latex

STYLE = (
    "body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111;background:#fff}"
    "article{border-top:1px solid #ccc;padding:1em 0;display:grid;grid-template-columns:22em 1fr;gap:0 1.5em}"
    "img,.missing{width:100%;grid-row:span 6}.missing{color:#666}h2{font-size:1.1em;margin:0}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em;font-size:.85em;margin:.5em 0}dd{margin:0}"
    "blockquote{margin:.5em 0;white-space:pre-wrap}details{font-size:.8em}"
)


@dataclass(frozen=True, slots=True)
class ReportItem:
    """A finding with its drawn picture as PNG (None: it is missing), and a warning, a sentence."""

    finding: Finding
    png: bytes | None = None
    warning: str = ""


def format_html(title: str, items: Sequence[ReportItem], _: str = "") -> str:
    """Return one HTML page that contains its pictures."""
    heading = html.escape(title)
    inside = "\n".join(map(_article, items))
    head = f'<meta charset="utf-8"><title>{heading}</title><style>{STYLE}</style>'
    body = f"<h1>{heading}</h1><p>{format_count(len(items), 'finding')}</p>\n{inside}"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}\n</body></html>\n'


def format_markdown(title: str, items: Sequence[ReportItem], folder: str) -> str:
    """Return Markdown; ``folder``, relative to the page, holds ``picture_name`` of each finding."""
    return "\n".join([f"# {_md(title)}", "", *(line for item in items for line in _section(item, folder))])


def format_latex(_: str, items: Sequence[ReportItem], folder: str) -> str:
    r"""Return a figure environment for each finding, its caption's words coloured; they need graphicx and xcolor."""
    head = (
        "% Needs \\usepackage{graphicx} and \\usepackage{xcolor}; LuaLaTeX or XeLaTeX where captions are not ASCII.\n"
    )
    return head + "\n".join(_figure(item, folder) for item in items)


def picture_name(finding: Finding) -> str:
    """Return the name of a finding's drawn picture."""
    return f"finding-{finding.id:04d}.png"


def list_facts(finding: Finding) -> list[tuple[str, str]]:
    """Return the facts of a finding: names and texts."""
    view, numbers, second = finding.view, finding.numbers, finding.view.second
    words = " ".join(word.text for word in numbers.words if word.selected)
    inside, target = finding.share_inside, view.settings.get("target", "")
    rows = [
        ("rating", finding.rating or "not rated"),
        ("tags", ", ".join(finding.tags)),
        ("score", format_signed(numbers.score)),
        ("method", view.method_line),
        ("mapped for", f"“{target}”" if target else ""),
        ("selected block", "" if numbers.block is None else format_signed(numbers.block)),
        ("share of the matrix sum", "" if numbers.share is None else format_percent(numbers.share)),
        ("strongest patch", describe_strongest_patch(numbers)),
        ("positive heat in the regions", "" if inside is None else format_percent(inside)),
        ("selected words", words),
        ("regions", _list_regions(view.selection)),
        ("second input", "" if second is None else second.caption or second.picture),
        ("selected words of it", "" if second is None else " ".join(one.text for one in second.words if one.selected)),
        ("regions of it", "" if second is None else _list_regions(second.selection)),
        ("residual", "" if numbers.residual is None else f"{numbers.residual:.1e}"),
        ("model", view.model),
        ("picture", view.picture),
        ("noted", finding.created),
    ]
    return [(name, text) for name, text in rows if text]


def _list_regions(selection: Selection) -> str:
    return ", ".join(
        f"{region.name or 'unnamed'} ({', '.join(f'{edge:g}' for edge in region.box)})" for region in selection.regions
    )


def _settings(finding: Finding) -> list[tuple[str, str]]:
    everything = {**finding.view.settings, **{f"{name} version": text for name, text in finding.view.versions.items()}}
    return [(name.replace("_", " "), str(value)) for name, value in everything.items() if value not in (None, "")]


def _article(item: ReportItem) -> str:
    finding = item.finding
    data = base64.b64encode(item.png).decode() if item.png else ""
    picture = f'<img alt="the picture with its heat" src="data:image/png;base64,{data}">' if data else ""
    picture = picture or '<p class="missing">The picture is missing.</p>'
    warning = f"<p><strong>{html.escape(item.warning)}</strong></p>" if item.warning else ""
    note = f"<blockquote>{html.escape(finding.note)}</blockquote>" if finding.note else ""
    settings = f"<details><summary>every setting</summary>{_list(_settings(finding))}</details>"
    caption = format_words_html(finding.view.caption, finding.numbers.words)
    inside = f"<h2>Finding {finding.id}</h2>{caption}{note}{warning}{_list(list_facts(finding))}{settings}"
    return f'<article id="finding-{finding.id}">{picture}<div>{inside}</div></article>'


def _list(pairs: list[tuple[str, str]]) -> str:
    return (
        "<dl>" + "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in pairs) + "</dl>"
    )


def _section(item: ReportItem, folder: str) -> list[str]:
    finding = item.finding
    picture = f"![finding {finding.id}]({folder}/{picture_name(finding)})" if item.png else "*The picture is missing.*"
    note = [">" + (f" {_md(line)}" if line else "") for line in finding.note.split("\n")] if finding.note else []
    warning = [f"**{_md(item.warning)}**", ""] if item.warning else []
    rows = [f"| {_md(name)} | {_md(text)} |" for name, text in list_facts(finding)]
    words = "  ".join(
        _md(word.text) if word.value is None else f"{_md(word.text)} {format_signed(word.value)}"
        for word in finding.numbers.words
    )
    return [
        *(f"## Finding {finding.id}: {_md(finding.view.inputs_line)}", "", picture, "", *note, *([""] if note else [])),
        *(*warning, "| | |", "|---|---|", *rows, f"| words | {words} |", ""),
    ]


def _figure(item: ReportItem, folder: str) -> str:
    finding = item.finding
    path = f"{folder}/{picture_name(finding)}"
    picture = rf"\includegraphics[width=\linewidth]{{\detokenize{{{path}}}}}" if item.png else "The picture is missing."
    score = format_signed(finding.numbers.score).replace("−", "-")  # in formulas LaTeX makes the minus itself
    facts = [f"score ${score}$", escape_latex(finding.rating or "not rated")]
    facts += [escape_latex(finding.view.method_name), escape_latex(finding.view.model)]
    note = f" {escape_latex(' '.join(finding.note.split()))}" if finding.note else ""
    lines = [
        *(r"\begin{figure}", r"\centering", picture, r"\par\smallskip"),
        format_words_latex(finding.view.caption, finding.numbers.words).rstrip(),
        rf"\caption{{{', '.join(facts)}.{note}}}",
        *(rf"\label{{finding-{finding.id}}}", r"\end{figure}", ""),
    ]
    return "\n".join(lines)


def _md(text: str) -> str:
    """Return text on one line, with the signs escaped that mean something to Markdown."""
    line = show_controls_in_line(" ".join(text.split()))
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|!" else sign for sign in line)
