"""Descriptions of a selection."""

from dataclasses import replace

import pytest

from exclip_desktop.core.text.number_format import format_percent
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.core.values.selection import Region
from tests.ui.conftest import caption_of

BOX = Region((100, 100, 220, 200))
LASSO = Region.lasso(((100, 100), (200, 100), (150, 220)))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "all words and specials"),
        ((1, 2, 3, 4, 5, 6, 7), "all words"),
        ((3, 2), "red balloon"),
        ((2, 4), "red + and"),
        ((6,), "hydr"),
        ((7, 0, 8), "ant + [SOT] + [EOT]"),
    ],
)
def test_describe_words(rows: tuple[int, ...], message: str) -> None:
    assert describe_words(caption_of(("a", "red", "balloon", "and", "a", "hydrant")), rows) == message


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ((), "the whole picture"),
        ((BOX,), "1 box"),
        ((replace(BOX, name="dog"),), "dog"),
        ((BOX, BOX), "2 boxes"),
        ((LASSO,), "1 lasso"),
        ((BOX, LASSO), "2 regions"),
        ((BOX, replace(LASSO, subtract=True)), "1 box without 1 lasso"),
        ((replace(BOX, subtract=True),), "the picture without 1 box"),
    ],
)
def test_describe_regions(regions: tuple[Region, ...], message: str) -> None:
    assert describe_regions(regions) == message


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [(0.5, 0, "50 %"), (-0.123, 1, "−12.3 %"), (-0.0004, 1, "0.0 %"), (1.0, 0, "100 %"), (0.004, 0, "0 %")],
)
def test_percentages_have_a_space_a_true_minus_and_no_negative_zero(share: float, decimals: int, text: str) -> None:
    assert format_percent(share, decimals) == text
