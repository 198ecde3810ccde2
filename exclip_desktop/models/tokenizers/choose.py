"""Which reader fits a tokenizer."""

from typing import Any

from open_clip import SimpleTokenizer

from exclip_desktop.models.tokenizers.clip import ClipReader
from exclip_desktop.models.tokenizers.hugging_face import HFReader
from exclip_desktop.models.tokenizers.tokenizer import Reader
from exclip_desktop.models.towers.tower_protocols import TextTower


def reader_of(tokenizer: Any, text: TextTower) -> Reader:
    """Return the reader of open_clip's ``tokenizer`` for a text tower; raises ``ModelError`` where there is none."""
    kind = ClipReader if isinstance(tokenizer, SimpleTokenizer) else HFReader
    reader: Reader = kind(tokenizer, padded=text.padded, class_token=text.class_token)
    return reader
