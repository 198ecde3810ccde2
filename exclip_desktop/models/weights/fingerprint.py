"""Names weights and models by their content."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal; a file of the same size and time is not read again."""
    known = path.resolve().stat()
    return _read(path.resolve(), known.st_size, known.st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_of(content: str, config: Any) -> str:
    """Return one SHA-256 of weights (their SHA-256) and config (any plain values)."""
    told = json.dumps([content, config], sort_keys=True, default=str)
    return hashlib.sha256(told.encode("utf-8")).hexdigest()
