"""The Methods tab: its table, following a drag, and opening a pane from a row."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.agreement import Agreement, compute_agreement
from exclip_desktop.core.text.number_format import format_percent
from exclip_desktop.core.values.selection import Region
from exclip_desktop.ui.compare.agreement_tab import (
    FIRST,
    IN_BOX,
    NAME,
    AgreementModel,
    AgreementTab,
    format_coefficient,
)
from tests.ui.conftest import Opened

Role = Qt.ItemDataRole
BOX = Region((100.0, 100.0, 300.0, 300.0))
THREE = ("second-order", "rollout", "itsm")


@pytest.fixture
def compared(opened: Opened, qtbot: QtBot) -> Iterator[Opened]:
    """A window that compares three methods, with the tab visible."""
    session, window = opened.session, opened.window
    session.compare_methods(THREE)
    session.compare_controller.open()
    window.inspector.setCurrentWidget(_tab(opened))
    qtbot.waitUntil(lambda: all(pane.status.kind == "done" for pane in session.compare_controller.panes))
    qtbot.waitUntil(lambda: opened.state.work is None)
    return opened


def _tab(opened: Opened) -> AgreementTab:
    return opened.window.inspector.findChild(AgreementTab)


def _model(opened: Opened) -> AgreementModel:
    return _tab(opened).findChild(AgreementModel)


def _text(model: AgreementModel, row: int, column: int, role: int = Role.DisplayRole) -> str:
    return model.index(row, column).data(role)


def test_the_table_shows_the_agreement_of_the_heats(compared: Opened) -> None:
    compared.session.selection_controller.commit_rows((), (2, 3))
    compared.session.selection_controller.show_regions((BOX,))
    model, compare_controller = _model(compared), compared.session.compare_controller.panes
    heats = [
        (pane.scene.answer.interactions.patch_heat((2, 3)), pane.scene.answer.geometry) for pane in compare_controller
    ]
    expected = compute_agreement(heats, (BOX,))
    assert [_text(model, row, NAME) for row in range(3)] == ["Second-order attributions", "Attention rollout", "ITSM"]
    assert _text(model, 0, FIRST + 2) == format_coefficient(expected.ranks[0, 2]) == "1"
    assert _text(model, 2, FIRST) == format_coefficient(expected.overlaps[2, 0]) == "1"
    assert _text(model, 0, IN_BOX) == format_percent(expected.inside[0])
    assert _text(model, 0, FIRST) is None  # the diagonal
    assert _text(model, 0, FIRST + 1) is None  # the other map is constant: it has no order


def test_the_table_follows_a_drag_and_has_no_box_column_without_a_box(compared: Opened) -> None:
    model = _model(compared)
    assert _text(model, 0, IN_BOX) is None
    shares = []
    for right in (150.0, 400.0, 560.0):
        compared.session.selection_controller.show_regions((Region((80.0, 0.0, right, 480.0)),))
        shares.append(model.value(0, IN_BOX))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_cells_have_explanatory_tooltips(compared: Opened) -> None:
    compared.session.selection_controller.show_regions((BOX,))
    model = _model(compared)
    assert _text(model, 0, IN_BOX, Role.ToolTipRole).startswith("Second-order attributions: ")
    above, below = (_text(model, *at, Role.ToolTipRole) for at in ((0, FIRST + 2), (2, FIRST)))
    assert above == "Second-order attributions and ITSM: rank correlation of their patches +1.0000"
    assert below == "ITSM and Second-order attributions: 100 % of their 25 strongest patches in common"
    assert model.headerData(FIRST, Qt.Orientation.Horizontal) == model.headerData(0, Qt.Orientation.Vertical) == "1"


def test_a_row_opens_its_pane(compared: Opened) -> None:
    tab, active_pane = _tab(compared), compared.session.active_pane
    tab._list.doubleClicked.emit(_model(compared).index(2, NAME))
    assert active_pane.enlarged is compared.session.compare_controller.panes[2]
    tab._pairs.activated.emit(_model(compared).index(1, FIRST))
    assert active_pane.enlarged is compared.session.compare_controller.panes[1]


def test_the_tab_comes_and_goes_with_the_view(compared: Opened) -> None:
    inspector = compared.window.inspector
    place = inspector.indexOf(_tab(compared))
    assert inspector.isTabVisible(place)
    compared.session.compare_controller.close()
    assert not inspector.isTabVisible(place)
    assert inspector.currentIndex() != place


@pytest.mark.parametrize(
    ("value", "text"), [(0.834, ".83"), (-0.07, "−.07"), (1.0, "1"), (-0.999, "−1"), (0.004, "0"), (-0.004, "0")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert format_coefficient(value) == text


def test_numbers_without_meaning_are_left_out() -> None:
    model = AgreementModel()
    model.show(("a", "b"), Agreement(np.full((2, 2), np.nan), np.ones((2, 2)), np.array([np.nan, 0.5]), 3))
    assert model.value(0, FIRST + 1) is None
    assert model.value(1, FIRST) == 1.0
    assert (model.value(0, IN_BOX), model.value(1, IN_BOX)) == (None, 0.5)


def test_the_first_tab_is_current_when_the_panes_are_gone(compared: Opened) -> None:
    compared.session.compare_controller.close()
    assert compared.window.inspector.currentIndex() == 0
