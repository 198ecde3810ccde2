"""The command ``search`` on batches that are half explained, damaged or another model's: each is reported."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.cli.main import main
from exclip_desktop.storage.batches.batch_index import Batch
from exclip_desktop.storage.batches.shard_files import SHARD_OF
from exclip_desktop.storage.factor_index.index_builder import NOT_EXPLAINED
from tests.conftest import save_random_model, tiny_config
from tests.stored_batches import shard_file

TEXT = "a red balloon"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of a tiny model."""
    return str(save_random_model(tmp_path_factory.mktemp("model"), tiny_config()))


@pytest.fixture
def folder(tmp_path: Path, picture: NDArray[np.uint8], model: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a batch's folder with three pictures, one a shard."""
    monkeypatch.setitem(SHARD_OF, "pictures", 1)
    (tmp_path / "pictures").mkdir()
    for name in "012":
        Image.fromarray(np.roll(picture, 8 * int(name), axis=1)).save(tmp_path / "pictures" / f"{name}.png")
        (tmp_path / "pictures" / f"{name}.txt").write_text("a cat", "utf-8")
    command = ["batch", str(tmp_path / "pictures"), "--out", str(tmp_path / "batch")]
    assert main([*command, "--model", model, "--device", "cpu"]) == 0
    return tmp_path / "batch"


def run_search(folder: Path, model: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    """Return the exit code, the printed values and the notes."""
    capsys.readouterr()
    code = main(["search", str(folder), TEXT, "--json", "--model", model, "--device", "cpu"])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return code, json.loads(printed.out or "{}"), printed.err


def test_the_same_query_prints_the_same_twice(folder: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (run_search(folder, model, capsys) for _ in range(2))
    assert first == second
    assert len(first[1]["hits"]) == 3


def test_a_missing_and_a_damaged_shard_are_reported(
    folder: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, whole, _ = run_search(folder, model, capsys)
    batch = Batch(folder)
    shard_file(batch, 0).unlink()
    shard_file(batch, 2).write_bytes(shard_file(batch, 2).read_bytes()[:-40])
    code, values, notes = run_search(folder, model, capsys)
    assert code == 0
    assert [hit["picture"] for hit in values["hits"]] == ["1.png"]
    assert values["failed"] == {"0.png": NOT_EXPLAINED, "2.png": NOT_EXPLAINED}
    assert f"0.png: {NOT_EXPLAINED}" in notes
    before = next(hit for hit in whole["hits"] if hit["picture"] == "1.png")
    assert values["hits"][0]["score"] == before["score"]
    shard_file(batch, 1).unlink()
    code, values, notes = run_search(folder, model, capsys)
    assert (code, values) == (2, {})
    assert "None of the pictures could be searched" in notes


def test_a_batch_of_another_model_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = save_random_model(tmp_path / "other", tiny_config(), seed=1)
    code, values, notes = run_search(folder, str(other), capsys)
    assert (code, values) == (2, {})
    assert "other weights, or by another model" in notes
