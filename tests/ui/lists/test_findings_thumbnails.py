"""The findings table's thumbnails: read for rows on screen, drawn in their row, and empty for missing pictures."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.project.finding_rows import add_findings
from exclip_desktop.storage.project.project_files import create_project
from exclip_desktop.ui.lists.findings_table import PAGE
from exclip_desktop.ui.lists.thumbnail_rows import PAD_PX, THUMB_PX
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.models.fake_librarian import FakeLibrarian
from tests.unit.storage.findings import make_finding

COLOURS = {"red.png": (200, 10, 10), "blue.png": (10, 10, 200)}
Role = Qt.ItemDataRole


class Desk:
    """A window whose own project has findings of these pictures, the newest first; the tab is not looked at yet."""

    def __init__(self, qtbot: QtBot, folder: Path, make: Callable[..., Explanation], pictures: list[str]) -> None:
        self.qtbot, self.asked, self.changed_rows = qtbot, list[str](), list[int]()
        self.folder = folder
        for name, colour in COLOURS.items():
            Image.new("RGB", (320, 160), colour).save(folder / name)
        with create_project(folder / "mine.exclip") as project:
            add_findings(project, [noted(at, name) for at, name in enumerate(reversed(pictures))])
        store = SettingsFile(folder / "settings.json")
        self.session = Session(store, None, lambda: PictureEngine(make), FakeLibrarian, folder / "mine.exclip")
        self.window = Window(self.session)
        qtbot.addWidget(self.window)
        self.window.show()
        self.view = self.window.findings.view
        get = self.session.thumbnails.get
        self.session.thumbnails.get = lambda path, *size: (self.asked.append(path), get(path, *size))[1]  # type: ignore[method-assign]
        self.session.projects.open_default()
        self.view.model().dataChanged.connect(lambda first, _: self.changed_rows.append(first.row()))

    def look(self) -> "Desk":
        self.window.inspector.setCurrentWidget(self.window.findings)
        self.qtbot.waitUntil(lambda: bool(self.asked) and not self.session.thumbnails._requests.is_running)
        return self

    def thumbnail(self, row: int) -> QImage | None:
        found: QImage | None = self.view.model().index(row, 0).data(Role.DecorationRole)
        return found

    def painted(self, row: int) -> tuple[int, int, int]:
        """Return the colour in the middle of a row's thumbnail, as it is on screen."""
        top = self.view.visualRect(self.view.model().index(row, 0)).topLeft()
        shown = self.view.viewport().grab().toImage()
        ratio = shown.devicePixelRatio()
        colour = shown.pixelColor(*(round(ratio * (at + PAD_PX + THUMB_PX / 2)) for at in (top.x(), top.y())))
        return colour.red(), colour.green(), colour.blue()


def noted(at: int, picture: str) -> Finding:
    made = make_finding(at)
    return replace(made, view=replace(made.view, picture=picture, caption=f"caption {at}"))


Make = Callable[[list[str]], Desk]


@pytest.fixture
def make_desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Make:
    return lambda pictures: Desk(qtbot, tmp_path, make_explanation, pictures)


def test_each_row_shows_its_own_picture(make_desk: Make) -> None:
    desk = make_desk(["red.png", "blue.png", "red.png"]).look()
    desk.qtbot.waitUntil(lambda: set(desk.changed_rows) == {0, 1, 2})  # two of them by one picture
    assert [desk.painted(row) for row in range(3)] == [COLOURS["red.png"], COLOURS["blue.png"], COLOURS["red.png"]]
    image = desk.thumbnail(0)
    assert image is not None
    assert (image.width(), image.height()) == (128, 64)


def test_none_is_read_before_the_tab_is_looked_at(make_desk: Make) -> None:
    desk = make_desk(["red.png"])
    assert desk.asked == []
    desk.look()
    assert set(desk.asked) == {str(desk.folder / "red.png")}


def test_a_picture_that_is_gone_leaves_its_place_empty(make_desk: Make) -> None:
    desk = make_desk(["gone.png", "red.png"]).look()
    image = desk.thumbnail(0)
    assert image is not None
    assert image.isNull()
    red, green, blue = desk.painted(0)
    assert max(red, green, blue) - min(red, green, blue) < 12
    assert desk.painted(1) == COLOURS["red.png"]


def test_rows_that_are_filtered_show_the_picture_that_is_theirs(make_desk: Make) -> None:
    desk = make_desk(["red.png", "blue.png"]).look()
    desk.window.findings.filter.write('"caption 0"')
    assert desk.view.model().rowCount() == 1
    assert desk.painted(0) == COLOURS["blue.png"]
    desk.window.findings.filter.write("")
    assert [desk.painted(row) for row in range(2)] == [COLOURS["red.png"], COLOURS["blue.png"]]


def test_only_rows_on_screen_are_read(make_desk: Make) -> None:
    pictures = [f"{at}.png" for at in range(2 * PAGE)]
    desk = make_desk(pictures).look()
    desk.painted(0)
    in_sight = {str(desk.folder / name) for name in pictures[: desk.view.rowAt(desk.view.viewport().height() - 1) + 1]}
    assert in_sight <= set(desk.asked)
    assert 1 < len(set(desk.asked)) < PAGE
    desk.view.scrollToBottom()
    desk.painted(2 * PAGE - 1)
    assert str(desk.folder / pictures[-1]) in desk.asked
    assert str(desk.folder / pictures[PAGE]) not in desk.asked
