"""A whole window with a picture explained, and findings that are kept in a project of its own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.project.finding_rows import load_findings
from exclip_desktop.storage.project.project_files import open_project
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian

BOX = Region((100.0, 50.0, 300.0, 250.0), name="the dog")
CHOSEN = Selection((1, 2), (BOX,))
REMARK = Remark("mismatch", ("colour", "left and right"), "The balloon\nis not red.")


class Desk:
    def __init__(self, qtbot: QtBot, folder: Path, make: Callable[..., Explanation]) -> None:
        self.qtbot, self.folder, self.engine = qtbot, folder, PictureEngine(make)
        store = SettingsFile(folder / "settings.json")
        self.file = folder / "mine" / "findings.exclip"
        self.session = Session(store, None, lambda: self.engine, FakeLibrarian, self.file)
        self.window = Window(self.session)
        qtbot.addWidget(self.window)
        self.window.show()
        self.tab = self.window.findings

    def start(self) -> "Desk":
        self.session.start(make_blank_picture(self.folder / "a.png"), "a red balloon")
        self.settle("a red balloon")
        return self

    def settle(self, caption: str) -> None:
        state = self.session.state
        self.qtbot.waitUntil(
            lambda: (
                state.explanation is not None
                and state.explanation.caption.text == caption
                and not state.stale
                and state.work is None
            )
        )

    def note(self, remark: Remark = REMARK) -> int:
        """Note the view, as a finding of its own: where it is one already, with another word selected."""
        noted = self.session.active_pane.active_answer
        assert noted is not None
        count = len(self.kept()) if self.file.exists() else 0
        if self.session.findings.find_view(noted) is not None:
            noted = replace(noted, selection=replace(noted.selection, rows=(count,)))
        with self.qtbot.waitSignal(self.session.findings.findings_changed):
            self.session.findings.note(noted, lambda _: remark)
        self.qtbot.waitUntil(lambda: self.session.state.work is None)
        return self.kept()[-1].id

    def kept(self) -> list:
        with open_project(self.file) as project:
            return load_findings(project)

    def look(self) -> None:
        self.window.inspector.setCurrentWidget(self.tab)
