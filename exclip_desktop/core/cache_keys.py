"""Keys of computed results: one key for what decides a result, whoever computes it."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FORMAT: Final = 1
"""Raise it when the meaning of a key or the format of an entry changes: old entries are then never read."""

_KEY: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PairKeys:
    """The keys of a caption's factor and a picture's factor."""

    text: str
    image: str

    @property
    def pair(self) -> str:
        """The key of their explanation."""
        return cache_key(pair=[self.image, self.text])


def cache_key(**parts: Any) -> str:
    """Return the cache key of ``parts``: SHA-256 of their canonical JSON and ``FORMAT``, 64 hex digits.

    ``parts`` are plain JSON values, in any order; tuples count as lists.

    Raises:
        TypeError, ValueError: a part is no JSON value, or not a finite number.

    """
    text = json.dumps({"format": FORMAT, "parts": parts}, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def values_sha256(values: object) -> str:
    """Return the SHA-256 of plain JSON values, in whatever order their keys are: the checksum of a stored document."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def check_key(key: str) -> None:
    """Raise ``ValueError`` unless ``key`` is one that ``cache_key`` returns."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key made by cache_key: {key!r}")


def pixels_sha256(pixels: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of an upright picture (H, W, 3), whatever file it came from."""
    whole = np.ascontiguousarray(pixels)
    digest = hashlib.sha256(repr(whole.shape).encode())
    digest.update(whole.reshape(-1).data)  # without a copy, and without holding Python's lock
    return digest.hexdigest()
