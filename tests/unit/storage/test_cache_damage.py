"""The cache shrugs at damage, at places that cannot be written, and at others who use its folder."""

import json
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.cache_entries import digest
from tests.unit.storage.test_cache import KEY, KEYS, assert_same, entry_bytes, make_factor, path_of

# Damage


def rewritten(data: bytes, **changes: Any) -> bytes:
    """Return an entry with other metadata or arrays, and no other sign of damage than that."""
    arrays = load(data)
    told = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    for name, value in changes.items():
        target = arrays if name in arrays else told
        target.pop(name) if value is None else target.update({name: value})
    if "sha256" not in changes:
        told["sha256"] = digest(told["report"], arrays)
    return save(arrays, told)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


NAN_ROWS = np.full((5, 24), np.nan, np.float32)
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut in the length": lambda data: data[:5],
    "cut in the header": lambda data: data[:60],
    "cut after the header": lambda data: data[: 8 + int.from_bytes(data[:8], "little")],
    "cut in the arrays": lambda data: data[:-200],
    "one byte short": lambda data: data[:-1],
    "one byte long": lambda data: data + b"\0",
    "all zeros": lambda data: bytes(len(data)),
    "zeros in the arrays": lambda data: data[:-100] + bytes(100),
    "a flipped bit in the header": lambda data: flipped(data, 40),
    "a flipped bit in the arrays": lambda data: flipped(data, len(data) - 9),
    "a picture": lambda data: b"\x89PNG\r\n\x1a\n" + data,
    "text": lambda data: b'{"format": 1}',
    "an endless header": lambda data: b"\xff" * 8 + data[8:],
    "another format": lambda data: rewritten(data, format="0"),
    "another key": lambda data: rewritten(data, key=KEYS[1]),
    "no metadata": lambda data: save(load(data)),
    "no report": lambda data: rewritten(data, sha256="", report=None),
    "a report of something else": lambda data: rewritten(data, report='{"nodes": 1}'),
    "a report that is a list": lambda data: rewritten(data, report="[1]"),
    "a report that is no JSON": lambda data: rewritten(data, report="{"),
    "another digest": lambda data: rewritten(data, sha256="0" * 64),
    "an array missing": lambda data: rewritten(data, told=None),
    "rows of NaN": lambda data: rewritten(data, rows=NAN_ROWS),
    "rows of numbers that are whole": lambda data: rewritten(data, rows=NAN_ROWS.astype(bool)),
    "ends of NaN": lambda data: rewritten(data, reference=np.full(24, np.nan)),
    "ends of another width": lambda data: rewritten(data, reference=np.zeros(23)),
    "ends in single precision": lambda data: rewritten(data, told=np.zeros(24, np.float32)),
    "rows that are flat": lambda data: rewritten(data, rows=np.zeros(24, np.float32)),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_entry_is_a_miss_and_is_removed(tmp_path: Path, name: str) -> None:
    FactorCache(tmp_path).put(KEY, make_factor())
    path = path_of(tmp_path)
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    cache = FactorCache(tmp_path)
    assert cache.get(KEY) is None
    assert not path.exists()
    cache.put(KEY, make_factor())
    assert_same(FactorCache(tmp_path).get(KEY), make_factor())


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    FactorCache(tmp_path).put(KEY, make_factor())
    path = path_of(tmp_path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        assert FactorCache(tmp_path).get(KEY) is None


# Places that cannot be written


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def refuse_access(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so the answer is forced
    return folder


def refuse_room(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    return folder


def stand_in_the_way(_: pytest.MonkeyPatch, folder: Path) -> Path:
    (folder / "file").write_text("here")
    return folder / "file" / "cache"


@pytest.mark.parametrize("refuse", [refuse_access, refuse_room, stand_in_the_way])
def test_an_unwritable_folder_is_logged_once_and_memory_still_works(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    refuse: Callable[[pytest.MonkeyPatch, Path], Path],
) -> None:
    cache = FactorCache(refuse(monkeypatch, tmp_path))
    before = sorted(tmp_path.iterdir())
    for number, key in enumerate(KEYS):
        cache.put(key, make_factor(number))
    for number, key in enumerate(KEYS):
        assert_same(cache.get(key), make_factor(number))
    assert len(warnings_in(caplog)) == 1
    assert "memory only" in warnings_in(caplog)[0]
    assert sorted(tmp_path.iterdir()) == before
    cache.clear()
    assert cache.size() == (0, 0)


def test_a_folder_that_cannot_be_written_can_still_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    FactorCache(tmp_path).put(KEY, make_factor())
    (damaged := path_of(tmp_path, KEYS[1])).write_bytes(b"damaged")

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    cache = FactorCache(tmp_path)
    assert_same(cache.get(KEY), make_factor())
    assert cache.get(KEYS[1]) is None
    assert damaged.exists()
    assert warnings_in(caplog) == []


# Company


def test_a_folder_that_vanishes_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    cache = FactorCache(folder, memory_bytes=0)
    cache.put(KEY, make_factor())
    path_of(folder).unlink()
    folder.rmdir()
    assert cache.get(KEY) is None
    assert cache.size() == (0, 0)
    cache.put(KEY, make_factor())
    assert_same(cache.get(KEY), make_factor())


def hammer(folder: Path, seed: int, rounds: int, memory_bytes: int, disk_bytes: int) -> None:
    """Put and get at random; whatever comes back must be what was put."""
    cache = FactorCache(folder, memory_bytes, disk_bytes)
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        number = int(rng.integers(len(KEYS)))
        found = cache.get(KEYS[number])
        if found is None:
            cache.put(KEYS[number], make_factor(number))
        else:
            assert_same(found, make_factor(number))
        if rng.random() < 0.02:
            cache.clear()
    cache.size()


def test_processes_share_a_folder_without_harm(tmp_path: Path) -> None:
    limit = 5 * entry_bytes(tmp_path)  # fewer than there are keys, so that entries come and go
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=hammer, args=(tmp_path, seed, 150, 0, limit)) for seed in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
    for number, key in enumerate(KEYS):
        if path_of(tmp_path, key).exists():
            assert_same(FactorCache(tmp_path).get(key), make_factor(number))


def test_threads_share_a_cache_without_harm(tmp_path: Path) -> None:
    size, one = entry_bytes(tmp_path), make_factor().nbytes
    cache = FactorCache(tmp_path, memory_bytes=3 * one, disk_bytes=5 * size)
    trouble: list[BaseException] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            for number in rng.integers(len(KEYS), size=60):
                found = cache.get(KEYS[number])
                if found is None:
                    cache.put(KEYS[number], make_factor(int(number)))
                else:
                    assert_same(found, make_factor(int(number)))
                assert cache.size()[0] <= 3 * one
        except BaseException as error:  # a thread's failure must reach the test
            trouble.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert trouble == []
    assert cache.size()[0] == len(cache._memory) * one
