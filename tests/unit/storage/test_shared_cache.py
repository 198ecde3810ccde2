"""One cache: what batch, study and Python compute is what the window's engine opens, without computing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.api.batch import batch
from exclip_desktop.api.explain import explain
from exclip_desktop.api.study import study
from exclip_desktop.attribution.second_order import explain as explain_module
from exclip_desktop.attribution.second_order import stored_explain
from exclip_desktop.core.cache_keys import cache_key
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.progress import CancelToken, ignore_progress
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.session.worker.answer_cache import ExplanationCache
from exclip_desktop.session.worker.engine import ModelEngine
from exclip_desktop.session.worker.requests import ExplainRequest, ModelChoice
from exclip_desktop.storage.cache import CACHE_VARIABLE, FactorCache, default_cache_folder, open_cache
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import read_picture
from tests.conftest import save_random_model, tiny_config

CAPTIONS = ("a red balloon", "two dogs")


@pytest.fixture
def listed(tmp_path: Path, picture: NDArray[np.uint8]) -> PairList:
    Image.fromarray(picture).save(tmp_path / "a.png")
    pairs = [
        ListedPair(str(at), "a.png", text, "balloon", (Region((0, 0, 20, 20), name="balloon"),))
        for at, text in enumerate(CAPTIONS)
    ]
    return PairList(tmp_path / "x.csv", tmp_path, tuple(pairs))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_random_model(tmp_path / "model", tiny_config())


def open_in_window(
    folder: Path,
    picture: Path,
    caption: str,
    cache: FactorCache,
    monkeypatch: pytest.MonkeyPatch,
    also: tuple[str, ...] = ("explain_words", "explain_factors"),
) -> Explanation:
    """Return the answer of the window's engine, which may not compute."""
    with monkeypatch.context() as patched:
        for name in ("caption_factor", "picture_factor", *also):
            patched.setattr(stored_explain, name, None)
        request = ExplainRequest(
            1, ModelChoice(str(folder), device="cpu"), ExplainSettings(), read_picture(picture), caption
        )
        answer = ModelEngine(cache, ExplanationCache()).explain(request, ignore_progress, CancelToken())
    assert answer.cached
    return answer.explanation


def load(folder: Path) -> Model:
    from exclip_desktop.api.explain import load_model

    return load_model(folder, device="cpu")


def test_pairs_of_a_batch_open_at_once_in_the_window(
    listed: PairList, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = batch(load(folder), listed, tmp_path / "out", cache=FactorCache(tmp_path / "cache"))
    for caption in CAPTIONS:
        found = open_in_window(folder, tmp_path / "a.png", caption, FactorCache(tmp_path / "cache"), monkeypatch)
        expected = done.batch.explanation("a.png", caption)
        assert found.matrix.tobytes() == expected.matrix.tobytes()
        assert found.ledger == expected.ledger


def test_a_batch_opens_as_a_list_with_its_pictures_labels_and_stored_factors(
    listed: PairList, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    out = tmp_path / "deep" / "out"
    done = batch(load(folder), listed, out)
    opened = read_pairs(out)
    assert opened.pairs == listed.pairs
    assert [opened.path_of(pair.picture) for pair in opened.pairs] == [tmp_path / "a.png"] * 2
    cache = FactorCache(None)
    cache.use_batch(out)
    for caption in CAPTIONS:
        found = open_in_window(folder, tmp_path / "a.png", caption, cache, monkeypatch, also=("explain_words",))
        assert found.matrix.tobytes() == done.batch.explanation("a.png", caption).matrix.tobytes()


def test_a_batch_whose_list_was_moved_goes_on_and_opens_from_there(
    listed: PairList, folder: Path, tmp_path: Path
) -> None:
    model, out = load(folder), tmp_path / "out"
    batch(model, listed, out)
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "a.png").rename(moved / "a.png")
    batch(model, replace(listed, folder=moved), out)
    opened = read_pairs(out)
    assert opened.path_of(opened.pairs[0].picture) == moved / "a.png"


def test_an_unfinished_batch_is_not_opened_as_a_list(listed: PairList, folder: Path, tmp_path: Path) -> None:
    batch(load(folder), listed, tmp_path / "out", shard=(2, 2))
    with pytest.raises(ListError, match="not finished"):
        read_pairs(tmp_path / "out")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"batch": 1}', '{"batch": 99}'])
def test_a_damaged_batch_gives_no_factors(tmp_path: Path, content: str) -> None:
    (tmp_path / "batch.json").write_text(content)
    cache = FactorCache(None)
    cache.use_batch(tmp_path)
    assert cache.get(cache_key(a=1)) is None


def test_pairs_of_a_study_open_at_once_in_the_window(
    listed: PairList, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study(load(folder), listed, ["second-order"], metrics=("pointing",), cache=FactorCache(tmp_path / "cache"))
    direct = explain(load(folder), tmp_path / "a.png", CAPTIONS[0])
    found = open_in_window(folder, tmp_path / "a.png", CAPTIONS[0], FactorCache(tmp_path / "cache"), monkeypatch)
    assert found.matrix.tobytes() == direct.matrix.tobytes()


def test_python_reads_and_writes_the_same_cache(
    listed: PairList, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, path = load(folder), tmp_path / "a.png"
    first = explain(model, path, CAPTIONS[0], cache=FactorCache(tmp_path / "cache"))
    open_in_window(folder, path, CAPTIONS[0], FactorCache(tmp_path / "cache"), monkeypatch)
    monkeypatch.setattr(explain_module, "integrate_products", None)
    monkeypatch.setattr(explain_module, "integrate_factor", None)
    again = explain(model, path, CAPTIONS[0], cache=FactorCache(tmp_path / "cache"))
    assert again.matrix.tobytes() == first.matrix.tobytes()


@pytest.mark.parametrize(("value", "expected"), [("off", None), ("", "factors"), ("/somewhere/else", "else")])
def test_the_folder_is_chosen_by_a_variable(monkeypatch: pytest.MonkeyPatch, value: str, expected: str | None) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, value)
    found = default_cache_folder()
    assert (None if found is None else found.name) == expected


def test_an_opened_cache_is_the_windows_unless_a_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    (tmp_path / ".exclip-dead.part").write_bytes(b"half")
    open_cache().set_limit(50 << 20)
    assert [path.name for path in tmp_path.iterdir()] == ["limit.json"]
    assert open_cache(tmp_path).limit == 50 << 20
