"""Sentences on the sign of a word."""

import numpy as np
import pytest

from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.text.word_signs import (
    SIGNS_PAGE,
    WordSign,
    explain_blue,
    explain_negative_sum,
    sign_of_word,
)
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.storage.manual import sections

GEOMETRY = Geometry((60, 60), (0, 0, 60, 60), (6, 6))
BOX = Selection(regions=(Region((0.0, 0.0, 30.0, 10.0)),))


def matrix_of(heat: dict[tuple[int, int], float]) -> InteractionMatrix:
    values = np.zeros((1, 36), dtype=np.float32)
    for (row, column), value in heat.items():
        values[0, 6 * row + column] = value
    return InteractionMatrix(values, np.array([True]), 0, (6, 6))


RED_AND_BLUE = matrix_of({(0, 0): 0.2, (0, 1): 0.1, **{(4, column): -0.1 for column in range(6)}})


def test_a_word_with_a_red_region_and_a_negative_sum() -> None:
    sign = sign_of_word(RED_AND_BLUE, GEOMETRY, Selection(), (0,), "region")
    assert (sign.value, sign.whole, sign.through) == (pytest.approx(0.3), pytest.approx(-0.3), "region")
    assert not sign.is_puzzling
    sign = sign_of_word(RED_AND_BLUE, GEOMETRY, Selection(), (0,), "picture")
    assert sign.is_puzzling
    assert explain_blue("dog", sign) == (
        "“dog” raises the score in its red patches (+0.3000) and lowers it in its blue patches (−0.6000). "
        "Its colour shows the sum over the whole picture, −0.3000, so the blue patches decide."
    )
    assert explain_negative_sum("dog", sign).endswith("The blue patches add up to more than the red ones.")


def test_a_word_whose_strongest_region_is_blue() -> None:
    matrix = matrix_of({(0, 0): 0.2, (4, 4): -0.3})
    sign = sign_of_word(matrix, GEOMETRY, Selection(), (0,), "region")
    assert sign.is_puzzling
    assert explain_blue("dog", sign).endswith("Its colour shows the region where it changes the score most: −0.3000.")


def test_a_box_counts_its_own_patches_only() -> None:
    matrix = matrix_of({(0, 0): 0.2, (0, 2): -0.3, (5, 5): 9.0})
    sign = sign_of_word(matrix, GEOMETRY, BOX, (0,), "region")
    assert sign == WordSign(
        pytest.approx(-0.1), pytest.approx(8.9), pytest.approx(0.2), pytest.approx(-0.3), True, "boxes"
    )
    assert "the sum over the selected boxes, −0.1000, so" in explain_blue("dog", sign)


def test_a_word_without_visible_red_is_no_puzzle() -> None:
    sign = sign_of_word(matrix_of({(0, 0): 0.01, (4, 4): -0.3}), GEOMETRY, Selection(), (0,), "picture")
    assert sign.value < 0
    assert not sign.is_puzzling


def test_the_manual_has_the_section() -> None:
    topic, anchor = SIGNS_PAGE
    assert anchor in [section.anchor for section in sections(topic)]
