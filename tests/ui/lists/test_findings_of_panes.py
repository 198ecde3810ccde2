"""Findings of the pane in use: which one that is, what is kept of it, and what comes back."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from exclip_desktop.core.errors import MethodError, ModelError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.finding import Finding, make_numbers
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.compare.pane import Pane, PaneKey
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.project.finding_rows import load_findings
from exclip_desktop.storage.project.project_files import open_project
from exclip_desktop.ui.compare.pane_view import PaneView
from exclip_desktop.ui.lists.findings_table import KEYS
from exclip_desktop.ui.lists.note_dialog import NoteDialog
from tests.ui.lists.findings_desk import BOX, REMARK, Desk

THREE = ("second-order", "maskclip", "itsm")
CHOSEN = Selection((2,), (BOX,))
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def desk(qtbot: object, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    """A window whose compare view shows three methods under a selected word and box."""
    made = Desk(qtbot, tmp_path, make_explanation).start()
    made.session.compare_methods(THREE)
    made.session.state.change(selection=CHOSEN)
    made.session.compare_controller.open()
    _fill(made)
    return made


def _fill(desk: Desk) -> None:
    compare_controller = desk.session.compare_controller
    desk.qtbot.waitUntil(
        lambda: (
            all(pane.status.kind in ("done", "failed") for pane in compare_controller.panes)
            and all(
                pane.status.kind == "failed" or compare_controller.is_answered(pane)
                for pane in compare_controller.panes
            )
            and desk.session.state.work is None
        )
    )


def _pane(desk: Desk, method: str, beside: bool = False) -> Pane:
    return next(pane for pane in desk.session.compare_controller.panes if pane.key == PaneKey(method, beside))


def _view(desk: Desk, method: str) -> PaneView:
    return next(view for view in desk.window.grid.views if view.pane.key == PaneKey(method))


def _noted(desk: Desk, method: str, beside: bool = False) -> Finding:
    desk.session.active_pane.use(_pane(desk, method, beside))
    desk.note()
    return desk.kept()[-1]


def _leave(desk: Desk) -> None:
    """Go to another picture, in our view alone."""
    desk.session.compare_controller.close()
    desk.session.explain_controller.open_file(str(desk.folder / "a.png"), "a dog")
    desk.settle("a dog")


def _restore(desk: Desk, finding: Finding) -> None:
    with desk.qtbot.waitSignal(desk.session.finding_restorer.restored) as blocker:
        desk.session.finding_restorer.restore(finding)
    assert blocker.args == [finding.id]


def test_a_map_is_noted_with_its_options_target_and_values(desk: Desk) -> None:
    found = _noted(desk, "maskclip")
    seen = _pane(desk, "maskclip").scene.answer
    assert (found.view.method, found.view.settings["options"]) == ("maskclip", {"weighted": True})
    assert (found.view.settings["target"], found.view.settings["target_score"]) == ("red", 0.25)
    assert found.view.selection == CHOSEN
    assert found.view.settings["choice"]["name"] == "demo"
    assert found.view.settings["how"]["quadrature"] == "adaptive"
    assert found.numbers.score == desk.session.state.explanation.score
    assert found.numbers.heat == tuple(map(tuple, seen.interactions.patches.tolist()))
    assert (found.numbers.block, found.numbers.share, found.numbers.residual) == (None, None, None)
    assert [word.value for word in found.numbers.words] == [None, None, None]
    assert 0 < found.share_inside < 1


def test_a_matrix_is_noted_with_its_sums_but_no_ledger(desk: Desk) -> None:
    found, ours = _noted(desk, "itsm"), _noted(desk, "second-order")
    assert (found.view.method, ours.view.method) == ("itsm", "second-order")
    assert found.numbers.block == ours.numbers.block
    assert (found.numbers.residual, dict(found.numbers.ledger)) == (None, {})
    assert ours.numbers.ledger


def test_ours_is_noted_until_another_pane_is_used_and_once_the_view_is_closed(desk: Desk) -> None:
    desk.note()
    desk.session.active_pane.use(_pane(desk, "itsm"))
    desk.session.compare_controller.close()
    assert desk.session.active_pane.pane is None
    desk.note()
    assert [found.view.method for found in desk.kept()] == ["second-order"] * 2


def test_the_pane_that_is_clicked_enlarged_or_has_the_keyboard_is_in_use(desk: Desk) -> None:
    active_pane, window = desk.session.active_pane, desk.window
    titles = {method: _view(desk, method)._title for method in THREE}
    QTest.mouseClick(_view(desk, "itsm").strip, LEFT, pos=QPoint(10, 10))
    assert active_pane.pane is _pane(desk, "itsm")
    assert [method for method, title in titles.items() if title.font().bold()] == ["itsm"]
    QTest.mouseClick(_view(desk, "second-order"), LEFT, pos=QPoint(10, 8))
    assert active_pane.pane is _pane(desk, "second-order")
    QTest.mouseClick(_view(desk, "maskclip").canvas.view.viewport(), LEFT, pos=QPoint(5, 5))
    assert active_pane.pane is _pane(desk, "maskclip")
    window.activateWindow()
    _view(desk, "itsm").strip.setFocus()
    desk.qtbot.waitUntil(lambda: active_pane.pane is _pane(desk, "itsm"))
    active_pane.enlarge(_pane(desk, "maskclip"))
    assert active_pane.pane is _pane(desk, "maskclip")
    active_pane.enlarge(None)
    assert active_pane.pane is _pane(desk, "maskclip")
    assert [method for method, title in titles.items() if title.font().bold()] == ["maskclip"]
    desk.session.compare_methods(("second-order", "itsm"))
    assert (active_pane.pane, active_pane.enlarged) == (None, None)


def test_the_note_dialog_names_the_method(desk: Desk) -> None:
    said: list[str] = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, NoteDialog)
        said.append(dialog.findChild(QLabel).text())
        desk.session.active_pane.use(_pane(desk, "itsm"))  # what was shown is noted, whatever comes meanwhile
        dialog.accept()

    desk.session.active_pane.use(_pane(desk, "maskclip"))
    QTimer.singleShot(0, answer)
    desk.window.commands["note"].trigger()
    desk.qtbot.waitUntil(lambda: desk.session.state.work is None and len(desk.kept()) == 1)
    assert said == ["a red balloon\nMaskCLIP\nred × the dog"]
    assert desk.kept()[0].view.method == "maskclip"


def test_a_pane_without_its_answer_is_not_noted(desk: Desk) -> None:
    desk.session.active_pane.use(_pane(desk, "maskclip"))
    desk.session.selection_controller.commit_rows((2,), (3,))  # the map on screen is for another word
    assert desk.session.active_pane.active_answer is None
    desk.window.commands["note"].trigger()
    notice = desk.session.state.notice
    assert notice.message == "There is nothing to note of MaskCLIP yet."
    _fill(desk)
    assert desk.session.active_pane.active_answer.answer.target == "balloon"
    desk.engine.pane_raises["game"] = MethodError("No blocks to look into.")
    desk.session.compare_methods((*THREE, "game"))
    _fill(desk)
    desk.session.active_pane.use(_pane(desk, "game"))
    assert desk.session.active_pane.active_answer is None
    assert not desk.file.exists()


def test_the_second_model_is_noted_with_its_own_settings(desk: Desk) -> None:
    desk.session.second_model.open(ModelChoice("other"))
    desk.qtbot.waitUntil(lambda: len(desk.session.compare_controller.panes) == 6)
    _fill(desk)
    found = _noted(desk, "itsm", beside=True)
    assert (found.view.settings["choice"]["name"], found.view.model) == ("other", "other")
    assert _noted(desk, "second-order", beside=True).view.settings["choice"]["name"] == "other"
    assert _noted(desk, "itsm").view.settings["choice"]["name"] == "demo"


def test_the_table_names_the_method_and_orders_by_it(desk: Desk) -> None:
    for method in ("maskclip", "second-order", "itsm"):
        _noted(desk, method)
    desk.look()
    desk.tab.view.sort_by("method", descending=False)
    rows = desk.tab.view.model()
    methods = [rows.index(row, KEYS.index("method")).data() for row in range(3)]
    assert methods == ["ITSM", "MaskCLIP: weighted True", "Second-order attributions"]
    tips = [rows.data(rows.index(row, 0), Qt.ItemDataRole.ToolTipRole).split("\n")[1] for row in range(3)]
    assert tips == ["ITSM", "MaskCLIP: weighted True", "Second-order attributions"]


@pytest.mark.parametrize("method", ["maskclip", "itsm"])
def test_a_finding_opens_again_in_its_method_s_pane(desk: Desk, method: str) -> None:
    found = _noted(desk, method)
    _leave(desk)
    desk.session.compare_methods(("second-order",))
    _restore(desk, found)
    active_pane, compare_controller = desk.session.active_pane, desk.session.compare_controller
    assert compare_controller.is_open
    assert (active_pane.enlarged, active_pane.pane) == (_pane(desk, method), _pane(desk, method))
    assert _view(desk, method).isVisible()
    assert not _view(desk, "second-order").isVisible()
    assert desk.session.state.selection == CHOSEN
    assert desk.session.state.notice is None
    assert desk.session.settings.methods() == ("second-order",)  # what the person chose to compare stays
    noted = active_pane.active_answer
    assert make_numbers(noted.answer, noted.selection, noted.score) == found.numbers


def test_ours_opens_again_alone_or_in_the_open_view(desk: Desk) -> None:
    found = _noted(desk, "second-order")
    desk.session.active_pane.enlarge(_pane(desk, "itsm"))
    _restore(desk, found)
    assert desk.session.active_pane.enlarged is _pane(desk, "second-order")
    _leave(desk)
    _restore(desk, found)
    assert not desk.session.compare_controller.is_open
    assert desk.session.state.notice is None


def test_a_pair_that_is_remembered_is_compared_too(desk: Desk) -> None:
    """The engine may give the same explanation again, and then only the picture is another object."""
    found, same = _noted(desk, "second-order"), desk.session.state.explanation
    desk.session.compare_controller.close()
    desk.engine.make = lambda caption: same
    _restore(desk, found)
    assert desk.session.state.notice is None
    desk.session.explain_controller.type_caption("a red balloon ")
    desk.settle("a red balloon")
    assert desk.session.state.notice is None  # nothing is left to be compared


def test_a_map_whose_values_weights_or_options_differ_now_is_reported(desk: Desk) -> None:
    found = _noted(desk, "maskclip")
    settings = {**found.view.settings, "weights_sha256": "1" * 64, "options": {"weighted": False, "old": 1}}
    heat = tuple(tuple(value * 2 for value in row) for row in found.numbers.heat)
    before = replace(found, view=replace(found.view, settings=settings), numbers=replace(found.numbers, heat=heat))
    _leave(desk)
    _restore(desk, before)
    assert desk.session.state.notice.message == (
        f"Differs from the finding of {found.created[:10]}: the weights differ; weighted False then, True now; "
        "old 1 then, none now; patches differ by up to 3.0e+00."
    )


def test_a_method_that_fails_reports_it_in_its_pane(desk: Desk) -> None:
    found = _noted(desk, "maskclip")
    _leave(desk)
    desk.engine.pane_raises["maskclip"] = MethodError("No blocks to look into.")
    desk.session.finding_restorer.restore(found)
    desk.settle("a red balloon")
    desk.qtbot.waitUntil(lambda: _pane(desk, "maskclip").status.kind == "failed")
    assert _view(desk, "maskclip").error_text == "No blocks to look into."
    del desk.engine.pane_raises["maskclip"]
    compared: list[int] = []
    desk.session.finding_restorer.restored.connect(compared.append)
    desk.session.selection_controller.commit_rows((2,), (3,))
    _fill(desk)
    assert compared == []  # its answer for other words is no finding's


def test_a_method_of_a_later_version_is_reported(desk: Desk) -> None:
    found = _noted(desk, "maskclip")
    _leave(desk)
    desk.session.finding_restorer.restore(replace(found, view=replace(found.view, method="later")))
    desk.settle("a red balloon")
    assert "does not know: later" in desk.session.state.notice.message
    assert not desk.session.compare_controller.is_open


def test_a_finding_whose_pair_cannot_be_explained_opens_nothing_later(desk: Desk) -> None:
    found = _noted(desk, "maskclip")
    _leave(desk)
    desk.engine.raises.append(ModelError("The model is gone."))
    desk.session.explain_controller.ready.clear()
    desk.session.finding_restorer.restore(found)
    desk.qtbot.waitUntil(lambda: desk.session.state.notice is not None)
    desk.session.explain_controller.open_file(str(desk.folder / "a.png"), "a red balloon")
    desk.settle("a red balloon")
    assert not desk.session.compare_controller.is_open


def test_a_restored_finding_is_no_more_waited_for_once_it_is_cancelled(desk: Desk) -> None:
    found = _noted(desk, "maskclip")
    _leave(desk)
    desk.engine.gate.clear()
    desk.session.explain_controller.ready.clear()
    desk.session.finding_restorer.restore(found)
    desk.qtbot.waitUntil(lambda: desk.session.state.explanation is None)
    desk.session.cancel()
    desk.engine.gate.set()
    desk.session.explain_controller.open_file(str(desk.folder / "a.png"), "a red balloon")
    desk.settle("a red balloon")
    assert not desk.session.compare_controller.is_open


def test_findings_from_before_open_as_ours(desk: Desk) -> None:
    """A file that names no options, as those written before other methods could be noted."""
    desk.session.active_pane.use(_pane(desk, "second-order"))
    desk.note()
    with open_project(desk.file) as project:
        (old,) = load_findings(project)
    assert "options" not in old.view.settings
    _leave(desk)
    _restore(desk, old)
    assert desk.session.state.notice is None


def test_a_box_alone_keeps_the_whole_caption_as_target(desk: Desk) -> None:
    desk.session.state.change(selection=Selection((), (Region((0.0, 0.0, 640.0, 480.0)),)))
    _fill(desk)
    found = _noted(desk, "maskclip")
    assert found.view.settings["target"] == "a red balloon"
    assert found.share_inside == pytest.approx(1.0)
    assert not any(word.selected for word in found.numbers.words)
    assert REMARK.rating == found.rating
