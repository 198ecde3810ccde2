"""Downloads: the size is requested first; progress, cancelling and resuming; the network lamp."""

import threading

import pytest
from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QProgressBar
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.progress import Report
from exclip_desktop.session.library.library import limit_rate
from exclip_desktop.session.library.model_listing import Offer
from exclip_desktop.session.state import Transfer
from exclip_desktop.session.tasks import LEFT
from exclip_desktop.ui.models.model_texts import format_download, format_download_question, format_network_state
from exclip_desktop.ui.models.models_dialog import ModelsDialog
from tests.ui.conftest import Opened
from tests.ui.fakes import PATIENCE_S
from tests.ui.models.fake_librarian import LARGE, TOTAL
from tests.ui.models.test_models_dialog import click, column_texts, select
from tests.ui.window.test_widgets import button, child

OFFLINE = "Offline"
SIZE_REQUEST = "Asking for the size of ViT-L-14 (openai)"
QUESTION = "ViT-L-14 (openai), 900 bytes, from example.org. Download it?"


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that were shown; every answer is yes."""
    asked: list[str] = []

    def question(_parent: object, _title: str, text: str) -> QMessageBox.StandardButton:
        asked.append(text)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot, questions: list[str]) -> ModelsDialog:
    """The dialog with a model selected that is not on this computer."""
    opened.window.commands["models"].trigger()
    found = opened.window.findChild(ModelsDialog)
    qtbot.waitUntil(lambda: len(column_texts(found)) == 5)
    select(found, LARGE.name)
    return found


def lamp(opened: Opened) -> str:
    text: str = child(opened.window.status, "Network").text()
    return text


def hold(opened: Opened, qtbot: QtBot, dialog: ModelsDialog) -> None:
    """Click on Download, and stop before the first step."""
    opened.librarian.gate.clear()
    click(dialog, "Download…")
    qtbot.waitUntil(opened.librarian.fetching.is_set)


def downloaded(dialog: ModelsDialog) -> bool:
    return column_texts(dialog)[:2] == ["demo", LARGE.name]


def test_the_size_is_requested_and_shown_before_the_download(
    opened: Opened, dialog: ModelsDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    librarian, seen = opened.librarian, []
    assert (lamp(opened), librarian.asked) == (OFFLINE, [])

    def question(_parent: object, _title: str, text: str) -> QMessageBox.StandardButton:
        seen.append((text, lamp(opened)))  # while the person decides, the network is not used
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", question)
    librarian.ask_gate.clear()
    click(dialog, "Download…")
    assert lamp(opened) == SIZE_REQUEST
    assert not button(dialog, "Download…").isEnabled()
    assert "Requesting the size of" in dialog._fetching.text()
    librarian.ask_gate.set()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(QUESTION, OFFLINE)]
    assert librarian.asked == ["ask ViT-L-14 (openai)"]
    assert button(dialog, "Download…").isEnabled()


def test_a_download_shows_its_progress_and_ends_in_the_list(
    opened: Opened, dialog: ModelsDialog, qtbot: QtBot, questions: list[str]
) -> None:
    lamps: set[str] = set()
    opened.state.transfer_changed.connect(lambda: lamps.add(lamp(opened)))
    click(dialog, "Download…")
    qtbot.waitUntil(lambda: downloaded(dialog))
    assert questions == [QUESTION]
    assert column_texts(dialog)[:3] == ["demo", "ViT-L-14", "ViT-B-32"]
    assert child(dialog, "Path of the selected model").text() == "/cache/new.pt"  # still selected, higher in the list
    assert button(dialog, "Use").isEnabled()
    assert {SIZE_REQUEST, OFFLINE} < lamps
    assert any(told.startswith("Downloading ViT-L-14 (openai)") for told in lamps)
    assert lamp(opened) == OFFLINE


def test_a_cancelled_download_is_resumed_later(
    opened: Opened, dialog: ModelsDialog, qtbot: QtBot, questions: list[str]
) -> None:
    librarian = opened.librarian
    hold(opened, qtbot, dialog)
    bar = child(dialog, "Download")
    assert isinstance(bar, QProgressBar)
    assert bar.isVisible()
    assert lamp(opened).startswith("Downloading")
    librarian.came = 300
    click(dialog, "Cancel")
    qtbot.waitUntil(lambda: opened.state.transfer is None)
    assert (lamp(opened), bar.isVisible(), opened.state.notice) == (OFFLINE, False, None)
    librarian.gate.set()
    librarian.asked.clear()
    click(dialog, "Download…")
    qtbot.waitUntil(lambda: downloaded(dialog))
    assert questions[-1] == (
        "ViT-L-14 (openai), 900 bytes, from example.org. 300 bytes of it are already on this computer. Download it?"
    )
    assert librarian.asked[:2] == ["ask ViT-L-14 (openai)", "fetch 300"]


def test_an_interrupted_download_shows_the_reason_and_is_resumed_later(
    opened: Opened, dialog: ModelsDialog, qtbot: QtBot
) -> None:
    librarian, error = opened.librarian, ModelError("It broke off.", "Fetch it again.")
    hold(opened, qtbot, dialog)
    librarian.raises.append(error)
    librarian.gate.set()
    qtbot.waitUntil(lambda: opened.state.transfer is None)
    assert child(dialog, "Error").text() == "It broke off. Fetch it again."
    assert child(dialog, "Error").isVisible()
    assert (opened.state.notice.message, opened.state.notice.hint) == ("It broke off.", "Fetch it again.")
    assert lamp(opened) == OFFLINE
    click(dialog, "Download…")
    assert not child(dialog, "Error").isVisible()
    qtbot.waitUntil(lambda: downloaded(dialog))


def test_a_question_that_fails_turns_the_lamp_off(
    opened: Opened, dialog: ModelsDialog, qtbot: QtBot, questions: list[str]
) -> None:
    opened.librarian.raises.append(ModelError("No network."))
    click(dialog, "Download…")
    qtbot.waitUntil(lambda: opened.state.notice is not None)
    assert (lamp(opened), questions) == (OFFLINE, [])


def test_a_question_that_was_cancelled_is_not_answered(
    opened: Opened, dialog: ModelsDialog, qtbot: QtBot, questions: list[str]
) -> None:
    opened.librarian.ask_gate.clear()
    click(dialog, "Download…")
    click(dialog, "Cancel")
    assert lamp(opened) == SIZE_REQUEST  # the request is still running
    opened.librarian.ask_gate.set()
    qtbot.waitUntil(lambda: lamp(opened) == OFFLINE)
    assert (questions, opened.librarian.asked) == ([], ["ask ViT-L-14 (openai)"])


def test_a_download_continues_after_the_dialog_is_closed(opened: Opened, dialog: ModelsDialog, qtbot: QtBot) -> None:
    hold(opened, qtbot, dialog)
    dialog.reject()
    stop = child(opened.window.status, "Stop the download")
    qtbot.waitUntil(stop.isVisible)
    opened.librarian.gate.set()
    qtbot.waitUntil(lambda: opened.state.notice is not None)
    assert opened.state.notice.message == "ViT-L-14 (openai) is on this computer now."
    assert (lamp(opened), stop.isVisible()) == (OFFLINE, False)


def test_the_status_line_stops_a_download(opened: Opened, dialog: ModelsDialog, qtbot: QtBot) -> None:
    hold(opened, qtbot, dialog)
    dialog.reject()
    stop = child(opened.window.status, "Stop the download")
    qtbot.waitUntil(stop.isVisible)
    QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lamp(opened) == OFFLINE)
    assert opened.librarian.came < TOTAL


def test_explaining_and_cancelling_it_leave_a_download_alone(
    opened: Opened, dialog: ModelsDialog, qtbot: QtBot
) -> None:
    hold(opened, qtbot, dialog)
    opened.session.cancel()
    opened.session.explain_controller.type_caption("a black hydrant")
    qtbot.waitUntil(lambda: opened.state.explanation.caption.text == "a black hydrant")
    assert opened.state.transfer is not None


def test_a_window_closes_while_a_download_runs(opened: Opened, dialog: ModelsDialog, qtbot: QtBot) -> None:
    hold(opened, qtbot, dialog)
    dialog.reject()
    opened.window.close()
    assert opened.librarian.came < TOTAL


@pytest.mark.parametrize("asks", [True, False])
def test_a_window_closes_though_a_server_does_not_answer(
    opened: Opened, dialog: ModelsDialog, qtbot: QtBot, asks: bool
) -> None:
    librarian, reached, answers, waited = opened.librarian, threading.Event(), threading.Event(), QElapsedTimer()

    def silent(*_: object) -> None:
        reached.set()
        answers.wait(PATIENCE_S)

    setattr(librarian, "request_offer" if asks else "fetch", silent)
    click(dialog, "Download…")
    qtbot.waitUntil(reached.is_set)
    dialog.reject()
    waited.start()
    opened.window.close()
    assert waited.elapsed() < 2000
    left = [thread for thread in threading.enumerate() if thread.name == LEFT]
    assert [thread.daemon for thread in left] == [True]  # the program ends without it
    answers.set()
    for thread in left:
        thread.join(PATIENCE_S)


def test_progress_is_reported_ten_times_a_second_and_at_the_end() -> None:
    told: list[int] = []
    times = iter([0.0, 0.0, 0.05, 0.11, 0.11, 0.12, 0.12, 0.12])
    tell = limit_rate(lambda report: told.append(report.done), lambda: next(times))
    for done in (0, 1, 2, 3, 4):
        tell(Report("x", done, 4))
    assert told == [0, 2, 4]


def test_what_uses_the_network_in_words() -> None:
    half = Transfer("ViT-L-14 (openai)", 445_000_000, 890_000_000, 200.0)
    assert format_network_state(half) == "Downloading ViT-L-14 (openai) 50 %"
    assert format_download(half) == "Downloading ViT-L-14 (openai): 445 MB of 890 MB, 3 min left"
    unknown = Transfer("ViT-L-14 (openai)", 445_000_000)
    assert format_network_state(unknown) == "Downloading ViT-L-14 (openai)"
    assert format_download(unknown) == "Downloading ViT-L-14 (openai): 445 MB"
    nameless = format_download_question(Offer(LARGE, 0, 0, ""))
    assert nameless == "ViT-L-14 (openai), of unknown size. Download it?"
