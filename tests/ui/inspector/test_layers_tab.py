"""The inspector's tab of layers: what it shows and requests, by mouse and by keyboard, in light and in dark."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QHelpEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QRadioButton, QToolTip
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.interactions import Blocks
from exclip_desktop.core.values.cost_estimates import ProfileEstimate
from exclip_desktop.core.values.layer_profile import Profile, profile_row
from exclip_desktop.core.values.settings import ExplainSettings, Layer
from exclip_desktop.session.state import ProfileProgress, State
from exclip_desktop.ui.inspector.inspector import Inspector
from exclip_desktop.ui.inspector.layers_list import LayersList, describe_row, format_share
from exclip_desktop.ui.inspector.layers_tab import LayersTab, describe_cost
from exclip_desktop.ui.inspector.stacked_bars import COLOURS
from tests.ui.conftest import Opened
from tests.ui.window.test_widgets import button, dark  # noqa: F401  a fixture

LAYERS: tuple[Layer, ...] = (0, 1, 2, "pool")


@pytest.fixture
def state(make_state: Callable[..., State]) -> State:
    return make_state()


@pytest.fixture
def inspector(state: State, qtbot: QtBot) -> Inspector:
    """A shown inspector of the usual size."""
    made = Inspector(state)
    qtbot.addWidget(made)
    made.resize(340, 680)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def tab(inspector: Inspector) -> LayersTab:
    """Its tab of layers, in front."""
    inspector.setCurrentIndex(2)
    child = inspector.findChild(LayersTab)
    assert isinstance(child, LayersTab)
    return child


def show(state: State, *done: Layer, layers: tuple[Layer, ...] = LAYERS, **progress: Any) -> Profile:
    """Put a profile of the picture's side with rows of some layers into the state."""
    row = profile_row(state.explanation, "image")
    parts = Blocks(0.5, 0.25, 0.25, 0.0)
    profile = Profile("image", layers, tuple(replace(row, layer=layer, magnitudes=parts) for layer in done))
    state.change(profile=ProfileProgress(profile, **progress))
    QGuiApplication.processEvents()  # the list becomes as high as its layers
    return profile


def list_of(tab: LayersTab) -> LayersList:
    child = tab.findChild(LayersList)
    assert isinstance(child, LayersList)
    return child


def centre(layers: LayersList, at: int) -> QPoint:
    return layers.row_rect(at).center().toPoint()


def text_of(tab: LayersTab, name: str) -> str:
    return tab.findChild(QLabel, name).text()


def test_a_view_is_reported_once(state: State, tab: LayersTab, make_explanation: Callable[..., Any]) -> None:
    sides: list[str] = []
    tab.side_viewed.connect(sides.append)
    show(state, 0)
    assert sides == []  # reported when the tab came to the front
    state.change(answer=make_explanation(seed=2), stale=True)
    assert sides == []
    state.change(answer=make_explanation(seed=3), stale=False)
    assert sides == ["image"]
    tab.findChildren(QRadioButton)[1].click()
    assert (sides, tab.side) == (["image", "text"], "text")


def test_the_button_starts_continues_and_is_disabled(state: State, tab: LayersTab, qtbot: QtBot) -> None:
    show(state, 0)
    with qtbot.waitSignal(tab.profile_requested) as requested:
        qtbot.mouseClick(button(tab, "Profile the layers"), Qt.MouseButton.LeftButton)
    assert requested.args == ["image"]
    show(state, 0, "pool", running=True)
    assert not button(tab, "Profiling…").isEnabled()
    assert not any(side.isEnabled() for side in tab.findChildren(QRadioButton))
    show(state, 0, "pool")
    assert button(tab, "Continue").isEnabled()
    show(state, *LAYERS)
    assert not button(tab, "Profile the layers").isEnabled()
    show(state, *LAYERS, stale=True)
    assert button(tab, "Profile the layers").isEnabled()


def test_the_cost_is_estimated_first(state: State, tab: LayersTab) -> None:
    estimate = ProfileEstimate(((0, 0.0), (1, 40.0)), 310_000_000)
    show(state, 0, estimate=estimate)
    assert text_of(tab, "profileCost") == "About 40 s, and 310 MB of memory."
    assert "About 40 s" in button(tab, "Profile the layers").toolTip().replace("\n", " ")
    show(state, 0, 1, estimate=estimate, running=True)
    assert text_of(tab, "profileCost") == ""
    assert describe_cost(ProfileEstimate(((0, 0.0),), 0)) == "Every layer is computed."
    assert describe_cost(ProfileEstimate(((0, 200.0),), 2_340_000_000)) == "About 3 min, and 2.3 GB of memory."


def test_a_stale_profile_is_dimmed_and_labelled(state: State, tab: LayersTab) -> None:
    label = tab.findChild(QLabel, "profileStale")
    show(state, *LAYERS)
    before = list_of(tab).grab().toImage()
    assert not label.isVisible()
    show(state, *LAYERS, stale=True)
    assert label.isVisible()
    assert list_of(tab).grab().toImage() != before


def test_a_click_chooses_a_layer_done_or_not(state: State, tab: LayersTab, qtbot: QtBot) -> None:
    show(state, 0, "pool")
    for at in (3, 1):
        with qtbot.waitSignal(tab.layer_chosen) as chosen:
            QTest.mouseClick(list_of(tab), Qt.MouseButton.LeftButton, pos=centre(list_of(tab), at))
        assert chosen.args == ["image", LAYERS[at]]
    with qtbot.assertNotEmitted(tab.layer_chosen):
        QTest.mouseClick(list_of(tab), Qt.MouseButton.LeftButton, pos=QPoint(20, 4))  # the heads


def test_layers_by_keyboard(state: State, tab: LayersTab, qtbot: QtBot) -> None:
    show(state, 0, "pool")
    layers, keys = list_of(tab), Qt.Key
    with qtbot.assertNotEmitted(tab.layer_chosen):
        QTest.keyClick(layers, keys.Key_Return)
    for key in (keys.Key_Down, keys.Key_Down, keys.Key_Down, keys.Key_Up):
        QTest.keyClick(layers, key)
    assert layers.accessibleDescription().startswith("Layer 1\nNot computed yet.")
    with qtbot.waitSignal(tab.layer_chosen) as chosen:
        QTest.keyClick(layers, keys.Key_Return)
    assert chosen.args == ["image", 1]
    QTest.keyClick(layers, keys.Key_End)
    assert layers.accessibleDescription().startswith("Layer pool\nwords × patches: ")
    QTest.keyClick(layers, keys.Key_Home)
    QTest.keyClick(layers, keys.Key_Up)
    assert layers.accessibleDescription().startswith("Layer 0, on screen\n")
    show(state, 0, "pool", layers=("pool",))  # another tower
    assert layers.accessibleDescription() == ""


def test_a_row_in_words(state: State, tab: LayersTab) -> None:
    row = show(state, 0).rows[0]
    lines = describe_row(row).splitlines()
    assert lines[0] == "words × patches: +0.2000, 64.5 % of the score, 50.0 % of |A|"
    assert lines[4] == "reference terms: +0.0290, 9.4 % of the score"
    assert lines[-1] == "17 nodes, pair; completeness residual 1.0e-04"
    assert describe_row(replace(row, exact=False)).endswith(", not exact")
    assert "score" not in describe_row(replace(row, score=0.005))
    layers = list_of(tab)
    at = centre(layers, 0)
    QGuiApplication.sendEvent(layers, QHelpEvent(QEvent.Type.ToolTip, at, layers.mapToGlobal(at)))
    assert QToolTip.text().startswith("Layer 0, on screen\nwords × patches: ")


@pytest.mark.parametrize(
    ("share", "text"), [(None, ""), (0.5, "50.0 %"), (-0.123, "−12.3 %"), (-0.0004, "0.0 %"), (1.5, "150.0 %")]
)
def test_shares_read_as_percentages(share: float | None, text: str) -> None:
    assert format_share(share) == text


def test_bars_show_the_parts_in_both_themes(state: State, tab: LayersTab, dark: QPalette) -> None:  # noqa: F811
    show(state, 0)
    layers = list_of(tab)
    pictures = []
    for palette in (dark, QPalette(QColor("#eeeeee"))):
        layers.setPalette(palette)
        image = layers.grab().toImage()
        ratio = image.width() / layers.width()
        y = round(centre(layers, 0).y() * ratio)
        colours = [QColor(image.pixel(x, y)).name() for x in range(image.width())]
        counts = [colours.count(COLOURS[name]) for name in tuple(COLOURS)[:4]]
        assert counts[0] == pytest.approx(2 * counts[1], abs=4)
        assert counts[1] == pytest.approx(counts[2], abs=4)
        assert (counts[1] > 10, counts[3]) == (True, 0)
        pictures.append(image)
    assert pictures[0] != pictures[1]


def test_numbers_are_left_out_where_it_is_narrow(state: State, tab: LayersTab) -> None:
    show(state, *LAYERS)
    layers = list_of(tab)
    names = [len(layers._columns().numbers)]
    for width in (240, 150, 80):
        layers.resize(width, layers.height())
        columns = layers._columns()
        names.append(len(columns.numbers))
        assert columns.bar_width >= min(60, width - columns.bar - 10)
    assert names == [3, 1, 0, 0]


def test_a_profile_in_the_window(opened: Opened, qtbot: QtBot) -> None:
    opened.engine.layers = (3, 2)
    opened.session.explain_controller.choose_settings(
        ExplainSettings(steps=33), None
    )  # facts of the fake are told at loading only
    state = opened.state
    qtbot.waitUntil(lambda: not state.stale and state.work is None)
    state.change(facts=replace(state.facts, image_layers=3, text_layers=2))
    opened.window.inspector.setCurrentIndex(2)
    qtbot.waitUntil(lambda: state.profile.estimate is not None)
    tab = opened.window.inspector.findChild(LayersTab)
    qtbot.mouseClick(button(tab, "Profile the layers"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: state.profile.profile.complete and not state.profile.running)
    before = state.explanation
    QTest.mouseClick(list_of(tab), Qt.MouseButton.LeftButton, pos=centre(list_of(tab), 2))
    qtbot.waitUntil(lambda: state.explanation is not before)
    assert (state.explain_settings.image_layer, state.explain_settings.steps) == (2, 33)
    assert state.explanation.settings.image_layer == 2
    assert not state.profile.stale
