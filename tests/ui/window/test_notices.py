"""Texts of the banner and the status line: errors, warnings and running work."""

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from exclip_desktop.app import show_uncaught_errors
from exclip_desktop.core.errors import CaptionError, ModelError, PictureError, Remedy
from exclip_desktop.core.text.accuracy_warnings import accuracy_warnings, find_inexact_integrals, unread_reason
from exclip_desktop.core.values.explanation import Explanation, SideReport
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.notices import WINDOW_WORDS, describe_inexactness, describe_remedy
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.worker.requests import ModelChoice
from tests.ui.conftest import Opened
from tests.ui.session.session_desk import Desk
from tests.ui.window.test_widgets import child


def test_work_is_shown_by_its_source(qapp: object) -> None:
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
    desk.hold(lambda: desk.session.explain_controller.type_caption("a cat"))
    desk.session.explain_controller.show_error(CaptionError("The clipboard holds no picture."))
    assert desk.state.work is not None
    desk.session.export_controller.write_numbers(desk.folder / "nowhere" / "a.csv")
    desk.qtbot.waitUntil(lambda: "nowhere" in desk.state.notice.message)
    assert desk.state.work is not None
    assert desk.state.work.what == "Explaining the picture"
    desk.engine.gate.set()
    desk.settle()


def test_an_export_to_a_full_disk_is_reported_and_leaves_no_file(desk: Desk, fill_disk: Callable[[int], None]) -> None:
    desk.open()
    (desk.folder / "out").mkdir()
    fill_disk(20)
    for write, name in (
        (desk.session.export_controller.write_numbers, "a.npz"),
        (lambda path: desk.session.export_controller.write_picture(path, 300), "a.png"),
    ):
        with desk.qtbot.waitSignal(desk.state.notice_changed):
            write(desk.folder / "out" / name)
        text = desk.state.notice
        assert text.message == f"{desk.folder / 'out' / name} cannot be written: the disk is full."
        assert (text.hint, text.kind) == ("Make room, then try again.", "error")
        assert list((desk.folder / "out").iterdir()) == []


def test_an_unexpected_error_is_reported_with_details_and_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.session.explain_controller.show_error(MemoryError())
    assert desk.state.notice.message == "Something went wrong: MemoryError."
    assert "MemoryError" in desk.state.notice.details
    assert "MemoryError" in caplog.text


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (Remedy.CHOOSE_OTHER_MODEL, WINDOW_WORDS[Remedy.CHOOSE_OTHER_MODEL]),
        ("Convert it to PNG (or JPEG).", "Convert it to PNG (or JPEG)."),
    ],
)
def test_the_window_words_a_remedy_by_its_menus(desk: Desk, hint: str | Remedy, text: str) -> None:
    desk.session.explain_controller.show_error(ModelError("No.", hint))
    assert desk.state.notice.hint == text


def test_an_uncaught_error_is_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    show_uncaught_errors(desk.session)
    with desk.qtbot.waitSignal(desk.state.notice_changed):
        sys.excepthook(ZeroDivisionError, ZeroDivisionError("x"), None)
    assert "ZeroDivisionError" in desk.state.notice.message
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_answer_settles_errors_and_its_own_warnings_only(desk: Desk) -> None:
    make, desk.engine.note = desk.engine.make, "The model runs on the CPU."
    desk.session.explain_controller.choose_model(ModelChoice("other"))
    desk.settle()
    desk.session.explain_controller.type_caption("a cat")
    desk.settle()
    assert desk.state.notice.message == desk.engine.note

    def unsettled(caption: str) -> Explanation:
        made = make(caption)
        return replace(made, image_side=replace(made.image_side, converged=False))

    desk.engine.make = unsettled
    desk.session.explain_controller.type_caption("a bird")
    desk.settle()
    assert desk.state.notice.message.startswith(
        f"{desk.engine.note} Accuracy not reached: the picture's integral did not converge"
    )
    desk.engine.make = make
    desk.session.explain_controller.type_caption("a cow")
    desk.settle()
    assert desk.state.notice is None


def _inexact(made: Explanation, **sides: SideReport) -> Explanation:
    return replace(made, **{f"{side}_side": report for side, report in sides.items()})


RIEMANN = SideReport(10, 0.021, None, True, "pair")
UNSETTLED = SideReport(33, 2e-4, 3e-3, False, "reverse mode")
AT_THE_END = replace(UNSETTLED, nodes=129)


@pytest.mark.parametrize(
    ("sides", "text", "remedy"),
    [
        (
            {"image": RIEMANN},
            "Accuracy not reached: the picture's integral misses 2.1 % after 10 nodes.",
            Remedy.ADD_STEPS_OR_ADAPT,
        ),
        (
            {"text": UNSETTLED},
            "Accuracy not reached: the caption's integral did not converge after 33 nodes.",
            Remedy.ADD_ADAPTIVE_STEPS,
        ),
        (
            {"image": AT_THE_END, "text": replace(AT_THE_END, residual=0.004)},
            "Accuracy not reached: the picture's integral did not converge after 129 nodes, and the caption's "
            "integral misses 0.4 % after 129 nodes.",
            Remedy.SHORTEN_PATH,
        ),
        ({"image": replace(RIEMANN, residual=1e-3)}, "", None),
    ],
)
def test_an_inexact_integral_is_reported_in_the_banner(
    make_explanation: Callable[..., Explanation], sides: dict[str, SideReport], text: str, remedy: Remedy | None
) -> None:
    made = _inexact(make_explanation(), **sides)
    assert describe_inexactness(made) == text
    assert describe_remedy(made) == ("" if remedy is None else WINDOW_WORDS[remedy].format(steps=129))
    assert [f"The {warning.name}'s integral" for warning in find_inexact_integrals(made)] == [
        " ".join(notices.split()[:3]) for notices in accuracy_warnings(made)
    ]


def test_two_remedies_are_shown_together(make_explanation: Callable[..., Explanation]) -> None:
    made = _inexact(make_explanation(), image=UNSETTLED, text=AT_THE_END)
    assert (
        describe_remedy(made)
        == f"{WINDOW_WORDS[Remedy.ADD_ADAPTIVE_STEPS].format(steps=129)} {WINDOW_WORDS[Remedy.SHORTEN_PATH]}"
    )


def test_unread_words_are_reported_as_on_the_command_line(
    make_explanation: Callable[..., Explanation],
) -> None:
    made = make_explanation(unseen="in the snow")
    full = replace(made, caption=replace(made.caption, context=len(made.caption.tokens)))
    for explanation in (made, full):
        (notices,) = accuracy_warnings(explanation)
        assert notices.startswith(f"The caption {unread_reason(explanation.caption)}. ")
    assert unread_reason(make_explanation().caption) == ""


def test_a_warning_that_was_closed_comes_back_with_other_settings_only(opened: Opened, qtbot: QtBot) -> None:
    state, explain_controller, make = opened.state, opened.session.explain_controller, opened.engine.make

    def explained_by(explain_settings: ExplainSettings, caption: str) -> None:
        before = state.explanation
        explain_controller.type_caption(caption)
        explain_controller.choose_settings(explain_settings, None)
        qtbot.waitUntil(
            lambda: (
                state.explanation is not before
                and not state.stale
                and state.provenance.explain_settings == explain_settings
            )
        )

    def close() -> None:
        qtbot.mouseClick(child(opened.window.banner, "Close the message"), Qt.MouseButton.LeftButton)
        assert not opened.window.banner.isVisible()

    opened.engine.make = lambda caption: _inexact(make(caption), image=RIEMANN)
    published = ExplainSettings(quadrature="riemann-right")
    explained_by(published, "a cat")
    assert opened.window.banner.isVisible()
    assert state.notice.kind == "note"
    assert state.notice.message == "Accuracy not reached: the picture's integral misses 2.1 % after 10 nodes."
    assert state.notice.hint == WINDOW_WORDS[Remedy.ADD_STEPS_OR_ADAPT]
    close()
    explained_by(published, "a red cat")
    assert not opened.window.banner.isVisible()
    opened.engine.make = lambda caption: _inexact(_unseen(make(caption)), image=RIEMANN)
    explained_by(published, "a red dog")  # another warning is shown nevertheless
    assert state.notice.message == "The caption ends at its typed end token. The greyed words were not seen."
    assert state.notice.hint == ""
    close()
    explained_by(replace(published, steps=5), "a red cow")
    assert "were not seen. Accuracy not reached: the picture's integral misses" in state.notice.message
    opened.engine.make = make
    explained_by(ExplainSettings(), "a bird")
    assert not opened.window.banner.isVisible()


def test_closing_another_warning_does_not_close_those_of_integrals(opened: Opened, qtbot: QtBot) -> None:
    state, explain_controller, make = opened.state, opened.session.explain_controller, opened.engine.make
    opened.engine.make = lambda caption: _unseen(make(caption))
    explain_controller.type_caption("a dog")
    qtbot.waitUntil(lambda: state.notice is not None)
    explain_controller.dismiss()
    opened.engine.make = lambda caption: _inexact(make(caption), text=UNSETTLED)
    explain_controller.type_caption("a cat")
    qtbot.waitUntil(lambda: state.notice is not None)
    assert "did not converge" in state.notice.message


def _unseen(made: Explanation) -> Explanation:
    text = made.caption.text
    return replace(made, caption=replace(made.caption, unseen=(text.rindex(" ") + 1, len(text))))


@pytest.mark.parametrize("width", [1000, 1130, 1280])
def test_message_and_hint_lie_in_the_banner_the_first_time_too(opened: Opened, qtbot: QtBot, width: int) -> None:
    opened.window.resize(width, 700)
    opened.window.pair_list_dock.show()
    qtbot.waitUntil(lambda: opened.window.canvas.width() < width - 500)
    opened.session.explain_controller.show_error(
        PictureError("There is no picture /home/someone/pictures/gone.png.", "Check it.")
    )
    banner = opened.window.banner
    texts = [banner.findChild(QLabel, name) for name in ("bannerMessage", "bannerHint")]
    for text in texts:
        qtbot.waitUntil(lambda text=text: text.height() == text.heightForWidth(text.width()))
    assert texts[0].geometry().bottom() < texts[1].y()
    assert texts[1].geometry().bottom() < banner.height() - 6
