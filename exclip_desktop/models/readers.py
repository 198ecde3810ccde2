"""Which reader fits a tokenizer, and why a config's text side cannot be explained."""

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


def why_not_text(schema: str, config: dict[str, Any]) -> str:
    """Return why the text side of a model (open_clip's name and config of it) cannot be explained, or an empty text."""
    text = config["text_cfg"]
    own, tokenizer = not text.get("hf_model_name"), text.get("hf_tokenizer_name")
    if own and text.get("pool_type") == "none":
        return "its text encoder does not pool its tokens (pool_type none)"
    if not own and text.get("hf_pooler_type") == "max_pooler":
        return "its text encoder's pooling (max_pooler) does not run in open_clip itself"
    if text.get("tokenizer_mode"):
        return f"its tokenizer is used in a way of its own (tokenizer_mode {text['tokenizer_mode']})"
    if not tokenizer and not schema.startswith("local-dir:") and "siglip" in schema.lower():
        return "its tokenizer is a vocabulary that open_clip downloads from outside Hugging Face"
    if not tokenizer and (text.get("tokenizer_kwargs") or {}).get("reduction_mask"):
        return "its tokenizer drops words by chance (reduction_mask)"
    return ""
