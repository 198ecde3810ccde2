"""Identifies weights and models by SHA-256, and recognises the weights that open_clip lists."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import open_clip
from open_clip import pretrained as tags

OPENAI = "openaipublic"
_SHORT = re.compile(r"-([0-9a-f]{8})\.[a-z]+$")  # the first digits of the SHA-256, at the end of a file's name


def compute_sha256(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal; a file of the same size and time is not read again."""
    known = path.resolve().stat()
    return _read_sha256(path.resolve(), known.st_size, known.st_mtime_ns)


@lru_cache(maxsize=64)
def _read_sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def compute_fingerprint(content: str, config: Any) -> str:
    """Return one SHA-256 of weights (``content``, their SHA-256) and config (plain values)."""
    values = json.dumps([content, config], sort_keys=True, default=str)
    return hashlib.sha256(values.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Published:
    """One of open_clip's tags, and open_clip's entry for it: preprocessing, QuickGELU, addresses."""

    name: str
    tag: str
    config: dict[str, Any]


def sha256_in_url(url: str) -> str:
    """Return the SHA-256 in an address, or its first digits; empty where there is none."""
    if OPENAI in url:
        return url.split("/")[-2]
    short = _SHORT.search(url)
    return short.group(1) if short else ""


def find_published(sha256: str) -> list[Published]:
    """Return the tags whose published weights have this SHA-256."""
    return [
        entry
        for entry in list_published()
        if (digits := sha256_in_url(entry.config["url"])) and sha256.startswith(digits)
    ]


def list_published() -> Iterator[Published]:
    """Yield every tag of open_clip's list."""
    for name, tag in open_clip.list_pretrained():
        yield Published(name, tag, {"url": "", **tags.get_pretrained_cfg(name, tag)})


OPENAI_SHA256 = frozenset(
    sha256_in_url(entry.config["url"]) for entry in list_published() if OPENAI in entry.config["url"]
)
