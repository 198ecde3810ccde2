"""The public functions refuse what they cannot take, in one sentence."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import explain, score
from exclip_desktop.core.errors import CaptionError, PictureError
from exclip_desktop.models.model import Model
from exclip_desktop.report import selection, warnings_of
from tests.conftest import CAPTION


@pytest.mark.parametrize("captions", ["a dog", [], ()])
def test_scores_need_a_list_of_captions(tiny: Model, picture: NDArray[np.uint8], captions: object) -> None:
    with pytest.raises(CaptionError, match="list of captions"):
        score(tiny, picture, captions)  # type: ignore[arg-type]


def test_arrays_and_scores_obey_the_limit(tiny: Model, picture: NDArray[np.uint8]) -> None:
    with pytest.raises(PictureError, match="megapixels"):
        explain(tiny, picture, CAPTION, max_megapixels=1e-4)
    with pytest.raises(PictureError, match="megapixels"):
        score(tiny, picture, [CAPTION], max_megapixels=1e-4)


def test_a_picture_object_that_is_cut_short_is_told(tiny: Model) -> None:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)).save(file, "PNG")
    with pytest.raises(PictureError, match="cut short"):
        explain(tiny, Image.open(io.BytesIO(file.getvalue()[:2000])), CAPTION)


@pytest.mark.parametrize("size", [(1, 60_000), (60_000, 1)])
def test_pictures_too_narrow_for_the_model_are_refused(tiny: Model, size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="too narrow"):
        explain(tiny, np.zeros((*size, 3), np.uint8), CAPTION)


def test_the_strongest_patch_lies_in_the_box(tiny: Model, picture: NDArray[np.uint8]) -> None:
    result = explain(tiny, picture, CAPTION)
    width, height = result.geometry.source_size
    for box in ((0, 0, width / 2, height / 2), (width / 2, height / 2, width, height)):
        found = selection(result, "red balloon", box)["strongest_patch"]
        assert result.geometry.coverage(box)[found["row"], found["column"]] > 0
        covered = result.patch_heat("red balloon") * (result.geometry.coverage(box) > 0)
        assert found["value"] == pytest.approx(covered[covered != 0].max())


def test_what_was_not_seen_is_told_with_its_reason(tiny: Model, picture: NDArray[np.uint8]) -> None:
    (typed,) = warnings_of(explain(tiny, picture, "a dog <end_of_text> a cat"))
    assert "ends at its typed end token" in typed
    (long,) = warnings_of(explain(tiny, picture, "a dog and a cat " * 9))
    assert "is too long: this model reads 16 tokens" in long
