"""Checkpoints that torch's restricted reader would not survive are refused, and honest ones pass."""

import pickle
import random
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.weights.pickle_check import check_checkpoint
from exclip_desktop.models.weights.read import read_weights

HONEST: dict[str, Any] = {
    "state_dict": OrderedDict((f"visual.{name}.weight", torch.ones(2, 3)) for name in "abc"),
    "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"betas": (0.9, 0.99), "params": [0]}]},
    "random": random.getstate(),
    "numpy": np.float64(0.5),
    "bytes": b"\x00\xff",
}


def nested_pairs(levels: int) -> bytes:
    """Return a pickle whose only key is a pair of pairs of pairs…, each twice the same."""
    pairs = b"".join(b"h%ch%c\x86q%c" % (level, level, level + 1) for level in range(1, levels))
    return b"\x80\x02}q\x00)q\x01" + pairs + b"K\x01s."


def check(path: Path) -> None:
    with path.open("rb") as file:
        check_checkpoint(path, file)


@pytest.mark.parametrize("zipped", [True, False])
def test_an_honest_training_checkpoint_passes(tmp_path: Path, zipped: bool) -> None:
    torch.save(HONEST, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    check(tmp_path / "a.pt")
    assert len(read_weights(tmp_path / "a.pt").state) == 3


def test_tuples_that_double_at_every_level_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(nested_pairs(40))
    with pytest.raises(ModelError, match="hold one another so often"):
        read_weights(tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "b.pt", "w") as archive:
        archive.writestr("b/data.pkl", nested_pairs(40))
        archive.writestr("b/version", b"3\n")
    with pytest.raises(ModelError, match="hold one another so often"):
        read_weights(tmp_path / "b.pt")


def test_deep_tuples_and_many_instructions_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(b"\x80\x02)" + b"\x85" * 100_000 + b".")
    with pytest.raises(ModelError, match="deeper than 64"):
        read_weights(tmp_path / "a.pt")
    (tmp_path / "a.pt").write_bytes(b"\x80\x02" + b"]" * 2_100_000 + b".")
    with pytest.raises(ModelError, match="more than 2,000,000 instructions"):
        read_weights(tmp_path / "a.pt")


def test_a_pickle_above_the_limit_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCLIP_MAX_PICKLE_IN_A_CHECKPOINT_MB", "0.0001")
    for zipped in (True, False):
        torch.save(HONEST, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
        with pytest.raises(ModelError, match=r"larger than 100 (B|bytes)") as caught:
            read_weights(tmp_path / "a.pt")
        assert "EXCLIP_MAX_PICKLE_IN_A_CHECKPOINT_MB" in str(caught.value)


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", pickle.dumps({}, 2))
        archive.writestr("a/data/0", bytes(10_000_000))
    with pytest.raises(ModelError, match="are compressed"):
        read_weights(tmp_path / "a.pt")


def test_texts_are_encoded_as_bytes_are_written_only(tmp_path: Path) -> None:
    """Punycode takes the square of a text's length."""
    data = b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x08\x00\x00\x00punycode\x86R."
    (tmp_path / "a.pt").write_bytes(data)
    with pytest.raises(ModelError, match="encodes texts"):
        check(tmp_path / "a.pt")


def test_tensors_that_repeat_one_value_are_refused(tmp_path: Path) -> None:
    """A file of a kilobyte would otherwise claim weights of any size."""
    torch.save({"visual.a": torch.ones(1).expand(10**9, 10**3)}, tmp_path / "a.pt")
    with pytest.raises(ModelError, match="names more values than it holds"):
        read_weights(tmp_path / "a.pt")
    data = (
        b"\x80\x02}X\x01\x00\x00\x00actorch\nFloatTensor\n\x8a\x04\x00\xca\x9a\x3b\x85Rs."  # torch.FloatTensor(10**9)
    )
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("a/data.pkl", data)
        archive.writestr("a/version", b"3\n")
    with pytest.raises(ModelError, match=r"(names more values than it holds|cannot be read as weights)"):
        read_weights(tmp_path / "a.pt")


def test_a_large_header_of_safetensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes((6_000_000).to_bytes(8, "little") + b"{" + b" " * 6_000_000)
    with pytest.raises(ModelError, match="header of a.safetensors is larger"):
        read_weights(tmp_path / "a.safetensors")
