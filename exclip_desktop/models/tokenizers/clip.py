"""CLIP's own byte-pair tokenizer, every token traced back to the characters it came from."""

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
    """Tokenises as CLIP's byte-pair tokenizer does, and remembers where each token stands in the caption."""

    fill_id = 0
    is_clip = True

    def __init__(self, tokenizer: SimpleTokenizer, *, padded: bool = False, class_token: bool = False) -> None:
        """Keep open_clip's tokenizer, and whether the model reads padding and adds a class token."""
        self._tokenizer: Any = tokenizer
        self._padded, self._class_token = padded, class_token
        self.context = int(self._tokenizer.context_length)

    def read(self, text: str) -> Caption:
        """Return the caption as the model reads it: [SOT], its words' tokens, [EOT], and what comes after it.

        Raises:
            CaptionError: the caption is empty, or absurdly long.

        """
        check_caption(text)
        pieces = list(self._pieces(text))
        if not pieces:
            raise empty_caption_error()
        kept = self._kept(pieces)
        dropped = pieces[len(kept) :]
        unseen = (dropped[0].start, len(text.rstrip())) if dropped else None
        sot, eot = self._tokenizer.sot_token_id, self._tokenizer.eot_token_id
        end = kept[-1].end
        tokens = [
            Token(sot, "[SOT]", "start", 0, 0),
            *(content_token(piece) for piece in kept),
            Token(eot, "[EOT]", "end", end, end),
        ]
        if self._padded:
            tokens += padding_tokens(self.context - len(tokens), 0, end)
        if self._class_token:
            tokens.append(class_token(end))
        return Caption(text, tuple(tokens), group_words(text, dict(enumerate(kept, start=1))), unseen, self.context)

    def _kept(self, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces within the context; a typed [EOT] ends the caption where nothing after it matters."""
        ends = () if self._padded else (self._tokenizer.eot_token_id,)
        typed = next((n for n, piece in enumerate(pieces) if piece.id in ends), len(pieces))
        kept = pieces[: min(typed, self.context - 2)]
        if not kept:
            raise CaptionError("The caption is empty before its end token.", "Type words before <end_of_text>.")
        return kept

    def _pieces(self, text: str) -> Iterator[Piece]:
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
            for name, (first, stop) in zip(names, _character_ranges(last, names), strict=True):
                start = origin[match.start() + first][0]
                finish = origin[match.start() + stop - 1][1]
                yield Piece(
                    tokenizer.encoder[name], cleaned[match.start() + first : match.start() + stop], start, finish, word
                )


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
