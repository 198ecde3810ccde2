"""Parts, similar patches and directions from Python: equal to sums of the explanation; files; the cached vocabulary."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import explain, find_directions, find_parts, open_cache, similar_patches
from exclip_desktop.api.parts import PartsResult
from exclip_desktop.attribution.second_order.explain import picture_factor, resolve_settings
from exclip_desktop.core.errors import Cancelled, CaptionError, MethodError, OutputError, SelectionError, SettingsError
from exclip_desktop.core.maths.picture_parts import PART_COLOURS
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.values.selection import coverage
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models import word_embeddings
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions
from exclip_desktop.models.word_embeddings import PROMPT, embed_words

TEXT = "a dog and a red balloon"
WORDS = ["dog", "fire engine", "elephant", "red"]


@pytest.fixture
def result(tiny: Model, picture: NDArray[np.uint8]) -> PartsResult:
    return find_parts(tiny, picture, parts=4, caption=TEXT, vocabulary=WORDS)


def test_values_are_those_of_the_explanation(tiny: Model, picture: NDArray[np.uint8], result: PartsResult) -> None:
    explanation = explain(tiny, picture, TEXT)
    report = result.report
    assert report.caption == TEXT
    for part, values in zip(report.parts, report.values, strict=True):
        by_token = explanation.interactions.token_heat(part.mask.astype(float))
        assert values.value == pytest.approx(by_token.sum(), abs=1e-5)
        by_word = sorted((by_token[list(word.rows)].sum() for word in explanation.words), reverse=True)
        assert [word.value for word in values.words] == pytest.approx(by_word, abs=1e-5)
    assert sum(values.value for values in report.values) == pytest.approx(explanation.grid.sum(), abs=1e-4)


def test_parts_are_of_the_factor_and_named_by_it(tiny: Model, picture: NDArray[np.uint8], result: PartsResult) -> None:
    settings = resolve_settings(tiny, ExplainSettings())
    factor = picture_factor(tiny, picture, settings)
    rows = factor.rows[result.result.interactions.prefix :].astype(float)  # type: ignore[union-attr]
    embeddings = encode_captions(tiny, [PROMPT.format(word) for word in WORDS]).numpy().astype(float)
    centred = embeddings - embeddings.mean(0)
    for part, names in zip(result.report.parts, result.report.names, strict=True):
        total = rows[part.mask.ravel()].sum(0)
        cosines = centred @ total / np.linalg.norm(centred, axis=1) / np.linalg.norm(total)
        assert [name.word for name in names] == [WORDS[place] for place in np.argsort(-cosines)]
        assert [name.value for name in names] == pytest.approx(sorted(cosines, reverse=True), abs=1e-5)


def test_regions_of_parts_cover_the_picture_once(result: PartsResult) -> None:
    report = result.report
    covered = np.zeros(report.geometry.grid)
    for place in range(len(report.parts)):
        regions = report.regions(place)
        assert {region.name for region in regions} == {report.label(place)}
        drawn = coverage(report.geometry, regions)
        assert drawn is not None
        covered += drawn
    np.testing.assert_allclose(covered, 1, atol=1e-6)


def test_files_hold_the_same_parts(result: PartsResult, tmp_path: Path) -> None:
    for ending in (".png", ".npz", ".json", ".coco.json"):
        result.save(tmp_path / f"parts{ending}")
    report = result.report
    with Image.open(tmp_path / "parts.png") as image:
        numbers = np.asarray(image)
        palette = image.getpalette()
    assert numbers.shape == result.pixels.shape[:2]
    assert palette is not None
    assert tuple(palette[3:6]) == PART_COLOURS[0]
    for y, x in ((0, 0), (numbers.shape[0] // 2, 3), (numbers.shape[0] - 1, numbers.shape[1] - 1)):
        patch = report.geometry.patch_at(x + 0.5, y + 0.5)
        assert numbers[y, x] == (0 if patch is None else report.grouped.labels[patch] + 1)
    with np.load(tmp_path / "parts.npz") as arrays:
        np.testing.assert_array_equal(arrays["labels"], report.grouped.labels)
        assert arrays["weights"].shape == (len(report.parts), *report.geometry.grid)
        assert json.loads(str(arrays["provenance"]))["caption"] == TEXT
    values = json.loads((tmp_path / "parts.json").read_text("utf-8"))
    assert [part["share"] for part in values["parts"]] == [part.share for part in report.parts]
    assert values["settings"]["weights_sha256"]
    coco = json.loads((tmp_path / "parts.coco.json").read_text("utf-8"))
    for annotation in coco["annotations"]:
        counts = annotation["segmentation"]["counts"]
        mask = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(numbers.shape, order="F")
        np.testing.assert_array_equal(mask, numbers == annotation["id"])
        assert annotation["area"] == mask.sum()
        left, top, width, height = annotation["bbox"]
        assert mask[top : top + height, left : left + width].sum() == mask.sum()
    with pytest.raises(OutputError):
        result.save(tmp_path / "parts.csv")


def test_the_figure_is_drawn(result: PartsResult, tmp_path: Path) -> None:
    result.plot(tmp_path / "parts.svg")
    drawn = (tmp_path / "parts.svg").read_text("utf-8")
    assert "of the picture" in drawn
    assert "vocabulary:" in drawn


def test_without_caption_and_vocabulary_parts_have_numbers(tiny: Model, picture: NDArray[np.uint8]) -> None:
    result = find_parts(tiny, picture, parts=2, method="nmf")
    assert result.result is None
    assert result.report.values == result.report.names == ()
    assert [result.report.label(place) for place in range(len(result.report.parts))] == ["part 1", "part 2"]


def test_a_caption_of_one_word(tiny: Model, picture: NDArray[np.uint8]) -> None:
    report = find_parts(tiny, picture, caption="dog").report
    assert all([word.word for word in values.words] == ["dog"] for values in report.values)


def test_a_cache_keeps_the_factor_and_the_vocabulary(
    tiny: Model, picture: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = open_cache(tmp_path / "cache")
    first = find_parts(tiny, picture, caption=TEXT, vocabulary=WORDS, cache=cache)

    def refuse(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(word_embeddings, "_embed", refuse)
    second = find_parts(tiny, picture, caption=TEXT, vocabulary=WORDS, cache=open_cache(tmp_path / "cache"))
    assert second.report.names == first.report.names
    assert [part.share for part in second.report.parts] == [part.share for part in first.report.parts]
    with pytest.raises(AssertionError, match="computed again"):
        find_parts(tiny, picture, vocabulary=[*WORDS, "owl"], cache=cache)


def test_words_are_embedded_as_captions_are_and_can_be_cancelled(tiny: Model) -> None:
    words = [f"word {number}" for number in range(130)]
    reports: list[Report] = []
    embedded = embed_words(tiny, [*words, "x" * 3000], reports.append)
    assert embedded.words == tuple(words)  # the tokenizer takes no caption that long
    assert reports[-1].done == reports[-1].total == 130
    with pytest.raises(CaptionError):
        embed_words(tiny, ["dog", "x" * 3000])
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        embed_words(tiny, words, cancel=token)


def test_similar_patches_are_products_of_the_factors_rows(tiny: Model, picture: NDArray[np.uint8]) -> None:
    factor = picture_factor(tiny, picture, resolve_settings(tiny, ExplainSettings()))
    similar = similar_patches(tiny, picture, "product")
    rows = factor.rows[1:].astype(float)
    products = rows @ rows.T / (factor.ends.embedding @ factor.ends.embedding)
    np.testing.assert_allclose(similar.similarity.matrix(), products, atol=1e-5)
    x0, y0, x1, y1 = similar.geometry.patch_box(1, 2)
    x0, x1 = max(x0, 0), min(x1, similar.geometry.source_size[0])
    place = similar.geometry.grid[1] + 2
    np.testing.assert_allclose(similar.heat((x0, y0, x1, y1)).ravel(), products[place], atol=1e-5)
    np.testing.assert_allclose(similar.heat_at((x0 + x1) / 2, (y0 + y1) / 2).ravel(), products[place], atol=1e-5)
    with pytest.raises(SelectionError):
        similar.heat_at(-50, -50)


def test_directions_of_a_result(tiny: Model, picture: NDArray[np.uint8]) -> None:
    result = explain(tiny, picture, TEXT)
    directions = find_directions(result, 2)
    assert len(directions.directions) == 2
    assert directions.directions[0].share > directions.directions[1].share
    with pytest.raises(SettingsError):
        find_directions(result, 0)
    with pytest.raises(MethodError):
        find_directions("x")  # type: ignore[arg-type]


def test_wrong_arguments_are_refused(tiny: Model, picture: NDArray[np.uint8]) -> None:
    with pytest.raises(SettingsError):
        find_parts(tiny, picture, parts=1)
    with pytest.raises(SettingsError):
        find_parts(tiny, picture, method="lda")  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        similar_patches(tiny, picture, "dot")  # type: ignore[arg-type]
    with pytest.raises(CaptionError):
        find_parts(tiny, picture, caption=" ")
    for vocabulary in (["dog"], [1, 2], 3, []):
        with pytest.raises(CaptionError):
            find_parts(tiny, picture, vocabulary=vocabulary)  # type: ignore[arg-type]
