"""Search of a list by words and regions: the heat equals that of every pair, from files and from a batch alike."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import batch, explain, search, search_captions
from exclip_desktop.core.errors import CaptionError, SelectionError, SettingsError
from exclip_desktop.core.maths.search_ranking import RANKINGS
from exclip_desktop.core.progress import Report
from exclip_desktop.models.model import Model

TEXT = "a dog and a red balloon"


@pytest.fixture
def pictures(tmp_path: Path, picture: NDArray[np.uint8]) -> Path:
    """A folder of four pictures with captions, one of them damaged."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, pixels in enumerate((picture, picture[::-1], 255 - picture)):
        Image.fromarray(pixels).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text("a cat", "utf-8")
    (folder / "3.png").write_bytes((folder / "0.png").read_bytes()[:60])
    (folder / "3.txt").write_text("a cat", "utf-8")
    return folder


@pytest.mark.parametrize("span", [None, "red balloon"])
def test_heat_and_sums_equal_those_of_every_pair(tiny: Model, pictures: Path, span: str | None) -> None:
    answer = search(tiny, pictures, TEXT, span=span, ranking="sum")
    assert {hit.picture for hit in answer.hits} == {"0.png", "1.png", "2.png"}
    assert list(answer.failed) == ["3.png"]
    for hit in answer.hits:
        result = explain(tiny, pictures / hit.picture, TEXT)
        rows = result.caption.rows_of(span) if span else tuple(range(len(result.caption.tokens)))
        expected = result.interactions.patch_heat(rows)
        np.testing.assert_allclose(hit.heat, expected, atol=1e-5)
        assert hit.numbers["sum"] == pytest.approx(expected.sum(), abs=1e-5)
        assert hit.numbers["score"] == pytest.approx(result.score, abs=1e-5)
        assert hit.region.any()
    sums = [hit.value for hit in answer.hits]
    assert sums == sorted(sums, reverse=True)


def test_the_picture_itself_answers_a_region_of_it_first(tiny: Model, pictures: Path) -> None:
    answer = search(tiny, pictures, image=pictures / "2.png", ranking="score")
    assert answer.hits[0].picture == "2.png"
    assert answer.hits[0].numbers["score"] == pytest.approx(1, abs=1e-5)


def test_the_heats_of_regions_add_up_to_that_of_their_union(tiny: Model, pictures: Path) -> None:
    def heats(*box: int) -> NDArray[np.float32]:
        answer = search(tiny, pictures, image=pictures / "2.png", box=box)  # type: ignore[arg-type]
        return np.stack([hit.heat for hit in sorted(answer.hits, key=lambda hit: hit.picture)])

    parts = heats(0, 0, 24, 20), heats(24, 0, 48, 20), heats(0, 20, 48, 40)
    np.testing.assert_allclose(sum(parts), heats(0, 0, 48, 40), atol=1e-6)
    assert np.abs(parts[0]).max() > 0


def test_a_batch_answers_as_its_pictures_do_and_another_model_is_refused(
    tiny: Model, make_tiny: Callable[..., Model], pictures: Path, tmp_path: Path
) -> None:
    done = batch(tiny, pictures, tmp_path / "batch")
    for ranking in RANKINGS:
        stored = search(tiny, done.batch, TEXT, ranking=ranking)
        computed = search(tiny, pictures, TEXT, ranking=ranking)
        assert [hit.picture for hit in stored.hits] == [hit.picture for hit in computed.hits]
        for one, other in zip(stored.hits, computed.hits, strict=True):
            np.testing.assert_allclose(one.heat, other.heat, atol=1e-6)
            assert one.box == other.box
        assert list(stored.failed) == ["3.png"]
    region = {"image": pictures / "2.png", "box": (0, 0, 24, 20)}
    stored, computed = search(tiny, done.batch, **region), search(tiny, pictures, **region)  # type: ignore[arg-type]
    assert [hit.picture for hit in stored.hits] == [hit.picture for hit in computed.hits]
    assert [hit.value for hit in stored.hits] == pytest.approx([hit.value for hit in computed.hits], abs=1e-4)
    another = make_tiny(vision={"layers": 2})
    with pytest.raises(SettingsError, match="another model"):
        search(another, done.batch, TEXT)


def test_a_search_needs_one_query(tiny: Model, pictures: Path) -> None:
    for arguments in ({}, {"text": TEXT, "image": pictures / "0.png"}):
        with pytest.raises(SelectionError, match="either a text or a picture"):
            search(tiny, pictures, **arguments)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="no ranking"):
        search(tiny, pictures, TEXT, ranking="best")  # type: ignore[arg-type]
    with pytest.raises(CaptionError):
        search(tiny, pictures, TEXT, span="cat")
    with pytest.raises(SelectionError, match="outside the picture"):
        search(tiny, pictures, image=pictures / "0.png", box=(900, 900, 950, 950))


def test_a_batch_in_a_folder_that_cannot_be_written_answers_from_its_shards(
    tiny: Model, pictures: Path, tmp_path: Path
) -> None:
    done = batch(tiny, pictures, tmp_path / "batch")
    (tmp_path / "batch" / "search").write_text("a file")
    direct = search(tiny, done.batch, TEXT)
    (tmp_path / "batch" / "search").unlink()
    reports: list[Report] = []
    indexed = search(tiny, done.batch, TEXT, progress=reports.append)
    assert {one.what for one in reports} == {"shards", "pictures"}
    assert (tmp_path / "batch" / "search" / "00000.safetensors").exists()
    assert direct.failed == indexed.failed
    assert direct.pictures == indexed.pictures == 3
    for one, other in zip(direct.hits, indexed.hits, strict=True):
        assert (one.picture, one.box, one.geometry) == (other.picture, other.box, other.geometry)
        np.testing.assert_allclose(one.heat, other.heat, atol=1e-6)
        assert one.numbers == pytest.approx(other.numbers, abs=1e-4)
        np.testing.assert_array_equal(one.region, other.region)


def test_captions_answer_a_region_as_their_matrices_say(tiny: Model, pictures: Path) -> None:
    texts = ["a dog", "a red balloon", "a dog", "a tree and a house"]
    box = (0, 0, 24, 40)
    answer = search_captions(tiny, texts, image=pictures / "0.png", box=box, ranking="word")
    assert sorted(hit.caption for hit in answer.hits) == sorted(set(texts))
    for hit in answer.hits:
        result = explain(tiny, pictures / "0.png", hit.caption)
        expected = result.token_heat(box)
        np.testing.assert_allclose(hit.token_heat, expected, atol=1e-5)
        words = {word.text: expected[list(word.rows)].sum() for word in result.caption.words}
        assert dict(hit.words) == pytest.approx(words, abs=1e-5)
        assert hit.numbers["sum"] == pytest.approx(
            sum(expected[list(word.rows)].sum() for word in result.words), abs=1e-5
        )
        assert hit.numbers["score"] == pytest.approx(result.score, abs=1e-5)
        assert hit.value == max(value for _, value in hit.words)
    values = [hit.value for hit in answer.hits]
    assert values == sorted(values, reverse=True)
    again = search_captions(tiny, texts, image=pictures / "0.png", box=box, ranking="word")
    assert [hit.caption for hit in again.hits] == [hit.caption for hit in answer.hits]


def test_captions_of_a_list_answer_words_and_a_wrong_ranking_is_refused(tiny: Model, pictures: Path) -> None:
    answer = search_captions(tiny, pictures, TEXT, span="dog")
    assert [hit.caption for hit in answer.hits] == ["a cat"]
    assert answer.query == "dog"
    with pytest.raises(SettingsError, match="no ranking"):
        search_captions(tiny, pictures, TEXT, ranking="region")  # type: ignore[arg-type]
    with pytest.raises(SelectionError, match="either"):
        search_captions(tiny, pictures)
