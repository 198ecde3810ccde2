"""Reads the manual that ships with the program: its pages in order, their sections, and a search of their text."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from exclip_desktop.core.paths import resource_path

INDEX: Final = "index"
_PAGE_LINK: Final = re.compile(r"^- \[([^\]]+)\]\(([\w-]+)\.md\): (.+)", re.MULTILINE)
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_MARKS: Final = re.compile(r"(?<!\\)[*`]+|^#+ |^ *(?:- |\d+\. )|^\|?[-:| ]+\|$|^```\w*$", re.MULTILINE)
SNIPPET_CHARACTERS: Final = 80


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of the manual.

    Attributes:
        key: the file's name without its ending; what ``exclip-desktop help`` takes.
        title: the page's name in the contents list.
        summary: one line on what the page contains.

    """

    key: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: the text below one heading, as plain text.

    Attributes:
        topic: the page's key.
        heading: the heading's text.
        anchor: the heading as it is written in links.
        text: the section without Markdown marks, one line per line or table row.

    """

    topic: str
    heading: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A section that contains the searched words, and the line around the first of them."""

    section: Section
    snippet: str


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    """Return the pages of the manual, in the order of the index."""
    links = _PAGE_LINK.findall(_read(INDEX).replace("\n  ", " "))
    return tuple(Topic(key, title, summary.rstrip(".")) for title, key, summary in links)


def page(key: str) -> str:
    """Return a page as Markdown.

    Raises:
        KeyError: there is no such page.

    """
    if key != INDEX and key not in {topic.key for topic in topics()}:
        raise KeyError(key)
    return _read(key)


def sections(key: str) -> list[Section]:
    """Return the sections of a page in reading order; the first begins with the page's title.

    Raises:
        KeyError: there is no such page.

    """
    parts: list[tuple[str, list[str]]] = []
    in_code = False
    for line in page(key).splitlines():
        in_code ^= line.startswith("```")
        heading = None if in_code else re.match(r"#{1,6} (.+)", line)
        if heading:
            parts.append((without_marks(heading[1]), []))
        elif parts:
            parts[-1][1].append(line)
    return [Section(key, heading, anchor_of(heading), without_marks("\n".join(lines))) for heading, lines in parts]


def search(words: str) -> list[SearchResult]:
    """Return the sections that contain every word of ``words``; those with more of them in the heading come first.

    If none contains all of them, return those that contain most of them, at least one.
    """
    searched = words.casefold().split()
    if not searched:
        return []
    every = [section for topic in topics() for section in sections(topic.key)]
    counts = [_count_words(section, searched) for section in every]
    matching = [section for section, count in zip(every, counts, strict=True) if 0 < count == max(counts)]
    matching.sort(key=lambda one: -sum(word in one.heading.casefold() for word in searched))
    return [SearchResult(one, _snippet(one.text, searched)) for one in matching]


def _count_words(section: Section, searched: list[str]) -> int:
    text = f"{section.heading}\n{section.text}".casefold()
    return sum(word in text for word in searched)


def anchor_of(heading: str) -> str:
    """Return the link anchor of a heading, by GitHub's rule."""
    return re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-")


def without_marks(markdown: str) -> str:
    """Return Markdown as plain text: no emphasis, no code marks, of links their text, of images nothing."""
    text = _LINK.sub(lambda link: "" if link[1] else link[2], markdown)
    text = _MARKS.sub("", text)
    lines = (" · ".join(" ".join(cell.split()) for cell in split_cells(line)) for line in text.splitlines())
    return "\n".join(line for line in lines if line.strip())


def split_cells(line: str) -> list[str]:
    r"""Return the cells of a line of a Markdown table; ``\|`` is a bar inside a cell."""
    inner = re.sub(r"^\||(?<!\\)\|\s*$", "", line)
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def _snippet(text: str, words: list[str]) -> str:
    lines = text.splitlines()
    first = next((line for line in lines if any(word in line.casefold() for word in words)), "")
    at = min((first.casefold().find(word) for word in words if word in first.casefold()), default=0)
    start = max(0, at - SNIPPET_CHARACTERS // 2)
    end = start + SNIPPET_CHARACTERS
    return f"{'…' if start else ''}{first[start:end].strip()}{'…' if end < len(first) else ''}"


def _read(key: str) -> str:
    return resource_path("manual", f"{key}.md").read_text("utf-8")
