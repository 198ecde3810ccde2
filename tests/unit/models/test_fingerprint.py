"""Weights are named by their content, which is read once."""

import hashlib
import os
from pathlib import Path

from exclip_desktop.models.weights.fingerprints import fingerprint_of, sha256_of


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"one")
    assert sha256_of(path) == hashlib.sha256(b"one").hexdigest()
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert sha256_of(path) == hashlib.sha256(b"one").hexdigest()  # same size, same time: taken as known
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))
    assert sha256_of(path) == hashlib.sha256(b"two").hexdigest()
    path.write_bytes(b"three")
    assert sha256_of(path) == hashlib.sha256(b"three").hexdigest()


def test_the_config_counts() -> None:
    assert fingerprint_of("a", {"x": 1, "y": 2}) == fingerprint_of("a", {"y": 2, "x": 1})
    assert len({fingerprint_of("a", {"x": 1}), fingerprint_of("a", {"x": 2}), fingerprint_of("b", {"x": 1})}) == 3
