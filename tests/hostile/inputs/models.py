"""Hostile and damaged models: each document of a folder in every wrong form, bombs as weights, names that lead away."""

import json
import os
import pickle
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import torch

from exclip_desktop.core.paths import resource_path
from tests.hostile.runner import HostileInput
from tests.unit.models.test_transformers_folder import CLIP_PIXELS, clip, save
from tests.unit.models.text_models import save_family

EXPLAIN: Final = ["explain", "--sample", "1", "--device", "cpu"]
REFUSED: Final = (2,)
CONFIG, CARD = "open_clip_config.json", "exclip.json"
WEIGHTS: Final = "open_clip_model.safetensors"
Write = Callable[[Path], list[str]]


def _model(folder: Path) -> Path:
    """Copy the bundled model; its weights are a link."""
    made = folder / "model"
    made.mkdir()
    for name in (CONFIG, CARD):
        shutil.copyfile(resource_path("models", "demo", name), made / name)
    (made / WEIGHTS).symlink_to(resource_path("models", "demo", WEIGHTS))
    return made


@lru_cache(maxsize=8)
def _saved(family: str) -> tuple[tempfile.TemporaryDirectory[str], Path]:
    kept = tempfile.TemporaryDirectory()
    place = Path(kept.name, "model")
    if family == "transformers":
        save(clip(), place, CLIP_PIXELS)
    else:
        save_family(place, family)
    return kept, place


def _small(family: str, folder: Path) -> Path:
    """Copy a small model: ``transformers``, or a family of text encoders and tokenizers."""
    return Path(shutil.copytree(_saved(family)[1], folder / "model"))


def _adapter(folder: Path) -> Path:
    """Write an adapter of the bundled model."""
    made = folder / "adapter"
    made.mkdir()
    config = {"peft_type": "LORA", "base_model_name_or_path": str(_model(folder)), "lora_alpha": 4}
    (made / "adapter_config.json").write_text(json.dumps(config))
    torch.save({"base_model.model.a.lora_A.weight": torch.ones(2, 3)}, made / "adapter_model.bin")
    return made


def _explain(model: Path, *more: str) -> list[str]:
    return [*EXPLAIN, "--model", model.name, *more]


# --- a document as a whole


def _nested(path: Path) -> None:
    path.write_text('{"a":' * 100_000 + "1" + "}" * 100_000)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _large(path: Path) -> None:
    path.write_bytes(b"{" + b" " * 150_000_000 + b"}")


TEXTS: Final[dict[str, bytes]] = {
    "is cut": b'{"model_cfg": {"embed_dim": 12',
    "is empty": b"",
    "is a list": b"[[1, 2], [3]]",
    "is null": b"null",
    "is a number": b"1e400",
    "is a text": b'"model_cfg"',
    "is no UTF-8": b'{"model_type": "\xff\xfe\xc3"}',
    "is a long number": b'{"embed_dim": ' + b"9" * 5_000 + b"}",
    "is a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "names control characters": b'{"model_type": "\\u001b[2J\\u202e", "model_cfg": {"\\u001b]0;x\\u0007": 1}}',
}
FILES: Final[dict[str, Callable[[Path], None]]] = {
    **{name: partial(Path.write_bytes, data=data) for name, data in TEXTS.items()},
    "is nested 100,000 times": _nested,
    "is a named pipe": _pipe,
    "is a folder": lambda path: path.mkdir(),
    "is a link to itself": _loop,
    "is an endless device": _endless,
    "is 150 MB of spaces": _large,
}
DOCUMENTS: Final[dict[str, tuple[str, Callable[[Path], Path]]]] = {
    "config": (CONFIG, _model),
    "card": (CARD, _model),
    "transformers' config": ("config.json", partial(_small, "transformers")),
    "image processor": ("preprocessor_config.json", partial(_small, "transformers")),
    "text encoder's config": ("config.json", partial(_small, "RoBERTa")),
    "tokenizer": ("tokenizer.json", partial(_small, "SigLIP")),
    "tokenizer's settings": ("tokenizer_config.json", partial(_small, "SigLIP")),
    "weights": (WEIGHTS, _model),
    "adapter's config": ("adapter_config.json", _adapter),
}


def _spoil(document: str, form: str, folder: Path) -> list[str]:
    name, make = DOCUMENTS[document]
    model = make(folder)
    (model / name).unlink()
    FILES[form](model / name)
    return _explain(model)


def _spoil_preprocessing(form: str, folder: Path) -> list[str]:
    FILES[form](folder / "pixels.json")
    torch.save({}, folder / "a.pt")
    return [*EXPLAIN, "--checkpoint", "a.pt", "--model", "ViT-B-32", "--preprocess", "pixels.json"]


def _documents() -> Iterator[HostileInput]:
    fast = {"config": "is nested 100,000 times", "tokenizer": "is a named pipe", "card": "is an endless device"}
    for document in DOCUMENTS:
        for form in FILES:
            yield HostileInput(f"{document} {form}", partial(_spoil, document, form), fast=fast.get(document) == form)
    for form in FILES:
        yield HostileInput(f"preprocessing {form}", partial(_spoil_preprocessing, form), codes=REFUSED)


# --- an entry of a document


def _change(value: Any, keys: str, new: Any) -> Any:
    first, _, rest = keys.partition(".")
    return {**value, first: _change(value.get(first) or {}, rest, new) if rest else new}


def _edit(document: str, keys: str, new: Any, folder: Path) -> list[str]:
    name, make = DOCUMENTS[document]
    model = make(folder)
    path = model / name
    text = json.dumps(_change(json.loads(path.read_text("utf-8")), keys, new))
    path.write_text(text.replace('"1e400"', "1e400"), "utf-8")
    return _explain(model)


VISION, TEXT = "model_cfg.vision_cfg", "model_cfg.text_cfg"
ENTRIES: Final[tuple[tuple[str, str, Any], ...]] = (
    ("config", f"{VISION}.layers", 1_000_000),
    ("config", f"{VISION}.layers", 256),
    ("config", f"{VISION}.layers", [1, 2, 3]),
    ("config", f"{VISION}.layers", [9] * 100),
    ("config", f"{VISION}.width", 10**400),
    ("config", f"{VISION}.width", "1e400"),
    ("config", f"{VISION}.width", 32_768),
    ("config", f"{VISION}.width", True),
    ("config", f"{VISION}.patch_size", 0),
    ("config", f"{VISION}.patch_size", [10]),
    ("config", f"{VISION}.head_width", 32_768),
    ("config", f"{VISION}.image_size", 4_096),
    ("config", f"{VISION}.image_size", 1_000_000),
    ("config", f"{VISION}.timm_model_name", "hf-hub:timm/vit_base_patch16_224"),
    ("config", f"{VISION}.timm_model_name", "hf_hub:timm/vit_base_patch16_224"),
    ("config", f"{VISION}.timm_model_name", "local-dir:/etc"),
    ("config", f"{VISION}.timm_model_name", "timm/vit_base_patch16_224"),
    ("config", f"{VISION}.timm_model_name", "eva02_enormous_patch14_clip_224"),
    ("config", f"{VISION}.timm_model_name", "siglip_131072_99999_1_1_4096_999999_gelu_1e-06"),
    ("config", f"{VISION}.timm_model_name", "siglip_9_9_0_0_0_9_gelu_1.2.3"),
    ("config", f"{VISION}.timm_model_name", "\u001b[31m"),
    ("config", f"{VISION}.pool_type", "__import__"),
    ("config", f"{VISION}.norm_kwargs", {"device": "cuda"}),
    ("config", f"{VISION}.unknown", 1),
    ("config", f"{TEXT}.hf_model_name", "/etc"),
    ("config", f"{TEXT}.hf_model_name", "../../../etc"),
    ("config", f"{TEXT}.hf_model_name", "bert-base-uncased"),
    ("config", f"{TEXT}.hf_tokenizer_name", "https://example.org/tokenizer"),
    ("config", f"{TEXT}.hf_tokenizer_name", "timm/ViT-B-16-SigLIP"),
    ("config", f"{TEXT}.hf_tokenizer_name", 7),
    ("config", f"{TEXT}.tokenizer_kwargs", {"bpe_path": "/etc/passwd"}),
    ("config", f"{TEXT}.tokenizer_kwargs", {"clean": "os.system"}),
    ("config", f"{TEXT}.tokenizer_kwargs", {"additional_special_tokens": ["(a+)+$"]}),
    ("config", f"{TEXT}.tokenizer_kwargs", {"trust_remote_code": True}),
    ("config", f"{TEXT}.vocab_size", 8_000_000),
    ("config", f"{TEXT}.context_length", 16_384),
    ("config", f"{TEXT}.heads", 0),
    ("config", f"{TEXT}.context_length", 1),
    ("config", f"{TEXT}.heads", 3),
    ("config", f"{TEXT}.layers", "2"),
    ("config", "model_cfg", [1]),
    ("config", "model_cfg.embed_dim", None),
    ("config", "model_cfg.multimodal_cfg", {"layers": 256, "width": 32_768}),
    ("config", "preprocess_cfg", [1, 2]),
    ("config", "preprocess_cfg.std", [0, 0.5, 0.5]),
    ("config", "preprocess_cfg.std", [1e-320, 0.5, 0.5]),
    ("config", "preprocess_cfg.mean", [0.5] * 4),
    ("config", "preprocess_cfg.mean", "abc"),
    ("config", "preprocess_cfg.mean", ["1e400", 0.5, 0.5]),
    ("config", "preprocess_cfg.fill_color", 10**9),
    ("config", "preprocess_cfg.interpolation", ["bicubic"]),
    ("card", "image_layer", 10**400),
    ("card", "image_layer", "1e400"),
    ("card", "text_layer", [1]),
    ("card", "text_layer", 200),
    ("transformers' config", "text_config", 3),
    ("transformers' config", "model_type", ["clip"]),
    ("transformers' config", "vision_config.num_hidden_layers", 10**6),
    ("transformers' config", "vision_config.patch_size", 0),
    ("transformers' config", "vision_config.hidden_size", 131_072),
    ("transformers' config", "text_config.max_position_embeddings", 1_000_000),
    ("transformers' config", "text_config.layer_norm_eps", "1e400"),
    ("transformers' config", "projection_dim", -1),
    ("image processor", "image_std", [0, 0, 0]),
    ("image processor", "image_mean", [1, 2, 3, 4]),
    ("image processor", "resample", "3"),
    ("image processor", "size", {"shortest_edge": "x"}),
    ("text encoder's config", "num_hidden_layers", 256),
    ("text encoder's config", "num_labels", 10**9),
    ("text encoder's config", "auto_map", {"AutoModel": "evil.Model"}),
    ("text encoder's config", "attn_implementation", "kernels-community/evil"),
    ("text encoder's config", "vocab_size", "1e400"),
    ("text encoder's config", "model_type", "gpt2"),
    ("text encoder's config", "hidden_act", "os.system"),
    ("tokenizer", "model.vocab", 7),
    ("tokenizer", "post_processor", {"type": "Evil"}),
    ("tokenizer", "truncation", {"max_length": -1}),
    ("tokenizer", "normalizer", {"type": "Replace", "pattern": {"Regex": "([a-z ]+)+0"}, "content": "x"}),
    ("tokenizer's settings", "tokenizer_class", "os.system"),
    ("tokenizer's settings", "auto_map", {"AutoTokenizer": [None, "evil.Tokenizer"]}),
    ("tokenizer's settings", "vocab_file", "/dev/zero"),
    ("tokenizer's settings", "tokenizer_file", "/etc/passwd"),
    ("tokenizer's settings", "added_tokens_decoder", {"-1": 3}),
    ("tokenizer's settings", "model_max_length", "1e400"),
    ("adapter's config", "lora_alpha", "1e400"),
    ("adapter's config", "alpha_pattern", {"(a+)+$": 2}),
    ("adapter's config", "base_model_name_or_path", "//server/share"),
    ("adapter's config", "base_model_name_or_path", "org/model"),
)
FAST_ENTRIES: Final = frozenset((0, 13, 14, 30, 44, 65))


def _entries() -> Iterator[HostileInput]:
    for number, (document, keys, new) in enumerate(ENTRIES):
        name = f"{document} {number}: {keys} is {str(new)[:40]!r}"
        yield HostileInput(name, partial(_edit, document, keys, new), fast=number in FAST_ENTRIES)


# --- weights


def _pairs_of_pairs(levels: int = 40) -> bytes:
    """Return a pickle of some 200 bytes, whose only key is a pair of pairs of pairs…"""
    pairs = b"".join(b"h%ch%c\x86q%c" % (level, level, level + 1) for level in range(1, levels))
    return b"\x80\x02}q\x00)q\x01" + pairs + b"K\x01s."


def _in_archive(data: bytes, path: Path, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("a/data.pkl", data)
        archive.writestr("a/version", b"3\n")


def _zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/version", b"3\n")
        with archive.open("a/data.pkl", "w", force_zip64=True) as entry:
            for _ in range(300):
                entry.write(bytes(1 << 20))


def _call(function: bytes, argument: bytes) -> bytes:
    return b"\x80\x02}X\x01\x00\x00\x00ac" + function + b"\n" + argument + b"\x85Rs."


def _safetensors(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


class _Code:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch ../canary/ran",)


BILLION: Final = b"\x8a\x04\x00\xca\x9a\x3b"
CHECKPOINTS: Final[dict[str, Callable[[Path], Any]]] = {
    "pairs of pairs as a key": lambda path: path.write_bytes(_pairs_of_pairs()),
    "pairs of pairs as a key, zipped": lambda path: _in_archive(_pairs_of_pairs(), path),
    "tuples 100,000 deep": lambda path: path.write_bytes(b"\x80\x02)" + b"\x85" * 100_000 + b"."),
    "three million lists": lambda path: path.write_bytes(b"\x80\x02" + b"]" * 3_000_000 + b"."),
    "lists 100,000 deep": lambda path: path.write_bytes(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."),
    "a zip bomb": _zip_bomb,
    "code": lambda path: torch.save({"a": _Code()}, path),
    "code of another protocol": lambda path: path.write_bytes(pickle.dumps({"a": _Code()}, 4)),
    "a tensor that repeats one value": lambda path: torch.save({"a": torch.ones(1).expand(10**6, 10**6)}, path),
    "a sparse tensor": lambda path: torch.save({"a": torch.ones(3, 3).to_sparse()}, path),
    "a tensor without values": lambda path: torch.save({"a": torch.ones(10**5, 10**5, device="meta")}, path),
    "a tensor from nothing": lambda path: _in_archive(_call(b"torch\nFloatTensor", BILLION), path),
    "a bytearray of a billion": lambda path: path.write_bytes(_call(b"builtins\nbytearray", BILLION)),
    "a number of 255 bytes": lambda path: path.write_bytes(b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b"."),
    "an endless line": lambda path: path.write_bytes(b"\x80\x02c" + b"a" * 50_000_000),
    "a web page": lambda path: path.write_text("<html>404</html>"),
    "no weights": lambda path: torch.save({"\u001b[31mname": 1}, path),
    "a cut file": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(1000)),
    "random bytes": lambda path: path.write_bytes(bytes(range(256)) * 64),
    "dictionaries in dictionaries": lambda path: torch.save(_shared_dictionaries(), path),
}


def _shared_dictionaries() -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(12):
        value = {f"{key}": value for key in range(60)}
    return value


HEADERS: Final[dict[str, bytes]] = {
    "a length of 2^63": struct.pack("<Q", 2**63) + b"{}",
    "a header of 6 MB": _safetensors(b"{" + b" " * 6_000_000 + b"}"),
    "a header nested deep": _safetensors(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "a tensor outside of the file": _safetensors(b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'),
    "a tensor of 10^18 values": _safetensors(
        b'{"a":{"dtype":"F32","shape":[1000000000,1000000000],"data_offsets":[0,4]}}'
    ),
    "a header that is no object": _safetensors(b"[1, 2]"),
    "100 bytes": bytes(100),
    "30,000 empty weights": _safetensors(
        json.dumps(
            {f"w{one}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for one in range(30_000)}
        ).encode()
    ),
}


def _checkpoint(name: str, folder: Path) -> list[str]:
    CHECKPOINTS[name](folder / "weights.pt")
    return [*EXPLAIN, "--checkpoint", "weights.pt", "--preprocess", "openai"]


def _header(name: str, folder: Path) -> list[str]:
    (folder / "weights.safetensors").write_bytes(HEADERS[name])
    return [*EXPLAIN, "--checkpoint", "weights.safetensors", "--preprocess", "openai"]


def _index(value: Any, folder: Path) -> list[str]:
    model = _small("transformers", folder)
    (model / "model.safetensors").unlink()
    (model / "model.safetensors.index.json").write_text(json.dumps(value))
    return _explain(model)


INDICES: Final[dict[str, Any]] = {
    "that names itself": {"weight_map": {"a": "model.safetensors.index.json"}},
    "that names another folder": {"weight_map": {"a": "../model.safetensors"}},
    "that names numbers": {"weight_map": {"a": 3}},
    "that names nothing": {"weight_map": {}},
    "that is a list": [1],
    "that names a missing file": {"weight_map": {"a": "b.safetensors"}},
}


def _weights() -> Iterator[HostileInput]:
    for name in CHECKPOINTS:
        fast = name in ("pairs of pairs as a key", "a zip bomb")
        yield HostileInput(f"checkpoint with {name}", partial(_checkpoint, name), fast=fast, codes=REFUSED)
    for name in HEADERS:
        yield HostileInput(f"safetensors with {name}", partial(_header, name), codes=REFUSED)
    for name, value in INDICES.items():
        yield HostileInput(f"index {name}", partial(_index, value), codes=REFUSED)


# --- a cache of models, which is listed


def _cached(command: list[str], folder: Path) -> list[str]:
    """Write models into the hub's cache whose configs lead away."""
    hub = folder.parent / "own" / "hf" / "hub"
    for number, (document, keys, new) in enumerate(ENTRIES[:42]):
        if document != "config":
            continue
        snapshot = hub / f"models--evil--{number}" / "snapshots" / ("0" * 40)
        snapshot.mkdir(parents=True)
        config = json.loads(resource_path("models", "demo", CONFIG).read_text("utf-8"))
        (snapshot / CONFIG).write_text(json.dumps(_change(config, keys, new)).replace('"1e400"', "1e400"))
        (snapshot / WEIGHTS).write_bytes(b"never read")
    os.mkfifo(hub / "models--evil--0" / "snapshots" / ("0" * 40) / CARD)
    return command


HUB_ENTRY: Final = "tests.hostile.hub_entry:run_with_own_cache"
LISTINGS: Final = (
    HostileInput(
        "a cache of hostile configs, listed", partial(_cached, ["models", "list"]), True, (0,), entry=HUB_ENTRY
    ),
)

INPUTS: Final = (*_documents(), *_entries(), *_weights(), *LISTINGS)
"""Everything that a model's folder, a checkpoint or a cache may hold in place of a model."""
