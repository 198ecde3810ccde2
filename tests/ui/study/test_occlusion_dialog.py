"""The occlusion dialog: it requests scores after a pause, shows them, and clears them with the selection."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.ui.study.occlusion_dialog import NO_SELECTION, OcclusionDialog
from tests.ui.conftest import Opened

BOX = Region((100.0, 100.0, 300.0, 300.0))


@pytest.fixture
def dialog(opened: Opened) -> Iterator[OcclusionDialog]:
    opened.window.commands["occlude"].trigger()
    shown = opened.window.findChild(OcclusionDialog)
    yield shown
    shown.close()


def _texts(dialog: OcclusionDialog) -> dict[str, str]:
    return {label.objectName(): label.text() for label in dialog.findChildren(QLabel) if label.objectName()}


def _select(opened: Opened) -> None:
    opened.session.selection_controller.commit_rows((), (2,))
    opened.session.selection_controller.commit_regions((), (BOX,), "draw box")


def test_words_and_boxes_must_be_selected(opened: Opened, dialog: OcclusionDialog) -> None:
    assert _texts(dialog)["selection"] == NO_SELECTION
    opened.session.selection_controller.commit_rows((), (2,))
    assert _texts(dialog)["selection"] == NO_SELECTION
    assert opened.engine.occlusion_requests == []


def test_scores_of_the_occluded_selection(opened: Opened, dialog: OcclusionDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.state.occlusion_changed):
        _select(opened)
    qtbot.waitUntil(lambda: opened.state.occlusion is not None)
    texts = _texts(dialog)
    assert [texts[name] for name in ("both", "without_regions", "without_words", "neither")] == [
        "+0.5000",
        "+0.3000",
        "+0.4000",
        "+0.2500",
    ]
    assert (texts["interaction"], texts["attributed"]) == ("+0.0500", "+0.1250")
    assert opened.engine.occlusion_requests[-1].selection == Selection((2,), (BOX,))
    assert opened.engine.occlusion_requests[-1].fill == "mean"
    assert "red" in texts["selection"]


def test_a_drag_sends_one_request(opened: Opened, dialog: OcclusionDialog, qtbot: QtBot) -> None:
    opened.session.selection_controller.commit_rows((), (2,))
    for step in range(20):
        opened.session.selection_controller.show_regions((Region((100.0, 100.0, 200.0 + step, 300.0)),))
    qtbot.waitUntil(lambda: opened.state.occlusion is not None)
    assert len(opened.engine.occlusion_requests) == 1


def test_another_fill_sends_a_request_and_another_selection_clears_the_scores(
    opened: Opened, dialog: OcclusionDialog, qtbot: QtBot
) -> None:
    _select(opened)
    qtbot.waitUntil(lambda: opened.state.occlusion is not None)
    dialog.findChild(QComboBox).setCurrentIndex(2)
    qtbot.waitUntil(lambda: opened.state.occlusion is not None and opened.state.occlusion.fill == "mirror")
    opened.session.selection_controller.clear()
    assert opened.state.occlusion is None
    assert _texts(dialog)["both"] == ""


def test_its_trouble_is_texts(
    opened: Opened, dialog: OcclusionDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise SettingsError("No such fill.", "Choose another.")

    monkeypatch.setattr(opened.engine, "score_occlusion", broken)
    _select(opened)
    qtbot.waitUntil(lambda: opened.state.notice is not None)
    assert opened.state.notice.message == "No such fill."
