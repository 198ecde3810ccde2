"""What the banner and the status line say: errors, warnings, and what runs."""

import sys
from dataclasses import replace

import pytest

from exclip_desktop.app import show_lost_errors
from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.explanation import Explanation
from exclip_desktop.session.requests import ModelChoice
from exclip_desktop.session.state import State, Work
from tests.ui.session_desk import Desk


def test_what_runs_is_shown_by_who_runs_it(qapp: object) -> None:
    state = State()
    state.put_work("worker", Work("Preparing", idle=True))
    state.put_work("task", Work("Writing"))
    assert state.work == Work("Writing")
    state.put_work("worker", Work("Preparing", 1, 2, idle=True))
    assert state.work == Work("Writing")
    state.put_work("worker", Work("Explaining"))
    state.put_work("task", None)
    assert state.work == Work("Explaining")
    state.put_work("worker", None)
    assert state.work is None


def test_a_refusal_leaves_what_runs(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explaining.type_caption("a cat"))
    desk.session.explaining.refuse(CaptionError("The clipboard holds no picture."))
    assert desk.state.work is not None
    desk.session.exporting.write_numbers(desk.folder / "nowhere" / "a.csv")
    desk.qtbot.waitUntil(lambda: "nowhere" in desk.state.notice.message)
    assert desk.state.work is not None
    assert desk.state.work.what == "Explaining the picture"
    desk.engine.gate.set()
    desk.settle()


def test_an_unforeseen_error_is_told_with_details_and_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.session.explaining.refuse(MemoryError())
    assert desk.state.notice.message == "Something went wrong: MemoryError."
    assert "MemoryError" in desk.state.notice.details
    assert "MemoryError" in caplog.text


def test_an_error_nobody_caught_is_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    show_lost_errors(desk.session)
    with desk.qtbot.waitSignal(desk.state.notice_changed):
        sys.excepthook(ZeroDivisionError, ZeroDivisionError("x"), None)
    assert "ZeroDivisionError" in desk.state.notice.message
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_answer_settles_trouble_and_its_own_warnings_only(desk: Desk) -> None:
    make, desk.engine.note = desk.engine.make, "The model runs on the CPU."
    desk.session.explaining.choose_model(ModelChoice("other"))
    desk.settle()
    desk.session.explaining.type_caption("a cat")
    desk.settle()
    assert desk.state.notice.message == desk.engine.note

    def unsettled(caption: str) -> Explanation:
        made = make(caption)
        return replace(made, image_side=replace(made.image_side, converged=False))

    desk.engine.make = unsettled
    desk.session.explaining.type_caption("a bird")
    desk.settle()
    assert desk.state.notice.message.startswith(f"{desk.engine.note} The picture's integral has not settled")
    desk.engine.make = make
    desk.session.explaining.type_caption("a cow")
    desk.settle()
    assert desk.state.notice is None
