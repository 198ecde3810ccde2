"""Small models of every text family with random weights, and small tokenizers of every kind, saved to files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

from tests.conftest import save_random_model, tiny_config

CONTEXT = 18
CORPUS = ["a red balloon and a dog, in the snow", "two dogs isn't a cat", "hydrant hydrangea 2026 naïve café –"] * 3


def sentencepiece(padding: str = "</s>") -> PreTrainedTokenizerFast:
    """Return a tokenizer like T5's: ▁ for spaces, ends with </s>, which is SigLIP's padding too."""
    words = [
        "▁a",
        "▁red",
        "▁and",
        "▁dog",
        "▁in",
        "▁the",
        "▁snow",
        "▁ball",
        "oon",
        "▁hydr",
        "angea",
        "s",
        "▁isn",
        "▁2026",
    ]
    letters = [(letter, -9.0) for letter in "▁abcdefghijklmnopqrtuvwxyz0123456789,.'!-"]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -20.0), *((word, -3.0) for word in words), *letters]
    made = Tokenizer(models.Unigram(vocabulary, unk_id=2))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token=padding, eos_token="</s>", unk_token="<unk>")


def clips(folder: Path) -> CLIPTokenizer:
    """Return CLIP's own tokenizer as transformers has it, from files that are written into ``folder``."""
    own = open_clip.SimpleTokenizer()
    names = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({names.get(token, token): at for token, at in own.encoder.items()}))
    (folder / "merges.txt").write_text("\n".join(("#version: 0.2", *map(" ".join, own.bpe_ranks))))
    made: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder)
    return made


def gemma() -> PreTrainedTokenizerFast:
    """Return a tokenizer like Gemma's: byte fallback, no cutting at spaces; 0 pads."""
    made = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    made.normalizer = normalizers.Replace(" ", "▁")
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    made.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")  # while it is trained, so that words are learned
    made.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=specials))
    made.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    made.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")


def byte_level() -> PreTrainedTokenizerFast:
    """Return a tokenizer like RoBERTa's: bytes, <s> … </s>, 1 pads."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=specials, initial_alphabet=alphabet)
    )
    made.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    named = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, **named)


def word_piece() -> PreTrainedTokenizerFast:
    """Return a tokenizer like BERT's: ##, [CLS] … [SEP], lower case, 0 pads."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    made.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=70, special_tokens=specials))
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    named = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    return PreTrainedTokenizerFast(tokenizer_object=made, **named)


TOKENIZERS: dict[str, Callable[[], PreTrainedTokenizerFast]] = {
    "sentencepiece": sentencepiece,
    "t5": lambda: sentencepiece("<pad>"),
    "gemma": gemma,
    "bytes": byte_level,
    "wordpiece": word_piece,
}

_BERT = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 40}
_BERT |= {"vocab_size": 400, "max_position_embeddings": 24, "type_vocab_size": 1, "initializer_range": 0.2}
_M2M = {"d_model": 32, "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 40, "decoder_layers": 1}
_M2M |= {"decoder_attention_heads": 2, "decoder_ffn_dim": 8, "vocab_size": 400, "max_position_embeddings": 24}
ENCODERS: dict[str, dict[str, Any]] = {
    "bert": {**_BERT, "model_type": "bert", "pad_token_id": 0},
    "roberta": {**_BERT, "model_type": "roberta", "pad_token_id": 1},
    "xlm-roberta": {**_BERT, "model_type": "xlm-roberta", "pad_token_id": 1},
    "mt5": {
        **{"model_type": "mt5", "d_model": 32, "d_kv": 16, "d_ff": 40, "num_layers": 3, "num_decoder_layers": 1},
        **{"num_heads": 2, "vocab_size": 400, "pad_token_id": 0, "is_encoder_decoder": True},
    },
    "m2m_100": {**_M2M, "model_type": "m2m_100", "pad_token_id": 1, "init_std": 0.1, "is_encoder_decoder": True},
}
"""Hugging Face's configs, by their ``model_type``; each pads as the tokenizer that it is used with."""

_SIGLIP = {"no_causal_mask": True, "pool_type": "last", "proj_bias": True, "norm_kwargs": {"eps": 1e-6}}
_COCA: dict[str, Any] = {
    "text": {"embed_cls": True, "output_tokens": True},
    "vision": {"attentional_pool": True, "attn_pooler_queries": 5, "attn_pooler_heads": 3, "output_tokens": True},
    "multimodal_cfg": {"context_length": CONTEXT, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    "custom_text": True,
}


def _hf(kind: str, tokenizer: str, pooler: str, projection: str, **changes: Any) -> dict[str, Any]:
    named = {"hf_model_name": f"nobody/{kind}", "hf_tokenizer_name": f"nobody/{tokenizer}"}
    return {"text": {**named, "hf_pooler_type": pooler, "hf_proj_type": projection}, **changes}


FAMILIES: dict[str, dict[str, Any]] = {
    "SigLIP": {
        "text": {**_SIGLIP, "hf_tokenizer_name": "nobody/sentencepiece", "tokenizer_kwargs": {"clean": "canonicalize"}},
        "custom_text": True,
    },
    "SigLIP 2": {"text": {**_SIGLIP, "hf_tokenizer_name": "nobody/gemma", "proj_type": "none", "width": 24}},
    "CLIPA": {
        "text": {
            **{"no_causal_mask": True, "pool_type": "last", "hf_tokenizer_name": "nobody/wordpiece"},
            "tokenizer_kwargs": {"strip_sep_token": True},
        }
    },
    "worldwide": {"text": {"pool_type": "eos", "eos_id": 2, "hf_tokenizer_name": "nobody/bytes"}},
    "MobileCLIP": {"text": {"no_causal_mask": True}, "custom_text": True},
    "MobileCLIP, normalised queries": {"text": {"no_causal_mask": True, "qk_norm": True}, "custom_text": True},
    "pooled at the first": {"text": {"no_causal_mask": True, "pool_type": "first", "ls_init_value": 0.6}},
    "causal, pooled at the last": {"text": {"pool_type": "last"}},
    "CoCa": _COCA,
    "BERT": _hf("bert", "wordpiece", "cls_pooler", "mlp"),
    "RoBERTa": _hf("roberta", "bytes", "mean_pooler", "mlp"),
    "XLM-RoBERTa": _hf("xlm-roberta", "bytes", "cls_last_hidden_state_pooler", "linear"),
    "mT5": _hf("mt5", "t5", "mean_pooler", "mlp"),
    "NLLB": _hf("m2m_100", "bytes", "cls_pooler", "linear"),
    "CoCa with RoBERTa": {
        **_COCA,
        "text": {**_hf("roberta", "bytes", "mean_pooler", "linear")["text"], "output_tokens": True},
    },
}
"""Name of a family → its changes to ``tiny_config``."""


def save_family(folder: Path, family: str) -> Path:
    """Write a model folder of the family: config, weights, tokenizer files, and the config of its text encoder."""
    changes = json.loads(json.dumps(FAMILIES[family]))
    text = {"context_length": CONTEXT, **changes.pop("text")}
    tokenizer, encoder = (text.get(name, "").removeprefix("nobody/") for name in ("hf_tokenizer_name", "hf_model_name"))
    if tokenizer and not encoder:
        text.setdefault("vocab_size", 400)
    folder.mkdir(parents=True)
    if tokenizer:
        TOKENIZERS[tokenizer]().save_pretrained(folder)
    if encoder:
        (folder / "config.json").write_text(json.dumps(ENCODERS[encoder]), "utf-8")
    vision = {"image_size": 16, "layers": 1, **changes.pop("vision", {})}
    return save_random_model(folder, tiny_config(text=text, vision=vision, **changes))
