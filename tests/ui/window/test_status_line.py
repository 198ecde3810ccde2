"""The status line."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QElapsedTimer, QEvent, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QProgressBar, QToolTip
from pytestqt.qtbot import QtBot

from exclip_desktop.core.text.number_format import format_rough_time
from exclip_desktop.core.values.cost_estimates import RemainingTime
from exclip_desktop.core.values.explanation import SideReport
from exclip_desktop.session.state import Provenance, State, Work
from exclip_desktop.session.worker.requests import ModelFacts
from exclip_desktop.ui.models.model_texts import BUNDLED_NOTE
from exclip_desktop.ui.widgets.labels import ElidedLabel
from exclip_desktop.ui.widgets.status_line import LEFT_OUT, SHOW_AFTER_MS, StatusLine, WorkBar, format_duration
from exclip_desktop.ui.window import PANELS_HIDDEN
from tests.ui.window.test_widgets import button, child

FACTS = ModelFacts("ViT-B-32", "cpu", 12, 12, 77)


def shown_text(line: StatusLine) -> str:
    """Return the texts on the line, from left to right."""
    parts = [child(line, "Model and device").text(), child(line, "Score, time and origin").text()]
    return " ".join(" ".join(parts).split())


def test_the_status_line_shows_model_device_score_time_and_origin(
    make_state: Callable[..., State], qtbot: QtBot
) -> None:
    state = make_state()
    line = StatusLine(state)
    qtbot.addWidget(line)
    assert shown_text(line).startswith("demo ·")
    state.change(facts=FACTS, provenance=Provenance(0.42, cached=False))
    assert shown_text(line) == "ViT-B-32 · cpu · score +0.3100 · 0.42 s · computed"
    state.change(provenance=Provenance(0.003, cached=True), stale=True)
    assert shown_text(line) == "ViT-B-32 · cpu · score +0.3100 · 3 ms · from the cache"
    assert not child(line, "Score, time and origin").isEnabled()
    state.change(answer=None)
    assert shown_text(line) == "ViT-B-32 · cpu"
    assert child(line, "Network").text() == "Offline"


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        (replace(FACTS, weights="openai"), "ViT-B-32 (openai)"),
        (replace(FACTS, weights="epoch_30.pt"), "ViT-B-32 (epoch_30.pt)"),
        (replace(FACTS, name="/models/mine"), "mine"),
        (replace(FACTS, name="demo"), "demo"),
    ],
)
def test_the_status_line_names_what_is_loaded_not_the_architecture_alone(
    facts: ModelFacts, title: str, make_state: Callable[..., State], qtbot: QtBot
) -> None:
    state = make_state()
    line = StatusLine(state)
    qtbot.addWidget(line)
    state.change(facts=facts)
    assert child(line, "Model and device").text() == f"{title}  ·  cpu"
    assert state.model_name == title


MESSAGES = (
    *("", "Noted: sample-01.jpg", PANELS_HIDDEN),
    "3 pairs are not explained yet and did not change. Explain first.",
    "Mismatch: stored when the pair is explained",
)
WORK = (
    Work("Computing ahead: other captions", 300, 1000, idle=True),
    Work("Computing ahead: pair 1,234 of 10,000", 300, 1000, idle=True),
    Work("Explaining the layers of the picture", 300, 1000),
)


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("width_px", [960, 1366, 1920])
def test_no_sentence_is_shortened(
    width_px: int, work: Work, message: str, make_state: Callable[..., State], qtbot: QtBot
) -> None:
    state = make_state()
    line = StatusLine(state)
    qtbot.addWidget(line)
    line.resize(width_px - 8, line.sizeHint().height())
    line.show()
    state.change(facts=FACTS, provenance=Provenance(63.0, cached=False))
    state.put_work(line, work)
    line._left_s = 20.0
    line._on_waited()
    line.show_message(message, can_undo=True)
    QApplication.processEvents()
    labels = [label for label in line.findChildren(ElidedLabel) if label.isVisible()]
    assert [label.text() for label in labels if label.is_cut] == []
    assert child(line, "Message").text() == message
    assert child(line, "Progress").isVisible()
    if not message:
        assert work.what in [label.text().partition(", about")[0] for label in labels]
    if width_px == 1920:
        assert "computed" in shown_text(line)


def test_what_is_left_out_first_matters_least(make_state: Callable[..., State], qtbot: QtBot) -> None:
    state = make_state()
    state.change(facts=FACTS, provenance=Provenance(0.42, cached=False))
    line = StatusLine(state)
    qtbot.addWidget(line)
    line.show()
    texts = []
    for width_px in range(700, 20, -10):
        line.resize(width_px, 30)
        if not texts or texts[-1] != line_text(line):
            texts.append(line_text(line))
    assert texts[:7] == [
        "ViT-B-32 · cpu · score +0.3100 · 0.42 s · computed Offline",
        "ViT-B-32 · cpu · score +0.3100 · 0.42 s Offline",
        "ViT-B-32 · cpu · score +0.3100 Offline",
        "ViT-B-32 · score +0.3100 Offline",
        "ViT-B-32 · score +0.3100",
        "ViT-B-32",
        "",
    ]
    assert child(line, "Score, time and origin").accessibleDescription() == "·  score +0.3100  ·  0.42 s  ·  computed"
    assert len(LEFT_OUT) == len(set(LEFT_OUT))


def line_text(line: StatusLine) -> str:
    """Return all that the line shows without work, from left to right."""
    return f"{shown_text(line)} {child(line, 'Network').text()}".strip()


def test_a_shortened_text_has_a_tooltip_with_the_whole_text(qtbot: QtBot) -> None:
    label = ElidedLabel(4)
    qtbot.addWidget(label)
    label.show_text("Explaining the second model")
    label.setToolTip("About 3 s left")
    try:
        for width, tip in ((60, "Explaining the second model\nAbout 3 s left"), (600, "About 3 s left")):
            label.resize(width, 20)
            assert label.is_cut == (width == 60)
            at = label.rect().center()
            QApplication.sendEvent(label, QHelpEvent(QEvent.Type.ToolTip, at, label.mapToGlobal(at)))
            assert QToolTip.text() == tip
    finally:
        QToolTip.hideText()


def test_a_message_is_shown_for_a_moment(
    make_state: Callable[..., State], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exclip_desktop.ui.widgets.status_line.MESSAGE_MS", 1)
    line = StatusLine(make_state())
    qtbot.addWidget(line)
    line.resize(900, 30)
    line.show()
    before, message = shown_text(line), child(line, "Message")
    assert not message.isVisible()
    line.show_message("2 labels kept in the project")
    assert (message.text(), message.accessibleDescription(), message.isVisible()) == (
        *["2 labels kept in the project"] * 2,
        True,
    )
    assert shown_text(line) == before
    qtbot.waitUntil(lambda: not message.isVisible())
    assert message.text() == ""


def test_the_status_line_marks_inexact_numbers(make_state: Callable[..., State], qtbot: QtBot) -> None:
    state = make_state()
    line = StatusLine(state)
    qtbot.addWidget(line)
    result, made = child(line, "Score, time and origin"), state.explanation
    assert result.toolTip() == ""
    state.change(answer=replace(made, image_side=SideReport(10, 0.02, None, True, "pair")))
    assert "score +0.3100 · not exact · " in shown_text(line)
    assert (
        result.toolTip().replace("\n", " ")
        == "Accuracy not reached: the picture's integral misses 2.0 % after 10 nodes."
    )
    state.change(answer=made)
    assert "not exact" not in shown_text(line)


def test_the_status_line_describes_the_bundled_model(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    state = make_state()
    line = StatusLine(state)
    qtbot.addWidget(line)
    name = child(line, "Model and device")
    for facts in (None, ModelFacts("demo", "cpu", 3, 3, 32)):
        state.change(facts=facts)
        assert name.toolTip().replace("\n", " ") == BUNDLED_NOTE
        assert max(len(text) for text in name.toolTip().splitlines()) <= 72
    state.change(facts=replace(FACTS, note="The model runs on the CPU."))
    assert name.toolTip() == "The model runs on the CPU."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "1 ms"), (0.0314, "31 ms"), (0.42, "0.42 s"), (12.34, "12.3 s"), (59.97, "60.0 s"), (125.2, "2 min 5 s")],
)
def test_times_read_as_a_person_writes_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_progress_and_cancel_show_for_long_work_only(qtbot: QtBot) -> None:
    state = State()
    line = StatusLine(state)
    qtbot.addWidget(line)
    line.show()
    bar, cancel = line.findChild(QProgressBar), button(line, "Cancel")
    height, waited = line.height(), QElapsedTimer()
    waited.start()
    state.change(work=Work("Explaining the picture", 0, 0))
    assert not bar.isVisible()
    state.change(work=Work("Explaining the picture", 3, 9))  # progress does not restart the delay
    qtbot.waitUntil(cancel.isVisible, timeout=5000)
    assert waited.elapsed() >= SHOW_AFTER_MS * 0.95  # a coarse timer may be early by a twentieth
    assert (bar.isVisible(), bar.value(), bar.maximum(), line.height()) == (True, 3, 9, height)
    state.change(work=Work("Loading the model", 0, 0))
    assert (bar.isVisible(), bar.minimum(), bar.maximum()) == (True, 0, 0)  # of unknown length
    with qtbot.waitSignal(line.cancel_requested):
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    state.change(work=None)
    assert not bar.isVisible()
    assert not cancel.isVisible()


def test_short_work_never_shows(qtbot: QtBot) -> None:
    state = State()
    line = StatusLine(state)
    qtbot.addWidget(line)
    line.show()
    state.change(work=Work("Explaining the caption"))
    state.change(work=None)
    with qtbot.assertNotEmitted(line._timer.timeout, wait=SHOW_AFTER_MS + 100):
        pass
    state.change(work=Work("Preparing for other captions", 1, 4, idle=True))
    qtbot.waitUntil(line.findChild(QProgressBar).isVisible, timeout=5000)
    state.change(work=Work("Explaining the caption"))
    assert not line.findChild(QProgressBar).isVisible()  # it may end in an instant


def test_the_remaining_time_follows_from_the_speed_so_far() -> None:
    remaining_time = RemainingTime()

    def estimate_s(done: int, now_s: float, total: int = 1000, what: str = "Profiling the layers") -> float | None:
        return remaining_time.estimate_s(what, done, total, now_s)

    assert estimate_s(100, 50.0) is None  # its first step, whenever it started
    assert estimate_s(150, 51.9) is None  # too early
    assert estimate_s(200, 54.0) == pytest.approx(32.0)  # 100 in 4 s, 800 left
    assert estimate_s(200, 58.0) == pytest.approx(64.0)
    assert estimate_s(990, 80.0) is None  # almost done
    assert estimate_s(1000, 80.0) is None
    assert estimate_s(10, 90.0) is None  # started again
    assert estimate_s(20, 99.0, total=0, what="Explaining") is None
    assert estimate_s(0, 99.0, total=0) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "a second"),
        (4.4, "4 s"),
        (38.0, "40 s"),
        (94.0, "95 s"),
        (100.0, "2 min"),
        (9e3, "2 h"),
    ],
)
def test_roughly_known_times_read_so(seconds: float, text: str) -> None:
    assert format_rough_time(seconds) == text


def test_the_status_line_shows_the_remaining_time(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State()
    line = StatusLine(state)
    qtbot.addWidget(line)
    monkeypatch.setattr("exclip_desktop.ui.widgets.status_line.time.monotonic", lambda: state.work.done * 0.5)
    for done in (1, 2, 20):
        state.change(work=Work("Explaining the picture", done, 100))
    line._on_waited()
    assert line._what.text() == "Explaining the picture, about 40 s left"
    state.change(work=Work("Explaining the picture", 0, 0))
    assert line._what.text() == "Explaining the picture"


def test_the_bar_is_drawn_once_for_all_reports_of_a_turn_of_the_event_loop(qtbot: QtBot) -> None:
    drawn: list[int] = []

    class _Bar(WorkBar):
        def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
            drawn.append(self.value())

    bar = _Bar()
    qtbot.addWidget(bar)
    bar.show()
    qtbot.waitExposed(bar)
    QApplication.processEvents()
    drawn.clear()
    for done in range(0, 1001, 50):
        bar.show_share(done, 1000)
    assert drawn == []
    QApplication.processEvents()
    assert drawn == [1000]
