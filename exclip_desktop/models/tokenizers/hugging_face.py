"""Reads captions with Hugging Face's fast tokenizers as open_clip uses them, with the characters of each token."""

import threading
import unicodedata
from collections.abc import Callable
from itertools import groupby, pairwise
from typing import Any, Final

from open_clip.tokenizer import HFTokenizer

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.caption import UNSPACED, Caption, Token
from exclip_desktop.models.tokenizers.tokenizer import (
    PADDING,
    Piece,
    Range,
    check_caption,
    class_token,
    content_token,
    empty_caption_error,
    group_words,
    trace_origins,
)

SPACES = "▁Ġ"
"""The characters that SentencePiece and byte-level tokenizers write for a space."""


PANIC: Final = "PanicException"  # of the tokenizers package; it derives from BaseException, and has no public name


class HFReader:
    """Reads with an open_clip ``HFTokenizer``: byte-level, WordPiece or SentencePiece."""

    is_clip = False

    def __init__(self, tokenizer: HFTokenizer, *, padded: bool = True, class_token: bool = False) -> None:
        """Take open_clip's tokenizer, and whether the model reads padding and adds a class token.

        Raises:
            ModelError: the tokenizer does not report the places of its tokens, or cannot pad.

        """
        self._tokenizer: Any = tokenizer.tokenizer
        self._clean: Callable[[str], str] = tokenizer.clean_fn
        self._strips = bool(tokenizer.strip_sep_token)
        kind = type(self._tokenizer).__name__
        if not self._tokenizer.is_fast:
            raise ModelError(
                f"The tokenizer {kind} does not report the characters of its tokens.",
                "Put its tokenizer.json, the fast tokenizer, into the model's folder.",
            )
        if self._tokenizer.pad_token_id is None:
            raise ModelError(f"The tokenizer {kind} has no padding token.", "Name one in its tokenizer_config.json.")
        self._lock = threading.Lock()  # a fast tokenizer fails if two threads set its padding at once
        self._padded = padded or self._tokenizer.padding_side == "left"  # padding before a word has an effect
        self._class_token = class_token
        self.context = int(tokenizer.context_length)
        self.fill_id = int(self._tokenizer.pad_token_id)

    def read(self, text: str) -> Caption:
        """Return the caption as the model reads it: the tokens of its words, the tokenizer's own, and padding.

        Raises:
            CaptionError: the caption is empty or too long.
            ModelError: the tokenizer's own patterns fail on it.

        """
        check_caption(text)
        cleaned = self._clean(text)
        origin = trace_origins(text, cleaned)
        with self._lock:
            read = self._tokenize(
                cleaned,
                max_length=self.context,
                padding="max_length",
                truncation=True,
                return_attention_mask=True,
                return_special_tokens_mask=True,
                return_offsets_mapping=True,
            )
        pieces = self._make_pieces(read, cleaned, origin)
        if not pieces:
            raise empty_caption_error()
        tokens = self._make_tokens(read, pieces)
        # open_clip looks for [EOT] by the largest id, which padding of a larger one would be.
        if not self._padded and self.fill_id <= max(token.id for token in tokens if token.kind != "padding"):
            tokens = [token for token in tokens if token.kind != "padding"]
        if self._class_token:
            tokens.append(class_token(tokens[-1].end))
        unseen = self._find_unread(text, cleaned, origin, len(pieces))
        return Caption(text, tuple(tokens), group_words(text, pieces), unseen, self.context)

    def _tokenize(self, cleaned: str, **options: Any) -> Any:
        try:
            return self._tokenizer(cleaned, **options)
        except Exception as error:
            raise _caption_error(error) from error
        except BaseException as error:
            if type(error).__name__ != PANIC:
                raise
            raise _caption_error(error) from error

    def _make_pieces(self, read: Any, cleaned: str, origin: list[Range]) -> dict[int, Piece]:
        """Return the tokens of the words by their rows."""
        ids, names, offsets = read["input_ids"], read.tokens(), read["offset_mapping"]
        flags = zip(read["special_tokens_mask"], read["attention_mask"], strict=True)
        rows = [row for row, (special, attended) in enumerate(flags) if attended and not special]
        places = [_strip_place(cleaned, names[row], *offsets[row]) for row in rows]
        return {
            row: Piece(self._model_id(ids[row]), cleaned[slice(*place)] or names[row], *_trace(place, origin), word)
            for row, place, word in zip(rows, places, number_words(cleaned, places), strict=True)
        }

    def _make_tokens(self, read: Any, pieces: dict[int, Piece]) -> list[Token]:
        """Return every token: those of the words, the tokenizer's own, and padding."""
        first, end = min(pieces), pieces[max(pieces)].end
        tokens = []
        for row, (name, original) in enumerate(zip(read.tokens(), read["input_ids"], strict=True)):
            number, at = self._model_id(original), 0 if row < first else end
            if row in pieces:
                tokens.append(content_token(pieces[row]))
            elif not read["attention_mask"][row]:
                tokens.append(Token(number, PADDING, "padding", at, at))
            else:
                tokens.append(Token(number, name, "start" if row < first else "end", at, at))
        return tokens

    def _model_id(self, number: int) -> int:
        """Return the id that open_clip passes to the model: for CLIPA 0 in place of a separator."""
        return 0 if self._strips and number == self._tokenizer.sep_token_id else number

    def _find_unread(self, text: str, cleaned: str, origin: list[Range], count: int) -> Range | None:
        """Return the typed characters after the first ``count`` tokens; None where there are no more."""
        whole = self._tokenize(cleaned, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        if len(whole["input_ids"]) <= count:
            return None
        start, _ = _trace(_strip_place(cleaned, whole.tokens()[count], *whole["offset_mapping"][count]), origin)
        return start, len(text.rstrip())


def _caption_error(error: BaseException) -> ModelError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
    return ModelError(f"The model's tokenizer cannot read the caption: {reason}.", "Fetch all of its files again.")


def _strip_place(text: str, token: str, start: int, end: int) -> Range:
    """Return a token's characters without spaces around them; a space alone has an empty range after it."""
    part = text[start:end]
    left = start + len(part) - len(part.lstrip())
    return left, left + len(part.strip()) if token.strip(SPACES) else left


def _trace(place: Range, origin: list[Range]) -> Range:
    """Return the characters of the typed caption that ``place`` of the cleaned one comes from."""
    start, end = place
    if start < end:
        return origin[start][0], origin[end - 1][1]
    at = origin[start][0] if start < len(origin) else origin[-1][1]
    return at, at


def number_words(text: str, places: list[Range]) -> list[int]:
    """Return the number of the word of each token, by the tokens' places in ``text``.

    Tokenizers split words, and some join them: a token that reaches into the next word makes both one word. In scripts
    without spaces each token is a word.
    """
    starts = _find_word_starts(text)
    numbers = [0] if places else []
    for (before, end), (start, _) in pairwise(places):
        begins = start in starts or UNSPACED.match(text, start) is not None
        numbers.append(numbers[-1] + (begins and start >= end and before < end))
    return numbers


def _find_word_starts(text: str) -> set[int]:
    """Return the starts of runs of letters, numbers and other signs; an apostrophe between letters is a letter."""
    kinds = [_classify(character) for character in text]
    for at in range(1, len(text) - 1):
        if text[at] in "'’" and kinds[at - 1] == kinds[at + 1] == "letters":
            kinds[at] = "letters"
    runs = (list(run) for _, run in groupby(range(len(text)), key=kinds.__getitem__))
    return {run[0] for run in runs if kinds[run[0]] != "spaces"}


def _classify(character: str) -> str:
    if character.isspace():
        return "spaces"
    return {"L": "letters", "M": "letters", "N": "numbers"}.get(unicodedata.category(character)[0], "signs")
