"""Weights are identified by their content, which is read once."""

import hashlib
import os
from pathlib import Path

from exclip_desktop.models.weights.fingerprints import compute_fingerprint, compute_sha256


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"one")
    assert compute_sha256(path) == hashlib.sha256(b"one").hexdigest()
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert compute_sha256(path) == hashlib.sha256(b"one").hexdigest()  # same size, same time: not read again
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))
    assert compute_sha256(path) == hashlib.sha256(b"two").hexdigest()
    path.write_bytes(b"three")
    assert compute_sha256(path) == hashlib.sha256(b"three").hexdigest()


def test_the_config_counts() -> None:
    assert compute_fingerprint("a", {"x": 1, "y": 2}) == compute_fingerprint("a", {"y": 2, "x": 1})
    assert (
        len(
            {compute_fingerprint("a", {"x": 1}), compute_fingerprint("a", {"x": 2}), compute_fingerprint("b", {"x": 1})}
        )
        == 3
    )
