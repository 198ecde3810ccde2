"""A researcher's afternoon in the real window, on the bundled model: ten pairs, three findings, and a report."""

import csv
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPlainTextEdit, QRadioButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.lists.note_dialog import NoteDialog
from exclip_desktop.ui.window import Window

PATIENCE_MS = 120_000
COUNT = 10
NOTED = {1: "Match", 4: "Mismatch", 8: "Unsure"}


class Desk:
    """A window as it is started, whose project is ``study.exclip``."""

    def __init__(self, qtbot: QtBot, folder: Path, what: str | None = None) -> None:
        self.qtbot, self.folder = qtbot, folder
        store = SettingsFile(folder / "settings.json")
        self.session = Session(store, folder / "factors", findings=folder / "own.exclip")
        # Few nodes: what is shown here is the way through the program, not how exact it is.
        self.session.state.change(explain_settings=ExplainSettings(quadrature="gauss-legendre", steps=4))
        self.window = Window(self.session)
        self.window.show()
        self.session.start(what)
        self.state = self.session.state

    def settle(self, caption: str) -> None:
        state = self.state
        self.qtbot.waitUntil(
            lambda: (
                state.explanation is not None
                and state.explanation.caption.text == caption
                and not state.stale
                and (state.work is None or state.work.idle)
            ),
            timeout=PATIENCE_MS,
        )

    def note(self, rating: str, text: str) -> None:
        def answer() -> None:
            dialog = QApplication.activeModalWidget()
            assert isinstance(dialog, NoteDialog)
            next(one for one in dialog.findChildren(QRadioButton) if one.text().replace("&", "") == rating).click()
            QTest.keyClicks(dialog.findChild(QPlainTextEdit), text)
            dialog.accept()

        QTimer.singleShot(0, answer)
        with self.qtbot.waitSignal(self.session.findings.findings_changed):
            QTest.keyClick(self.window, Qt.Key.Key_N)
        self.window.activateWindow()  # a window manager does when a dialog closes
        self.qtbot.waitUntil(self.window.isActiveWindow)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a list of ten pairs: captions with quotes, commas and an umlaut."""
    with (tmp_path / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "caption", "label"))
        for number, sample in enumerate(load_samples()[:COUNT]):
            writer.writerow((str(sample.path), f'{sample.caption}, "Nummer {number}" für alle', sample.wrong))
    return tmp_path


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for desk in made:
        desk.window.close()


def _caption(number: int) -> str:
    return f'{load_samples()[number].caption}, "Nummer {number}" für alle'


def test_pairs_are_noted_and_their_findings_restored_and_exported(
    qtbot: QtBot, folder: Path, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Desk(qtbot, folder, str(load_samples()[0].path))
    desks.append(first)
    first.session.projects.create(folder / "study.exclip")
    first.session.pair_navigation.open(folder / "pairs.csv")
    scores = []
    for number in range(COUNT):
        first.settle(_caption(number))
        scores.append(first.state.explanation.score)
        if number in NOTED:
            first.session.selection_controller.commit_rows((), first.state.explanation.caption.rows_of("Nummer"))
            first.note(NOTED[number], f"what I saw <{number}>")
        QTest.keyClick(first.window, Qt.Key.Key_D)
    assert len(set(scores)) == COUNT
    first.window.close()

    again = Desk(qtbot, folder, str(load_samples()[0].path))
    desks.append(again)
    again.session.projects.open(folder / "study.exclip")
    navigation = again.session.pair_navigation
    qtbot.waitUntil(lambda: len(navigation.pairs) == COUNT, timeout=PATIENCE_MS)
    assert [navigation.figures(place).score for place in range(COUNT)] == scores
    assert [navigation.figures(place).rating for place in NOTED] == ["match", "mismatch", "unsure"]
    again.window.inspector.setCurrentWidget(again.window.findings)
    again.window.findings.filter.write('"<4>"')
    view = again.window.findings.view
    assert view.model().rowCount() == 1
    view.setCurrentIndex(view.model().index(0, 0))
    with qtbot.waitSignal(again.session.finding_restorer.restored, timeout=PATIENCE_MS):
        QTest.keyClick(view, Qt.Key.Key_Return)
    again.settle(_caption(4))
    assert again.state.explanation.score == scores[4]
    assert again.state.selection.rows == again.state.explanation.caption.rows_of("Nummer")
    assert again.state.notice is None or "Differs from the finding" not in again.state.notice.message

    again.window.findings.filter.write("")
    out = folder / "report.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    QTimer.singleShot(0, lambda: QApplication.activeModalWidget().accept())
    again.window.commands["report"].trigger()
    qtbot.waitUntil(out.is_file, timeout=PATIENCE_MS)
    page = out.read_text("utf-8")
    text = html.unescape(re.sub("<[^>]*>", "", page))
    for number, rating in NOTED.items():
        assert f"what I saw <{number}>" in text
        assert _caption(number) in text
        assert rating.lower() in page
    assert page.count("data:image/png;base64,") == len(NOTED)
    assert f"{scores[4]:.4f}" in page
