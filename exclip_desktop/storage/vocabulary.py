"""Vocabularies: the words that name the parts of a picture, from the bundled file or a person's own."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.inputs.regular_files import WORD_FILE, read_regular
from exclip_desktop.core.paths import expand_home, resource_path
from exclip_desktop.core.text.number_format import format_count

COMMENT: Final = "#"
MOST_WORDS: Final = 20_000
LONGEST_WORD: Final = 100  # characters; an entry may be several words, such as "fire engine"
FEWEST_WORDS: Final = 2


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words that name parts.

    Attributes:
        name: of its file.
        words: in the order of the file, each once.
        notes: sentences on lines that were left out.

    """

    name: str
    words: tuple[str, ...]
    notes: tuple[str, ...] = ()


def bundled_vocabulary() -> Vocabulary:
    """Return the bundled everyday nouns, adjectives and verbs."""
    return read_vocabulary(resource_path("vocabulary", "everyday_words.txt"))


def read_vocabulary(path: str | Path) -> Vocabulary:
    """Read a vocabulary: UTF-8 text, one word or short phrase on each line; lines that begin with # are comments.

    Raises:
        CaptionError: it cannot be read, is not UTF-8, or has fewer than two or more than ``MOST_WORDS`` words.

    """
    place = expand_home(path)
    data = read_regular(place, WORD_FILE, CaptionError)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptionError(f"{place} is not UTF-8 text.", "Save it as UTF-8, one word on each line.") from error
    return _check(place.name, text.splitlines())


def make_vocabulary(words: list[str]) -> Vocabulary:
    """Return the vocabulary of words passed from Python; errors as for ``read_vocabulary``."""
    return _check("words", words)


def _check(name: str, lines: list[str]) -> Vocabulary:
    entries = [" ".join(line.split()) for line in lines]
    words = [entry for entry in entries if entry and not entry.startswith(COMMENT)]
    usable = [word for word in words if len(word) <= LONGEST_WORD and not _has_controls(word)]
    unique = tuple(dict.fromkeys(usable))
    if len(unique) > MOST_WORDS:
        raise CaptionError(f"{name} has {format_count(len(unique), 'word')}.", f"Keep at most {MOST_WORDS:,} of them.")
    if len(unique) < FEWEST_WORDS:
        raise CaptionError(f"{name} has no two different words.", "Write one word on each line.")
    notes = []
    if len(usable) < len(words):
        count = format_count(len(words) - len(usable), "line")
        notes.append(f"{name}: {count} left out: longer than {LONGEST_WORD} characters, or with control characters.")
    return Vocabulary(name, unique, tuple(notes))


def _has_controls(word: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in word)
