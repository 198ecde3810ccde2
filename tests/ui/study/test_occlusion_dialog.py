"""The selection put to the test: asked after a pause, shown in a table, forgotten with the selection."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.ui.study.occlusion_dialog import SELECT, MeasureDialog
from tests.ui.conftest import Opened

BOX = Region((100.0, 100.0, 300.0, 300.0))


@pytest.fixture
def dialog(opened: Opened) -> Iterator[MeasureDialog]:
    opened.window.commands["measure"].trigger()
    found = opened.window.findChild(MeasureDialog)
    yield found
    found.close()


def _told(dialog: MeasureDialog) -> dict[str, str]:
    return {label.objectName(): label.text() for label in dialog.findChildren(QLabel) if label.objectName()}


def _select(opened: Opened) -> None:
    opened.session.selection_controller.commit_rows((), (2,))
    opened.session.selection_controller.commit_regions((), (BOX,), "draw box")


def test_it_asks_for_a_selection_of_both_sides(opened: Opened, dialog: MeasureDialog) -> None:
    assert _told(dialog)["what"] == SELECT
    opened.session.selection_controller.commit_rows((), (2,))
    assert _told(dialog)["what"] == SELECT
    assert opened.engine.measured == []


def test_the_selections_scores_are_shown(opened: Opened, dialog: MeasureDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.state.occlusion_changed):
        _select(opened)
    qtbot.waitUntil(lambda: opened.state.occlusion is not None)
    told = _told(dialog)
    assert [told[name] for name in ("both", "without_regions", "without_words", "neither")] == [
        "+0.5000",
        "+0.3000",
        "+0.4000",
        "+0.2500",
    ]
    assert (told["interaction"], told["attributed"]) == ("+0.0500", "+0.1250")
    assert opened.engine.measured[-1].selection == Selection((2,), (BOX,))
    assert opened.engine.measured[-1].fill == "mean"
    assert "red" in told["what"]


def test_a_gesture_asks_once(opened: Opened, dialog: MeasureDialog, qtbot: QtBot) -> None:
    opened.session.selection_controller.commit_rows((), (2,))
    for step in range(20):
        opened.session.selection_controller.show_regions((Region((100.0, 100.0, 200.0 + step, 300.0)),))
    qtbot.waitUntil(lambda: opened.state.occlusion is not None)
    assert len(opened.engine.measured) == 1


def test_another_fill_asks_again_and_another_selection_forgets(
    opened: Opened, dialog: MeasureDialog, qtbot: QtBot
) -> None:
    _select(opened)
    qtbot.waitUntil(lambda: opened.state.occlusion is not None)
    dialog.findChild(QComboBox).setCurrentIndex(2)
    qtbot.waitUntil(lambda: opened.state.occlusion is not None and opened.state.occlusion.fill == "mirror")
    opened.session.selection_controller.clear()
    assert opened.state.occlusion is None
    assert _told(dialog)["both"] == ""


def test_its_trouble_is_told(
    opened: Opened, dialog: MeasureDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise SettingsError("No such fill.", "Choose another.")

    monkeypatch.setattr(opened.engine, "score_occlusion", broken)
    _select(opened)
    qtbot.waitUntil(lambda: opened.state.notice is not None)
    assert opened.state.notice.message == "No such fill."
