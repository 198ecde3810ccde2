"""Captions to token ids, with every token traced back to the characters it came from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from open_clip import SimpleTokenizer

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.tokens import Caption, Kind, Token, Word

LONGEST_CAPTION = 2000

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One token before truncation: id, text, characters of the caption, and the number of its word."""

    id: int
    text: str
    start: int
    end: int
    word: int


class CaptionReader:
    """Tokenises as CLIP's byte-pair tokenizer does, and remembers where each token stands in the caption."""

    fill_id = 0

    def __init__(self, tokenizer: SimpleTokenizer, context: int) -> None:
        """Keep open_clip's tokenizer and how many tokens the model reads."""
        self._tokenizer: Any = tokenizer
        self.context = context

    def read(self, text: str) -> Caption:
        """Return the caption as the model reads it: [SOT], its words' tokens, [EOT]; nothing after [EOT].

        Raises:
            CaptionError: the caption is empty, or absurdly long.

        """
        if len(text) > LONGEST_CAPTION:
            raise CaptionError(
                f"The caption has {len(text):,} characters.", f"Give at most {LONGEST_CAPTION:,}; models read far less."
            )
        pieces = list(self._pieces(text))
        if not pieces:
            raise CaptionError("The caption is empty.", "Type what the picture might show.")
        kept = self._kept(pieces)
        dropped = pieces[len(kept) :]
        unseen = (dropped[0].start, len(text.rstrip())) if dropped else None
        sot, eot = self._tokenizer.sot_token_id, self._tokenizer.eot_token_id
        end = kept[-1].end if kept else 0
        tokens = [
            _token("start", sot, "[SOT]", 0, 0),
            *(_token("content", piece.id, piece.text, piece.start, piece.end) for piece in kept),
            _token("end", eot, "[EOT]", end, end),
        ]
        return Caption(text, tuple(tokens), _words(text, kept), unseen, self.context)

    def _kept(self, pieces: list[_Piece]) -> list[_Piece]:
        """Return the pieces before the first typed [EOT] and within the context."""
        eot = self._tokenizer.eot_token_id
        typed = next((n for n, piece in enumerate(pieces) if piece.id == eot), len(pieces))
        kept = pieces[: min(typed, self.context - 2)]
        if not kept:
            raise CaptionError("The caption is empty before its end token.", "Type words before <end_of_text>.")
        return kept

    def _pieces(self, text: str) -> Iterator[_Piece]:
        tokenizer = self._tokenizer
        cleaned: str = tokenizer.clean_fn(text)
        origin = _origins(text, cleaned)
        word, last = -1, ""
        end = -1
        for match in tokenizer.pat.finditer(cleaned):
            if not _continues(last, match.group(), touching=match.start() == end):
                word += 1
            last, end = match.group(), match.end()
            units = "".join(tokenizer.byte_encoder[byte] for byte in last.encode("utf-8"))
            names = tokenizer.bpe(units).split(" ")
            for name, (first, stop) in zip(names, _character_ranges(last, names), strict=True):
                start = origin[match.start() + first][0]
                finish = origin[match.start() + stop - 1][1]
                yield _Piece(
                    tokenizer.encoder[name], cleaned[match.start() + first : match.start() + stop], start, finish, word
                )


def _token(kind: Kind, number: int, text: str, start: int, end: int) -> Token:
    return Token(number, text, kind, start, end)


def _words(text: str, pieces: list[_Piece]) -> tuple[Word, ...]:
    words = []
    for number in dict.fromkeys(piece.word for piece in pieces):
        rows = tuple(row for row, piece in enumerate(pieces, start=1) if piece.word == number)
        start, end = pieces[rows[0] - 1].start, max(pieces[row - 1].end for row in rows)
        words.append(Word(text[start:end], start, end, rows))
    return tuple(words)


def _continues(last: str, piece: str, *, touching: bool) -> bool:
    """Whether a person reads ``piece`` as one word with the one before: "don" + "'t", "2" + "0"."""
    contraction = piece[0] == "'" and piece[1:].isalpha() and last.isalpha()
    return touching and (contraction or (piece.isnumeric() and last.isnumeric()))


def _character_ranges(piece: str, names: list[str]) -> list[Range]:
    """Return, for each sub-word in byte units, the characters of ``piece`` that its bytes touch."""
    owner = [index for index, character in enumerate(piece) for _ in character.encode("utf-8")]
    ranges, position = [], 0
    for name in names:
        length = len(name.removesuffix("</w>"))
        ranges.append((owner[position], owner[position + length - 1] + 1))
        position += length
    return ranges


def _origins(text: str, cleaned: str) -> list[Range]:
    """Return, for each character of the cleaned caption, the characters of the typed one it came from.

    Word by word where both have as many, which is quick; cleaning seldom adds or removes one.
    """
    typed, clean = ([(m.start(), m.end()) for m in re.finditer(r"\S+", one)] for one in (text, cleaned))
    if len(typed) != len(clean):
        return _aligned(text, cleaned, 0)
    origins: list[Range] = []
    for (start, end), (low, high) in zip(typed, clean, strict=True):
        origins += [(start, start)] * (low - len(origins))  # spaces, of which nothing is asked
        origins += _aligned(text[start:end], cleaned[low:high], start)
    return origins + [(len(text), len(text))] * (len(cleaned) - len(origins))


def _aligned(text: str, cleaned: str, offset: int) -> list[Range]:
    """Return the same for one piece of the caption, which begins at ``offset``."""
    typed = [(low, offset + index) for index, character in enumerate(text) for low in character.lower()]
    letters = [low for low, _ in typed]
    matcher = SequenceMatcher(None, letters, list(cleaned.lower()), autojunk=False)
    origins: list[Range] = []
    for tag, start, end, low, high in matcher.get_opcodes():
        if tag == "equal":
            origins += [(typed[start + n][1], typed[start + n][1] + 1) for n in range(high - low)]
        elif tag == "delete":
            swallowed = [index for low, index in typed[start:end] if not low.isspace()]
            if swallowed and origins:  # "&amp;" became "&": what is left stands for the whole
                origins[-1] = (origins[-1][0], swallowed[-1] + 1)
        else:
            first = typed[start][1] if start < len(typed) else offset + len(text)
            last = typed[end - 1][1] + 1 if end > start else first
            origins += [(first, last)] * (high - low)
    return origins
