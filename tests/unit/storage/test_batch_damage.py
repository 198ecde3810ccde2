"""Damaged files of a batch are never used: reading refuses them, and the next run makes them again and says so."""

import json
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load, save

from exclip_desktop.api import batch as api_batch
from exclip_desktop.api.batch import BatchDone, batch, open_batch
from exclip_desktop.cli.main import main
from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.models.model import Model
from exclip_desktop.storage.batches import shard_files
from exclip_desktop.storage.batches.batch_folder import HEADER, INDEX, SCORES, SUMS
from exclip_desktop.storage.batches.batch_index import BatchFactors
from exclip_desktop.storage.pair_lists.list_files import read_pairs

HOW: dict[str, Any] = {"image_layer": -1, "text_layer": -1, "quadrature": "gauss-legendre", "steps": 1}
CAPTIONS = ("a red balloon", "two dogs, 犬", "a “dog”")
PICTURES, TEXTS = "pictures/00000.safetensors", "captions/00000.safetensors"


class Folder:
    """A finished batch of three pictures and three captions."""

    def __init__(self, model: Model, folder: Path, pairs: PairList) -> None:
        self.model, self.folder, self.pairs = model, folder, pairs
        self.run()
        self.whole = self.files()

    def run(self, **more: Any) -> BatchDone:
        return batch(self.model, self.pairs, self.folder, all_pairs=True, **HOW, **more)

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }

    def restore(self) -> None:
        for name, data in self.whole.items():
            (self.folder / name).write_bytes(data)

    def make_older(self) -> None:
        """Turn it into a folder as version 0.3.0 wrote it."""
        header = json.loads((self.folder / HEADER).read_text("utf-8"))
        del header["sha256"]
        (self.folder / HEADER).write_text(json.dumps(header, ensure_ascii=False, indent=1), "utf-8")
        (self.folder / SUMS).unlink()
        for name in (PICTURES, TEXTS):
            data = (self.folder / name).read_bytes()
            tensors = {key: one for key, one in load(data).items() if "." in key}
            (self.folder / name).write_bytes(save(tensors, {"entries": shard_files._read_entries(data)}))


@pytest.fixture(scope="module")
def made(tiny: Model, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The batch, made once; its files are restored by ``finished``."""
    folder = tmp_path_factory.mktemp("batch")
    pixels = np.random.default_rng(3).integers(0, 255, (40, 48, 3), dtype=np.uint8)
    for at in range(3):
        Image.fromarray(np.roll(pixels, 5 * at, axis=1)).save(folder / f"{at}.png")
    pairs = tuple(ListedPair(f"{at}{text}", f"{at}.png", text) for at in range(3) for text in CAPTIONS)
    return Folder(tiny, folder / "out", PairList(folder / "x.csv", folder, pairs))


@pytest.fixture
def finished(made: Folder) -> Folder:
    made.restore()
    return made


def mutated(data: bytes, seed: int) -> bytes:
    """Return other bytes: flipped bits, a cut, zeros, or foreign bytes in a place that ``seed`` decides."""
    rng = random.Random(seed)
    changed, place = bytearray(data), rng.randrange(len(data))
    kind = rng.randrange(5)
    if kind == 0:
        changed[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del changed[place:]
    elif kind == 2:
        changed[place : place + rng.randrange(1, 64)] = bytes(rng.randrange(1, 64))
    elif kind == 3:
        changed[place : place + 4] = rng.randbytes(rng.randrange(1, 40))
    else:
        for _ in range(rng.randrange(2, 20)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def seeds(fast: int, slow: int) -> list[Any]:
    return [*range(fast), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(fast, slow))]


def check_refusal(error: OutputError, part: str) -> None:
    assert part in error.message
    assert error.hint


def check_reading(finished: Folder, matrices: dict[tuple[int, int], NDArray[np.float32]]) -> None:
    """Check that what is read is what was written, or refused by one sentence that names the file."""
    try:
        there = open_batch(finished.folder)
        lines = list(there.pairs())
        assert np.array_equal(there.scores(), np.frombuffer(finished.whole[SCORES][-36:], "<f4").reshape(3, 3))
    except OutputError as error:
        check_refusal(error, str(finished.folder))
        return
    assert [json.dumps(line) for line in lines] == [
        json.dumps(json.loads(line)) for line in finished.whole[INDEX].splitlines()
    ]
    for (picture, caption), matrix in matrices.items():
        try:
            found = there.explanation(picture, caption)
        except OutputError as error:
            check_refusal(error, "is damaged")
            continue
        np.testing.assert_array_equal(found.matrix, matrix)
        assert found.caption.text == CAPTIONS[caption]


@pytest.fixture(scope="module")
def matrices(made: Folder) -> dict[tuple[int, int], NDArray[np.float32]]:
    """The matrices of an undamaged batch."""
    there = open_batch(made.folder)
    return {(at, text): there.explanation(at, text).matrix for at in range(3) for text in range(3)}


@pytest.mark.parametrize("name", [PICTURES, TEXTS, INDEX, SCORES, HEADER, SUMS])
@pytest.mark.parametrize("seed", seeds(3, 75))
def test_a_mutated_file_is_refused_and_made_again(
    finished: Folder, matrices: dict[tuple[int, int], NDArray[np.float32]], name: str, seed: int
) -> None:
    data = mutated(finished.whole[name], seed)
    (finished.folder / name).write_bytes(data)
    check_reading(finished, matrices)
    done = finished.run()
    assert finished.files() == finished.whole
    harmless = data == finished.whole[name] or name in (HEADER, SUMS)  # white space, or a sum that nobody reads
    assert done.notes or harmless or (name in (PICTURES, TEXTS) and is_same(data, finished.whole[name]))


def is_same(data: bytes, whole: bytes) -> bool:
    """Return whether two shards have the same content in other bytes, such as other white space."""
    try:
        first, other = load(data), load(whole)
    except Exception:
        return False
    return first.keys() == other.keys() and all(np.array_equal(first[name], other[name]) for name in first)


def test_two_shards_of_one_kind_are_not_exchanged(
    tiny: Model, finished: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Folder(tiny, tmp_path / "out", PairList(Path("y.csv"), finished.pairs.folder, finished.pairs.pairs[::-1]))
    shutil.copy(other.folder / PICTURES, finished.folder / PICTURES)
    with pytest.raises(OutputError, match=r"pictures/00000.safetensors is damaged"):
        open_batch(finished.folder).explanation(0, 0)
    assert finished.run().notes == (f"Damaged shards were computed again: {PICTURES}.",)
    assert finished.files() == finished.whole


def test_factors_of_a_damaged_shard_are_missing(finished: Folder) -> None:
    entry = open_batch(finished.folder).entry("pictures", 1)
    assert entry is not None
    key = entry.values["key"]
    assert BatchFactors(finished.folder).get(key) is not None
    data = bytearray(finished.whole[PICTURES])
    data[-5] ^= 1
    (finished.folder / PICTURES).write_bytes(data)
    assert BatchFactors(finished.folder).get(key) is None


# Folders of version 0.3.0


def test_an_older_folder_is_read_and_gets_its_checksums(
    finished: Folder, matrices: dict[tuple[int, int], NDArray[np.float32]], monkeypatch: pytest.MonkeyPatch
) -> None:
    finished.make_older()
    check_reading(finished, matrices)
    np.testing.assert_array_equal(open_batch(finished.folder).explanation(1, 2).matrix, matrices[1, 2])
    assert len(read_pairs(finished.folder).pairs) == 9
    with monkeypatch.context() as patched:
        patched.setattr(api_batch, "picture_factor", None)  # nothing is computed
        patched.setattr(api_batch, "caption_factor", None)
        notes = finished.run().notes
    assert notes == (
        f"Shards of version 0.3.0 have checksums now; their rows add up: {TEXTS}, {PICTURES}.",
        f"{finished.folder / INDEX} has no checksum, and is written again.",
        f"{finished.folder / SCORES} has no checksum, and is written again.",
    )
    assert finished.files() == finished.whole
    assert finished.run().notes == ()


def test_an_older_shard_whose_rows_do_not_add_up_is_computed_again(finished: Folder) -> None:
    finished.make_older()
    data = bytearray((finished.folder / PICTURES).read_bytes())
    data[-1] ^= 0x40
    (finished.folder / PICTURES).write_bytes(data)
    assert f"Damaged shards were computed again: {PICTURES}." in finished.run().notes
    assert finished.files() == finished.whole


# Signals and kills


@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_a_signal_ends_after_the_current_picture(
    finished: Folder, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    real, calls = api_batch.picture_factor, []

    def make(*arguments: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            signal.raise_signal(number)
        return real(*arguments, **more)

    rows = [f"{at}.png,{caption}" for at, caption in enumerate(("a dog", "a cat", "a red balloon"))]
    (finished.pairs.folder / "y.csv").write_text("\n".join(["path,caption", *rows, ""]), "utf-8")
    monkeypatch.setattr("exclip_desktop.load_model", lambda *_, **__: finished.model, raising=False)
    monkeypatch.setattr(api_batch, "picture_factor", make)
    how = ["--image-layer=-1", "--text-layer=-1", "--quadrature", "gauss-legendre", "--steps", "1", "--no-cache"]
    command = ["batch", str(finished.pairs.folder / "y.csv"), "--out", str(tmp_path / "out"), *how]
    assert main(command) == 128 + number
    assert capsys.readouterr().err.endswith(
        f"The finished part is in {tmp_path / 'out'}; the same command resumes the work.\nexclip-desktop: stopped.\n"
    )
    there = open_batch(tmp_path / "out")
    assert [there.entry("pictures", at) is not None for at in range(3)] == [True, True, False]
    assert signal.getsignal(number) is signal.SIG_DFL
    assert main(command) == 0
    assert len(calls) == 3


@pytest.mark.parametrize("slow", [True, False])
def test_a_shard_is_written_while_it_is_filled(
    finished: Folder, slow: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A killed run loses one picture, or a second of work: a clock that tests advance."""
    now = [0.0]
    monkeypatch.setattr(api_batch, "monotonic", lambda: now[0])
    written: list[int] = []
    real: Callable[..., None] = api_batch.write_shard

    def write(folder: Path, kind: Any, number: int, entries: Any, decided: str) -> None:
        if kind == "pictures":
            written.append(sum(entry is not None for entry in entries))
        now[0] += 0.001
        real(folder, kind, number, entries, decided)

    real_factor = api_batch.picture_factor

    def make(*arguments: Any, **more: Any) -> Any:
        now[0] += 2.0 if slow else 0.6
        return real_factor(*arguments, **more)

    monkeypatch.setattr(api_batch, "write_shard", write)
    monkeypatch.setattr(api_batch, "picture_factor", make)
    batch(finished.model, finished.pairs, tmp_path / "out", **HOW)
    assert written == ([1, 2, 3, 3] if slow else [2, 3])
