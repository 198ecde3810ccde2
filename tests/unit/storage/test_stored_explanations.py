"""Explanations on disk: bit for bit, beside a project as well, bounded by the folder's limit, and damage is a miss."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from exclip_desktop.core.maths.interactions import InteractionMatrix, Ledger
from exclip_desktop.core.values.caption import Caption, Token, Word
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.cache_folder import DISK_BYTES, LEAST_DISK_BYTES, LIMIT_FILE, CacheFolder
from tests.unit.storage.test_cache import KEY, KEYS, make_factor, path_of

CAPTION = Caption(
    "a dog",
    (Token(1, "[SOT]", "start", 0, 0), Token(5, "dog", "content", 2, 5), Token(2, "[EOT]", "end", 5, 5)),
    (Word("dog", 2, 5, (1,)),),
    None,
    77,
)


def make_small_explanation(seed: int = 0, grid: tuple[int, int] = (2, 3), bad: float = 0.0) -> Explanation:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(3, 1 + grid[0] * grid[1])).astype(np.float32)
    values[0, 0] += np.float32(bad)
    content = np.array([False, True, False])
    return Explanation(
        interactions=InteractionMatrix(values, content, 1, grid),
        caption=CAPTION,
        geometry=Geometry((640, 481), (0.1, -3.3, 640.0, 481.0), grid),
        score=float(rng.normal()),
        ledger=Ledger(*rng.normal(size=7)),
        image_side=SideReport(129, float("inf"), None, False, "pair"),
        text_side=SideReport(17, 1e-4, 1e-5, True, "closed form"),
        settings=ResolvedSettings(
            "demo", "größe.safetensors", "0" * 64, "pool", 2, "adaptive", 129, "matched", "cpu", {"torch": "2"}
        ),
        float32_score=float(rng.normal()),
    )


def assert_same_explanation(found: Explanation | None, expected: Explanation) -> None:
    assert found is not None
    assert found.matrix.tobytes() == expected.matrix.tobytes()
    assert found.interactions.content.tolist() == expected.interactions.content.tolist()
    for name in ("caption", "geometry", "score", "ledger", "image_side", "text_side", "settings", "float32_score"):
        assert getattr(found, name) == getattr(expected, name), name


def test_an_explanation_survives_bit_by_bit(tmp_path: Path) -> None:
    FactorCache(tmp_path).put_explanation(KEY, make_small_explanation())
    cache = FactorCache(tmp_path)
    assert cache.has_explanation(KEY)
    assert_same_explanation(cache.get_explanation(KEY, CAPTION), make_small_explanation())
    assert cache.get_explanation(KEYS[1], CAPTION) is None


def test_without_a_folder_nothing_is_stored() -> None:
    cache = FactorCache(None)
    cache.put_explanation(KEY, make_small_explanation())
    assert (cache.has_explanation(KEY), cache.get_explanation(KEY, CAPTION), cache.limit) == (False, None, 0)


def test_a_matrix_that_is_no_number_is_not_stored(tmp_path: Path) -> None:
    FactorCache(tmp_path).put_explanation(KEY, make_small_explanation(bad=float("nan")))
    assert list(tmp_path.iterdir()) == []


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[:-3],
    "a flipped bit in the matrix": lambda data: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:],
    "a flipped bit in the report": lambda data: data.replace(b"adaptive", b"adaptivf"),
    "zeros": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_a_miss_and_is_removed(tmp_path: Path, name: str) -> None:
    FactorCache(tmp_path).put_explanation(KEY, make_small_explanation())
    path = path_of(tmp_path)
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    assert FactorCache(tmp_path).get_explanation(KEY, CAPTION) is None
    assert not path.exists()


def test_an_entry_of_another_kind_or_caption_is_a_miss(tmp_path: Path) -> None:
    cache = FactorCache(tmp_path)
    cache.put(KEY, make_factor())
    assert cache.get_explanation(KEY, CAPTION) is None
    cache.put_explanation(KEYS[1], make_small_explanation())
    longer = Caption("a dog dog", (*CAPTION.tokens, CAPTION.tokens[-1]), CAPTION.words, None, 77)
    assert cache.get_explanation(KEYS[1], longer) is None


def test_a_project_keeps_what_is_explained_and_what_was_explained_before(tmp_path: Path) -> None:
    cache, beside = FactorCache(tmp_path / "cache"), tmp_path / "p.matrices"
    cache.put_explanation(KEYS[0], make_small_explanation(0))
    cache.use_project_folder(beside)
    cache.put_explanation(KEYS[1], make_small_explanation(1))
    cache.get_explanation(KEYS[0], CAPTION)  # opened again: copied
    cache.clear()
    for number in (0, 1):
        assert_same_explanation(cache.get_explanation(KEYS[number], CAPTION), make_small_explanation(number))
    elsewhere = FactorCache(None)
    elsewhere.use_project_folder(beside)
    assert_same_explanation(elsewhere.get_explanation(KEYS[0], CAPTION), make_small_explanation(0))
    elsewhere.use_project_folder(None)
    assert elsewhere.get_explanation(KEYS[0], CAPTION) is None


def test_the_limit_is_the_folders_own_and_others_take_it_over(tmp_path: Path) -> None:
    ours, theirs = FactorCache(tmp_path), FactorCache(tmp_path)
    assert ours.limit == DISK_BYTES
    ours.set_limit(3 * LEAST_DISK_BYTES)
    theirs.put(KEY, make_factor())
    assert (ours.limit, theirs.limit, FactorCache(tmp_path).limit) == (3 * LEAST_DISK_BYTES,) * 3
    assert ours.size()[1] == path_of(tmp_path).stat().st_size


def test_a_smaller_limit_removes_the_oldest_at_once(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path)
    for key in KEYS[:4]:
        folder.write(key, bytes(LEAST_DISK_BYTES // 3))
    folder.set_limit(1)
    assert folder.limit == LEAST_DISK_BYTES
    assert 0 < folder.size() <= LEAST_DISK_BYTES


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"bytes": "a"}', '{"bytes": true}', '{"bytes": 1e400}'])
def test_a_damaged_limit_is_the_usual_one(tmp_path: Path, text: str) -> None:
    (tmp_path / LIMIT_FILE).write_text(text)
    assert FactorCache(tmp_path).limit == DISK_BYTES


def test_a_folder_without_a_limit_evicts_nothing(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path, 10, is_bounded=False)
    for key in KEYS:
        folder.write(key, b"x" * 100)
    assert [folder.read(key) for key in KEYS] == [b"x" * 100] * len(KEYS)
