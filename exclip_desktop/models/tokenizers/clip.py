"""Reads captions with CLIP's own byte-pair tokenizer, with the characters of each token."""

from collections.abc import Iterator
from typing import Any

from open_clip import SimpleTokenizer

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.caption import Caption, Token
from exclip_desktop.models.tokenizers.tokenizer import (
    Piece,
    Range,
    check_caption,
    class_token,
    content_token,
    empty_caption_error,
    group_words,
    padding_tokens,
    trace_origins,
)


class ClipReader:
    """Tokenises as CLIP's byte-pair tokenizer does, and records the place of each token in the caption."""

    fill_id = 0
    is_clip = True

    def __init__(self, tokenizer: SimpleTokenizer, *, padded: bool = False, class_token: bool = False) -> None:
        """Take open_clip's tokenizer, and whether the model reads padding and adds a class token."""
        self._tokenizer: Any = tokenizer
        self._padded, self._class_token = padded, class_token
        self.context = int(self._tokenizer.context_length)

    def read(self, text: str) -> Caption:
        """Return the caption as the model reads it: [SOT], the tokens of its words, [EOT], padding and class token.

        Raises:
            CaptionError: the caption is empty or too long.

        """
        check_caption(text)
        pieces = list(self._split(text))
        if not pieces:
            raise empty_caption_error()
        read = self._within_context(pieces)
        dropped = pieces[len(read) :]
        unseen = (dropped[0].start, len(text.rstrip())) if dropped else None
        sot, eot = self._tokenizer.sot_token_id, self._tokenizer.eot_token_id
        end = read[-1].end
        tokens = [
            Token(sot, "[SOT]", "start", 0, 0),
            *(content_token(piece) for piece in read),
            Token(eot, "[EOT]", "end", end, end),
        ]
        if self._padded:
            tokens += padding_tokens(self.context - len(tokens), 0, end)
        if self._class_token:
            tokens.append(class_token(end))
        return Caption(text, tuple(tokens), group_words(text, dict(enumerate(read, start=1))), unseen, self.context)

    def _within_context(self, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces within the context; a typed [EOT] ends the caption unless the model reads padding."""
        ends = () if self._padded else (self._tokenizer.eot_token_id,)
        typed = next((n for n, piece in enumerate(pieces) if piece.id in ends), len(pieces))
        read = pieces[: min(typed, self.context - 2)]
        if not read:
            raise CaptionError("The caption is empty before its end token.", "Type words before <end_of_text>.")
        return read

    def _split(self, text: str) -> Iterator[Piece]:
        tokenizer = self._tokenizer
        cleaned: str = tokenizer.clean_fn(text)
        origin = trace_origins(text, cleaned)
        word, last = -1, ""
        end = -1
        for match in tokenizer.pat.finditer(cleaned):
            if not _continues(last, match.group(), touching=match.start() == end):
                word += 1
            last, end = match.group(), match.end()
            units = "".join(tokenizer.byte_encoder[byte] for byte in last.encode("utf-8"))
            names = tokenizer.bpe(units).split(" ")
            for name, (first, stop) in zip(names, _find_character_ranges(last, names), strict=True):
                start = origin[match.start() + first][0]
                finish = origin[match.start() + stop - 1][1]
                yield Piece(
                    tokenizer.encoder[name], cleaned[match.start() + first : match.start() + stop], start, finish, word
                )


def _continues(last: str, piece: str, *, touching: bool) -> bool:
    """Return whether ``piece`` continues the word of the previous one: "don" + "'t", "2" + "0"."""
    contraction = piece[0] == "'" and piece[1:].isalpha() and last.isalpha()
    return touching and (contraction or (piece.isnumeric() and last.isnumeric()))


def _find_character_ranges(piece: str, names: list[str]) -> list[Range]:
    """Return, for each sub-word in byte units, the characters of ``piece`` that its bytes touch."""
    owner = [index for index, character in enumerate(piece) for _ in character.encode("utf-8")]
    ranges, position = [], 0
    for name in names:
        length = len(name.removesuffix("</w>"))
        ranges.append((owner[position], owner[position + length - 1] + 1))
        position += length
    return ranges
