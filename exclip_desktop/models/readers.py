"""Which reader fits a tokenizer."""

from typing import Any

from open_clip import SimpleTokenizer

from exclip_desktop.models.cuts import TextTower
from exclip_desktop.models.tokenise import Reader
from exclip_desktop.models.tokenise_clip import ClipReader
from exclip_desktop.models.tokenise_hf import HFReader


def reader_of(tokenizer: Any, text: TextTower) -> Reader:
    """Return the reader of open_clip's ``tokenizer`` for a text tower; raises ``ModelError`` where there is none."""
    kind = ClipReader if isinstance(tokenizer, SimpleTokenizer) else HFReader
    reader: Reader = kind(tokenizer, padded=text.padded, class_token=text.class_token)
    return reader
