"""The selection in words, and the ledger's bar."""

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.interactions import Ledger
from exclip_desktop.core.values.selection import Region
from exclip_desktop.core.values.two_inputs import TwoInputLedger
from exclip_desktop.ui.inspector.ledger_bar import NOTES, LedgerBar
from exclip_desktop.ui.inspector.stacked_bars import COLOURS, stack_segments

BOX = Region((100, 100, 220, 200))
LASSO = Region.lasso(((100, 100), (200, 100), (150, 220)))


def test_ledger_stacks_away_from_zero() -> None:
    ledger = Ledger(0.5, -0.1, 0.0, -0.2, 0.1, 0.0, 0.001)
    stacked = stack_segments(ledger.lines())
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
    colours = [drawn.pixelColor(round(x * ratio), round(13 * ratio)).name() for x in (30, 150, 270)]
    assert colours == [COLOURS[name] for name in ("specials × patches", "words × patches", "reference terms")]
    assert bar.as_text().splitlines()[-1] == "score\t+0.6000"
    assert bar.accessibleDescription() == bar.as_text()


def test_every_part_of_a_ledger_has_its_colour_and_note() -> None:
    picture, caption = ("patches", "prefix tokens"), ("words", "specials")
    ledgers = [
        Ledger(1, 1, 1, 1, 1, 1, 1).lines(),
        *(TwoInputLedger((1, 1, 1, 1), kinds, 1, 1, 1).lines() for kinds in ((picture,) * 2, (caption,) * 2)),
    ]
    assert {name for lines in ledgers for name, _ in lines} == set(COLOURS) == set(NOTES)
    for lines in ledgers:  # no two parts of one ledger look alike
        assert len({QColor(COLOURS[name]).name() for name, _ in lines}) == len(lines)
