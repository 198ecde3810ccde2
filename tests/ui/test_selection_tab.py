"""The selection in words, and the ledger's bar."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from exclip_desktop.core.interactions import Ledger
from exclip_desktop.core.selection import Region
from exclip_desktop.ui.ledger_bar import COLOURS, NOTES, LedgerBar, segments
from exclip_desktop.ui.selection_tab import regions_told, words_told
from tests.ui.conftest import caption_of

BOX = Region((100, 100, 220, 200))
LASSO = Region.lasso(((100, 100), (200, 100), (150, 220)))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), "all words and specials"),
        ((1, 2, 3, 4, 5, 6, 7), "all words"),
        ((3, 2), "red balloon"),
        ((2, 4), "red + and"),
        ((6,), "hydr"),
        ((7, 0, 8), "ant + [SOT] + [EOT]"),
    ],
)
def test_rows_in_words(rows: tuple[int, ...], told: str) -> None:
    assert words_told(caption_of(("a", "red", "balloon", "and", "a", "hydrant")), rows) == told


@pytest.mark.parametrize(
    ("regions", "told"),
    [
        ((), "the whole picture"),
        ((BOX,), "1 box"),
        ((replace(BOX, name="dog"),), "dog"),
        ((BOX, BOX), "2 boxes"),
        ((LASSO,), "1 lasso"),
        ((BOX, LASSO), "2 regions"),
        ((BOX, replace(LASSO, subtract=True)), "1 box less 1 lasso"),
        ((replace(BOX, subtract=True),), "nothing less 1 box"),
    ],
)
def test_regions_in_words(regions: tuple[Region, ...], told: str) -> None:
    assert regions_told(regions) == told


def test_ledger_stacks_away_from_zero() -> None:
    ledger = Ledger(0.5, -0.1, 0.0, -0.2, 0.1, 0.0, 0.001)
    stacked = segments(ledger.lines())
    assert [(part.name, part.start, part.end) for part in stacked] == [
        ("words × patches", 0.0, 0.5),
        ("specials × patches", -0.1, 0.0),
        ("specials × prefix tokens", pytest.approx(-0.3), -0.1),
        ("reference terms", 0.5, 0.6),
        ("residual", 0.6, pytest.approx(0.601)),
    ]
    assert sum(part.value for part in stacked) == pytest.approx(ledger.total)


def test_ledger_is_drawn_in_proportion(qtbot: QtBot) -> None:
    bar = LedgerBar()
    qtbot.addWidget(bar)
    bar.set_ledger(Ledger(0.6, -0.2, 0.0, 0.0, 0.2, 0.0, 0.0))
    bar.resize(301, bar.sizeHint().height())
    drawn = bar.grab().toImage()
    ratio = drawn.devicePixelRatio()
    found = [drawn.pixelColor(round(x * ratio), round(13 * ratio)).name() for x in (30, 150, 270)]
    assert found == [COLOURS[name] for name in ("specials × patches", "words × patches", "reference terms")]
    assert bar.as_text().splitlines()[-1] == "score\t+0.6000"
    assert bar.accessibleDescription() == bar.as_text()


def test_every_part_of_a_ledger_has_its_colour_and_note() -> None:
    names = {name for name, _ in Ledger(1, 1, 1, 1, 1, 1, 1).lines()}
    assert names == set(COLOURS) == set(NOTES)
    assert len({QColor(colour).name() for colour in COLOURS.values()}) == len(names)
