"""The public functions: refused arguments, notes and reprs."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import explain, score
from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.cli.text_report import describe_selection, explanation_as_text
from exclip_desktop.core.errors import CaptionError, PictureError
from exclip_desktop.core.text.accuracy_warnings import accuracy_warnings
from exclip_desktop.core.values.settings import DEFAULT_TOLERANCE, ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.pictures import read_picture
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


def test_a_truncated_picture_object_is_refused(tiny: Model) -> None:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)).save(file, "PNG")
    with pytest.raises(PictureError, match="cut short"):
        explain(tiny, Image.open(io.BytesIO(file.getvalue()[:2000])), CAPTION)


@pytest.mark.parametrize("size", [(1, 60_000), (60_000, 1)])
def test_pictures_too_narrow_for_the_model_are_refused(tiny: Model, size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="too narrow"):
        explain(tiny, np.zeros((*size, 3), np.uint8), CAPTION)


def test_the_strongest_patch_is_of_largest_magnitude_and_lies_in_the_box(
    tiny: Model, picture: NDArray[np.uint8]
) -> None:
    result = explain(tiny, picture, CAPTION)
    width, height = result.geometry.source_size
    signs = set()
    for box in (None, (0, 0, width / 2, height / 2), (width / 2, height / 2, width, height), (0, 0, 14, 14)):
        for span in (None, "red balloon", "dog", "in the snow"):
            actual = describe_selection(result, span, box)["strongest_patch"]
            share = 1.0 if box is None else result.geometry.coverage(box)
            adds = result.patch_heat(span) * share
            assert actual["value"] == pytest.approx(adds[actual["row"], actual["column"]])
            assert abs(actual["value"]) == pytest.approx(abs(adds).max())
            assert actual["box"] == result.geometry.patch_box(actual["row"], actual["column"])
            signs.add(actual["value"] > 0)
    assert signs == {True, False}


def test_the_text_has_both_residuals_and_the_row_error(tiny: Model, picture: NDArray[np.uint8]) -> None:
    result = explain(tiny, picture, CAPTION)
    message = explanation_as_text(result, describe_selection(result, "dog", None))
    error = max(result.image_side.row_error, result.text_side.row_error)
    assert f"Relative errors: completeness residual {result.residual:.1e}, rows ± {error:.1e} (estimated)" in message
    assert "Ledger, in the unit of the score\n" in message
    assert f"  residual                        {result.ledger.residual:+.4f}\n" in message
    assert "strongest patch, by magnitude: row" in message
    assert "Strongest word ↔ patch pairs, by magnitude (rows and columns count from 0)\n" in message
    fixed = explain(tiny, picture, CAPTION, quadrature="gauss-legendre")
    assert explanation_as_text(fixed, describe_selection(fixed, None, None)).endswith(
        f"completeness residual {fixed.residual:.1e}"
    )


def test_results_and_models_have_a_one_line_repr(tiny: Model, picture: NDArray[np.uint8]) -> None:
    result = explain(tiny, picture, CAPTION, image_layer=1)
    shape = f"matrix {len(result.rows)} × 17"
    message = f"{CAPTION!r}: score {result.score:+.4f}, {shape}, {tiny.name}, image layer 1, text layer 2, "
    message += "matched reference>"
    assert repr(result) == f"<Result {message}"
    assert repr(explain_pair(tiny, picture, CAPTION, ExplainSettings(image_layer=1))) == f"<Explanation {message}"
    long = repr(explain(tiny, picture, "a dog\n" * 40))
    assert "\n" not in long
    assert "…': score" in long
    assert len(long) < 250 + len(tiny.name)
    printed = f"<Model {tiny.name!r} on cpu: 3 image layers, 4 × 4 patches, 3 text layers, 16 tokens>"
    assert repr(tiny) == printed


def test_an_unread_part_of_the_caption_is_noted_with_its_reason(tiny: Model, picture: NDArray[np.uint8]) -> None:
    (typed,) = accuracy_warnings(explain(tiny, picture, "a dog <end_of_text> a cat"))
    assert "ends at its typed end token" in typed
    (long,) = accuracy_warnings(explain(tiny, picture, "a dog and a cat " * 9))
    assert "is too long: this model reads 16 tokens" in long


@pytest.mark.parametrize(("rule", "steps"), [("riemann-right", 10), ("gauss-legendre", 1)])
def test_an_inexact_fixed_rule_is_noted(tiny: Model, picture: NDArray[np.uint8], rule: str, steps: int) -> None:
    result = explain(tiny, picture, CAPTION, quadrature=rule, steps=steps)
    sides = {"picture": result.image_side, "caption": result.text_side}
    assert all(side.residual > 1e-3 for side in sides.values())
    for message, (name, side) in zip(accuracy_warnings(result), sides.items(), strict=True):
        assert message.startswith(f"The {name}'s integral is not exact with {steps} nodes: ")
        assert f"completeness residual {side.residual:.1e} (the tolerance is {DEFAULT_TOLERANCE:g})" in message
        assert message.endswith("Raise steps, or pass quadrature='adaptive'.")


def test_an_exact_result_has_no_notes(tiny: Model, picture: NDArray[np.uint8]) -> None:
    for rule in ({"quadrature": "gauss-legendre", "steps": 64}, {}):
        result = explain_pair(tiny, picture, CAPTION, ExplainSettings(**rule))
        assert result.residual <= 1e-3
        assert accuracy_warnings(result) == []
        at_limit = replace(result.image_side, residual=1e-3)
        assert accuracy_warnings(replace(result, image_side=at_limit)) == []


@pytest.mark.parametrize(("nodes", "hint"), [(33, "steps=129"), (129, "gauss-legendre")])
def test_an_adaptive_rule_that_has_not_converged_is_noted_with_a_remedy(
    tiny: Model, picture: NDArray[np.uint8], nodes: int, hint: str
) -> None:
    result = explain_pair(tiny, picture, CAPTION)
    side = replace(result.text_side, nodes=nodes, residual=2e-4, row_error=3e-3, converged=False)
    (message,) = accuracy_warnings(replace(result, text_side=side))
    assert message.startswith(f"The caption's integral did not converge after {nodes} nodes: ")
    assert "completeness residual 2.0e-04, row error 3.0e-03" in message
    assert hint in message


def test_a_result_has_all_notes(tiny: Model, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    long = "a dog and a cat " * 9
    result = explain(tiny, tmp_path / "a.gif", long, quadrature="riemann-right")
    assert result.notes == ("a.gif has 2 frames; the first is used.", *accuracy_warnings(result))
    assert "is too long" in result.notes[1]
    assert len(result.notes) == 4
    again = explain(tiny, read_picture(tmp_path / "a.gif"), long, quadrature="riemann-right")
    assert again.notes == result.notes
