"""A search of a half explained, partly deleted or damaged list: what is missing is named, and the rest is exact."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import batch, explain, explain_between, open_batch, search
from exclip_desktop.api.search import SearchAnswer
from exclip_desktop.core.errors import Cancelled, SettingsError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.models.model import Model
from exclip_desktop.storage.batches.batch_index import Batch
from exclip_desktop.storage.batches.shard_files import SHARD_OF
from exclip_desktop.storage.factor_index.index_builder import NOT_EXPLAINED
from tests.stored_batches import shard_file

TEXT = "a dog and a red balloon"
NAMES = ["0.png", "1.png", "2.png"]


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """One picture a shard."""
    monkeypatch.setitem(SHARD_OF, "pictures", 1)


@pytest.fixture
def pictures(tmp_path: Path, picture: NDArray[np.uint8]) -> Path:
    """A folder of three pictures with a caption."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, pixels in zip(NAMES, (picture, picture[::-1], 255 - picture), strict=True):
        Image.fromarray(pixels).save(folder / name)
        (folder / name).with_suffix(".txt").write_text("a cat", "utf-8")
    return folder


@pytest.fixture
def whole(tiny: Model, pictures: Path, tmp_path: Path) -> Batch:
    """A finished batch of the three."""
    return batch(tiny, pictures, tmp_path / "batch").batch


def found(answer: SearchAnswer) -> set[str]:
    return {hit.picture for hit in answer.hits}


def assert_equals_explanations(answer: SearchAnswer, model: Model, pictures: Path) -> None:
    """Assert that each hit's heat is that of its own explanation."""
    for hit in answer.hits:
        result = explain(model, pictures / hit.picture, TEXT)
        expected = result.interactions.patch_heat(tuple(range(len(result.caption.tokens))))
        np.testing.assert_allclose(hit.heat, expected, atol=1e-5)


def test_a_half_explained_batch_names_the_pictures_without_factor(tiny: Model, pictures: Path, tmp_path: Path) -> None:
    token = CancelToken()

    def stop(report: Report) -> None:
        if report.what == "pictures" and report.done == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        batch(tiny, pictures, tmp_path / "batch", progress=stop, cancel=token)
    answer = search(tiny, open_batch(tmp_path / "batch"), TEXT)
    assert found(answer)
    assert found(answer) | set(answer.failed) == set(NAMES)
    assert set(answer.failed.values()) == {NOT_EXPLAINED}
    assert answer.pictures == len(answer.hits) < 3
    assert_equals_explanations(answer, tiny, pictures)
    finished = batch(tiny, pictures, tmp_path / "batch").batch
    assert found(search(tiny, finished, TEXT)) == set(NAMES)


def test_a_deleted_picture_is_named_in_a_list_and_answers_from_the_factor_of_a_batch(
    tiny: Model, pictures: Path, whole: Batch
) -> None:
    before = search(tiny, whole, TEXT)
    listed = search(tiny, pictures, TEXT)
    (pictures / "1.png").unlink()
    after = search(tiny, whole, TEXT)
    assert [hit.picture for hit in after.hits] == [hit.picture for hit in before.hits]
    (pictures / "list.txt").write_text("\n".join(f"{name}\ta cat" for name in NAMES), "utf-8")
    rest = search(tiny, pictures / "list.txt", TEXT)
    assert found(rest) == {"0.png", "2.png"}
    assert list(rest.failed) == ["1.png"]
    assert "1.png" in rest.failed["1.png"]
    for hit in rest.hits:
        same = next(one for one in listed.hits if one.picture == hit.picture)
        np.testing.assert_array_equal(hit.heat, same.heat)


@pytest.mark.parametrize("is_indexed", [False, True])
@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(file.read_bytes()[:-40]),
        lambda file: file.write_bytes(file.read_bytes()[:-4] + b"\x7f\x7f\x7f\x7f"),
    ],
    ids=["deleted", "cut", "changed"],
)
def test_a_damaged_shard_has_no_hit_and_the_others_stay_exact(
    tiny: Model, pictures: Path, whole: Batch, harm: Callable[[Path], object], is_indexed: bool
) -> None:
    if is_indexed:
        assert found(search(tiny, whole, TEXT)) == set(NAMES)
    harm(shard_file(whole, 1))
    answer = search(tiny, open_batch(whole.folder), TEXT)
    assert found(answer) == {"0.png", "2.png"}
    assert answer.failed == {"1.png": NOT_EXPLAINED}
    assert_equals_explanations(answer, tiny, pictures)


def test_a_batch_of_another_model_is_refused_even_with_an_index(
    tiny: Model, make_tiny: Callable[..., Model], whole: Batch
) -> None:
    search(tiny, whole, TEXT)
    with pytest.raises(SettingsError, match="another model"):
        search(make_tiny(vision={"layers": 2}), open_batch(whole.folder), TEXT)


def test_the_heat_of_a_box_is_that_of_the_matrix_of_two_pictures(tiny: Model, pictures: Path, whole: Batch) -> None:
    box = (3, 5, 30, 33)
    for searched in (pictures, whole):
        answer = search(tiny, searched, image=pictures / "2.png", box=box, ranking="sum")
        assert found(answer) == set(NAMES)
        for hit in answer.hits:
            expected = explain_between(tiny, pictures / "2.png", pictures / hit.picture).second_heat(box)
            np.testing.assert_allclose(hit.heat, expected, atol=1e-5)
            assert hit.value == pytest.approx(expected.sum(), abs=1e-5)


def test_equal_pictures_keep_the_order_of_the_list_however_often_they_are_searched(tiny: Model, pictures: Path) -> None:
    for name in ("9.png", "5.png", "7.png"):
        (pictures / name).write_bytes((pictures / "1.png").read_bytes())
        (pictures / name).with_suffix(".txt").write_text("a cat", "utf-8")
    orders = [[hit.picture for hit in search(tiny, pictures, TEXT).hits] for _ in range(2)]
    assert orders[0] == orders[1]
    assert [name for name in orders[0] if name not in ("0.png", "2.png")] == ["1.png", "5.png", "7.png", "9.png"]
