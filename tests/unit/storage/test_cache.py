"""The cache gives back exactly what it was given, and stays within its bounds."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from exclip_desktop.core import cache_keys
from exclip_desktop.core.cache_keys import cache_key
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.values.explanation import Factor, SideReport
from exclip_desktop.storage import lru
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.cache_folder import ENDING
from exclip_desktop.storage.lru import choose_evicted

KEYS = [cache_key(number=number) for number in range(8)]
KEY = KEYS[0]
REPORT = SideReport(17, 1.25e-4, None, True, "closed form")


def make_factor(seed: int = 0, rows: int = 5, width: int = 24, dtype: Any = np.float32) -> Factor:
    rng = np.random.default_rng(seed)
    ends = Ends(*(rng.normal(size=width) for _ in range(3)))
    return Factor(rng.normal(size=(rows, width)).astype(dtype), ends, REPORT)


def arrays_of(factor: Factor) -> list[np.ndarray[Any, Any]]:
    return [factor.rows, factor.ends.embedding, factor.ends.reference, factor.ends.ledger_reference]


def assert_same(found: Factor | None, expected: Factor) -> None:
    assert found is not None
    assert found.report == expected.report
    for one, other in zip(arrays_of(found), arrays_of(expected), strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tobytes() == other.tobytes()


def path_of(folder: Path, key: str = KEY) -> Path:
    return folder / f"{key}{ENDING}"


def set_ages(folder: Path, **ages_s: float) -> None:
    """Make the entries' last use so many seconds ago; keys by their number, as ``k3=…``."""
    for name, age in ages_s.items():
        when = time.time() - age
        os.utime(path_of(folder, KEYS[int(name[1:])]), (when, when))


# Keys


def test_a_key_is_decided_by_its_parts_whatever_their_order() -> None:
    key = cache_key(weights="ab", layer=-1, grid=(2, 3), tolerance=1e-3, steps=None)
    assert key == cache_key(steps=None, tolerance=0.001, grid=[2, 3], layer=-1, weights="ab")
    assert len(key) == 64
    others = [
        cache_key(weights="ab", layer=0, grid=(2, 3), tolerance=1e-3, steps=None),
        cache_key(weights="ab", layer=-1, grid=(3, 2), tolerance=1e-3, steps=None),
        cache_key(weights="ab", layer="-1", grid=(2, 3), tolerance=1e-3, steps=None),
        cache_key(weights="ab", layer=-1, grid=(2, 3), tolerance=1e-3),
        cache_key(weights="äb", layer=-1, grid=(2, 3), tolerance=1e-3, steps=None),
    ]
    assert len({key, *others}) == 6


def test_a_new_format_makes_new_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache_key(layer=1)
    monkeypatch.setattr(cache_keys, "FORMAT", cache_keys.FORMAT + 1)
    assert cache_key(layer=1) != before


@pytest.mark.parametrize("part", [np.float32(1), float("nan"), Path("a"), {1, 2}])
def test_parts_that_have_no_one_form_are_refused(part: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        cache_key(part=part)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", KEY.upper(), KEY + "0", KEY + "\n"])
def test_what_is_no_key_names_no_file(tmp_path: Path, key: str) -> None:
    cache = FactorCache(tmp_path)
    for act in (lambda: cache.get(key), lambda: cache.put(key, make_factor())):
        with pytest.raises(ValueError, match="not a key"):
            act()
    assert list(tmp_path.iterdir()) == []


# What goes in comes out


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_factor_survives_bit_by_bit(tmp_path: Path, dtype: Any) -> None:
    factor = make_factor(dtype=dtype)
    FactorCache(tmp_path).put(KEY, factor)
    assert_same(FactorCache(tmp_path).get(KEY), factor)


@pytest.mark.parametrize(
    "factor",
    [
        replace(make_factor(), rows=make_factor(rows=24).rows.T),
        replace(make_factor(), rows=make_factor(rows=10).rows[::2]),
        replace(make_factor(), rows=make_factor().rows * np.float32(1e-42)),
        replace(make_factor(), report=SideReport(129, float("inf"), 0.5, False, "größer")),
        make_factor(rows=0),
    ],
    ids=["transposed", "strided", "subnormal", "endless residual", "no rows"],
)
def test_odd_factors_survive_too(tmp_path: Path, factor: Factor) -> None:
    FactorCache(tmp_path).put(KEY, factor)
    assert_same(FactorCache(tmp_path).get(KEY), factor)


def test_what_is_read_can_be_written_into_like_any_array(tmp_path: Path) -> None:
    FactorCache(tmp_path).put(KEY, make_factor())  # torch warns of arrays that cannot be
    found = FactorCache(tmp_path).get(KEY)
    assert found is not None
    assert all(array.flags.writeable for array in arrays_of(found))


def test_an_unknown_key_is_none_and_makes_no_folder(tmp_path: Path) -> None:
    cache = FactorCache(tmp_path / "none" / "yet")
    assert cache.get(KEY) is None
    assert cache.size() == (0, 0)
    assert not (tmp_path / "none").exists()
    cache.put(KEY, make_factor())
    assert_same(FactorCache(tmp_path / "none" / "yet").get(KEY), make_factor())


def test_memory_serves_without_the_disk(tmp_path: Path) -> None:
    factor = make_factor()
    for cache in (FactorCache(None), FactorCache(tmp_path)):
        cache.put(KEY, factor)
        for path in tmp_path.iterdir():
            path.unlink()
        assert cache.get(KEY) is factor
        assert cache.size() == (factor.nbytes, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", range(4))
def test_what_is_not_a_number_is_not_stored(tmp_path: Path, bad: float, place: int) -> None:
    factor = make_factor()
    arrays_of(factor)[place].reshape(-1)[3] = bad
    cache = FactorCache(tmp_path)
    cache.put(KEY, factor)
    assert cache.get(KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_a_second_put_takes_the_place_of_the_first(tmp_path: Path) -> None:
    cache = FactorCache(tmp_path)
    cache.put(KEY, make_factor(1, rows=7))
    cache.put(KEY, make_factor(2, rows=3))
    assert_same(cache.get(KEY), make_factor(2, rows=3))
    assert_same(FactorCache(tmp_path).get(KEY), make_factor(2, rows=3))
    assert cache.size() == (make_factor(2, rows=3).nbytes, path_of(tmp_path).stat().st_size)


# Bounds


def test_memory_lets_go_of_what_was_not_used_for_longest() -> None:
    one = make_factor().nbytes
    cache = FactorCache(None, memory_bytes=3 * one)
    for key in KEYS[:3]:
        cache.put(key, make_factor())
    assert cache.get(KEYS[0]) is not None
    cache.put(KEYS[3], make_factor())
    assert [cache.get(key) is not None for key in KEYS[:4]] == [True, False, True, True]
    assert cache.size() == (3 * one, 0)


def test_a_value_just_put_stays_whatever_the_order_of_eviction(monkeypatch: pytest.MonkeyPatch) -> None:
    def choose_largest(sizes: Iterable[tuple[str, int]], used: int, limit: int) -> list[str]:
        return choose_evicted(sorted(sizes, key=lambda entry: -entry[1]), used, limit)

    monkeypatch.setattr(lru, "choose_evicted", choose_largest)
    values: lru.LruCache[str, bytes] = lru.LruCache(10, len)
    for key, size in (("small", 1), ("middle", 4), ("large", 9)):
        values.put(key, bytes(size))
        assert values.get(key) == bytes(size)
        assert values.size() <= 10
    assert values.get("small") is not None
    assert values.get("middle") is None


def test_what_is_too_large_for_memory_drives_nothing_out(tmp_path: Path) -> None:
    one, large = make_factor(), make_factor(rows=500)
    cache = FactorCache(tmp_path, memory_bytes=2 * one.nbytes)
    cache.put(KEYS[0], one)
    cache.put(KEYS[1], large)
    assert cache.size()[0] == one.nbytes
    assert cache.get(KEYS[0]) is one
    assert_same(cache.get(KEYS[1]), large)


def entry_bytes(folder: Path) -> int:
    FactorCache(folder).put(KEY, make_factor())
    size = path_of(folder).stat().st_size
    path_of(folder).unlink()
    return size


def test_the_disk_lets_go_of_what_was_not_used_for_longest(tmp_path: Path) -> None:
    limit = 4 * entry_bytes(tmp_path)
    cache = FactorCache(tmp_path, memory_bytes=0, disk_bytes=limit)
    for key in KEYS[:4]:
        cache.put(key, make_factor())
    set_ages(tmp_path, k0=400, k1=300, k2=200, k3=100)
    assert cache.get(KEYS[0]) is not None  # used just now
    cache.put(KEYS[4], make_factor())
    assert [path_of(tmp_path, key).exists() for key in KEYS[:5]] == [True, False, False, True, True]
    assert cache.size()[1] <= limit


def test_the_disk_stays_within_its_bound_at_all_times(tmp_path: Path) -> None:
    limit = 5 * entry_bytes(tmp_path) // 2
    for number in range(40):
        if number % 5 == 0:
            cache = FactorCache(tmp_path, memory_bytes=0, disk_bytes=limit)
        cache.put(cache_key(number=number), make_factor(number))
        assert 0 < cache.size()[1] <= limit
        assert cache.get(cache_key(number=number)) is not None


def test_an_entry_larger_than_the_bound_is_not_written(tmp_path: Path) -> None:
    cache = FactorCache(tmp_path, disk_bytes=entry_bytes(tmp_path))
    cache.put(KEYS[0], make_factor())
    cache.put(KEYS[1], make_factor(rows=50))
    assert list(tmp_path.iterdir()) == [path_of(tmp_path, KEYS[0])]


def test_what_others_wrote_is_counted_in_time(tmp_path: Path) -> None:
    limit = 20 * entry_bytes(tmp_path)
    ours, theirs = (FactorCache(tmp_path, 0, limit) for _ in range(2))
    for number in range(60):
        (ours if number % 2 else theirs).put(cache_key(number=number), make_factor())
        assert ours.size()[1] <= limit * 1.15


def test_leftovers_of_killed_writers_are_removed_and_files_of_living_ones_stay(tmp_path: Path) -> None:
    cache = FactorCache(tmp_path)
    for name in (".exclip-abc.part", ".notes.part", "notes.txt", f"model{ENDING}"):
        (tmp_path / name).write_bytes(b"x")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        file.flush()
        cache.remove_leftovers()
        file.write(b"whole")

    write_atomically(tmp_path / "other", write)
    assert {path.name for path in tmp_path.iterdir()} == {".notes.part", "notes.txt", f"model{ENDING}", "other"}
    assert (tmp_path / "other").read_bytes() == b"halfwhole"


KILLED = """
import os, signal, sys
from pathlib import Path
from exclip_desktop.storage.atomic import write_atomically
def write(file):
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
write_atomically(Path(sys.argv[1]), write)
"""


def test_what_a_writer_leaves_when_it_is_killed_is_gone_at_the_next_start(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / f"{KEY}{ENDING}")], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    FactorCache(tmp_path).remove_leftovers()
    assert list(tmp_path.iterdir()) == []


def test_clear_forgets_everything_of_ours(tmp_path: Path) -> None:
    cache = FactorCache(tmp_path)
    for key in KEYS:
        cache.put(key, make_factor())
    (tmp_path / "notes.txt").write_text("mine")
    cache.clear()
    assert cache.size() == (0, 0)
    assert [cache.get(key) for key in KEYS] == [None] * 8
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    cache.put(KEY, make_factor())
    assert cache.size() == (make_factor().nbytes, path_of(tmp_path).stat().st_size)
