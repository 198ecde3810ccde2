"""The manual's window: contents, search, links, history, and the shortcut sheet as one of its pages."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QPalette, QTextTable
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListWidget, QTreeWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.window_settings import Settings
from exclip_desktop.storage.manual import INDEX, page, sections, topics
from exclip_desktop.ui.dialogs.manual_page import ManualPage
from exclip_desktop.ui.dialogs.manual_window import SHORTCUTS, ManualPlace, ManualWindow
from exclip_desktop.ui.dialogs.shortcut_sheet import ShortcutSheet
from tests.ui.conftest import Opened
from tests.ui.window.test_widgets import child


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(SettingsFile(tmp_path / "settings.json"))


@pytest.fixture
def manual(settings: Settings, qtbot: QtBot) -> ManualWindow:
    made = ManualWindow(settings)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show_page()
    return made


def heading_in_view(view: ManualPage) -> str:
    """Return the text of the first line in view."""
    return view.cursorForPosition(view.viewport().rect().topLeft()).block().text() or (
        view.cursorForPosition(view.viewport().rect().topLeft()).block().next().text()
    )


def test_it_opens_on_the_overview_and_reopens_on_the_last_page(manual: ManualWindow) -> None:
    assert manual.place == ManualPlace(INDEX)
    manual.show_page("methods")
    manual.show_shortcuts()
    manual.close()
    manual.show_page()
    assert manual.place == ManualPlace("methods")


def test_the_contents_list_every_page_and_section_and_lead_there(manual: ManualWindow, qtbot: QtBot) -> None:
    tree = manual.findChild(QTreeWidget)
    pages = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    assert [item.text(0) for item in pages] == [
        "Overview",
        *(topic.title for topic in topics()),
        "Shortcuts and gestures",
    ]
    for item, topic in zip(pages[1:], topics(), strict=False):
        expected = [section.heading for section in sections(topic.key)[1:]]
        assert [item.child(row).text(0) for row in range(item.childCount())] == expected
    manual.show_page("numbers")
    assert pages[4].isExpanded()
    assert not pages[0].isExpanded()
    part = next(pages[4].child(row) for row in range(6) if pages[4].child(row).text(0) == "Accuracy")
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(part).center())
    assert manual.place == ManualPlace("numbers", "accuracy")
    assert tree.currentItem() is part
    assert heading_in_view(manual.findChild(ManualPage)) == "Accuracy"


def test_ctrl_f_searches_and_a_result_leads_to_the_place(manual: ManualWindow, qtbot: QtBot) -> None:
    tree = manual.findChild(QTreeWidget)
    tree.setFocus()
    QTest.keyClick(tree, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = child(manual, "Search the manual")
    assert isinstance(field, QLineEdit)
    assert field.hasFocus()
    QTest.keyClicks(field, "completeness residual")
    results = manual.findChild(QListWidget)
    texts = [results.item(row).text() for row in range(results.count())]
    assert texts[0].startswith("Accuracy — What the numbers mean\n")
    QTest.keyClick(field, Qt.Key.Key_Return)
    view = manual.findChild(ManualPage)
    assert manual.place == ManualPlace("numbers", "accuracy", "completeness residual")
    assert {mark.cursor.selectedText().casefold() for mark in view.extraSelections()} == {"completeness", "residual"}
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert results.hasFocus()
    QTest.keyClick(results, Qt.Key.Key_Down)
    QTest.keyClick(results, Qt.Key.Key_Return)
    assert manual.place.anchor == "output-files"
    QTest.keyClicks(field, " xyzzy")
    assert [results.item(row).text() for row in range(results.count())] == texts
    field.setText("xyzzy")
    assert [results.item(row).text() for row in range(results.count())] == [
        "No page of the manual contains these words."
    ]
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert manual.place.anchor == "output-files"
    field.clear()
    assert tree.isVisible()
    assert not results.isVisible()


def test_the_search_finds_shortcuts_too(manual: ManualWindow) -> None:
    field, results = child(manual, "Search the manual"), manual.findChild(QListWidget)
    field.setText("redo ctrl+y")
    assert [results.item(row).text().split("\n")[1] for row in range(results.count())] == [
        "Redo: Ctrl+Shift+Z or Ctrl+Y"
    ]
    QTest.keyClick(field, Qt.Key.Key_Return)
    sheet = manual.findChild(ShortcutSheet)
    assert sheet.isVisible()
    assert [row.text for row in sheet.visible_rows()] == ["Redo"]


def test_links_lead_to_pages_and_back_returns(manual: ManualWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    view = manual.findChild(ManualPage)
    view.anchorClicked.emit(QUrl("numbers.md#ledger"))
    assert manual.place == ManualPlace("numbers", "ledger")
    assert heading_in_view(view) == "Ledger"
    view.anchorClicked.emit(QUrl("methods.md"))
    QTest.keyClick(manual, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert manual.place == ManualPlace("numbers", "ledger")
    assert heading_in_view(view) == "Ledger"
    child(manual, "Back").click()
    assert manual.place == ManualPlace(INDEX)
    assert not child(manual, "Back").isEnabled()
    QTest.keyClick(manual, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    child(manual, "Forward").click()
    assert manual.place == ManualPlace("methods")
    assert not child(manual, "Forward").isEnabled()
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    view.anchorClicked.emit(QUrl("https://example.org/"))
    assert opened == [QUrl("https://example.org/")]
    assert manual.place == ManualPlace("methods")


def test_the_shortcut_sheet_is_a_page_that_ctrl_f_searches(manual: ManualWindow) -> None:
    manual.show_shortcuts()
    sheet = manual.findChild(ShortcutSheet)
    assert manual.place == ManualPlace(SHORTCUTS)
    assert sheet.search_field.hasFocus()
    manual.findChild(QTreeWidget).setFocus()
    QTest.keyClick(manual, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert sheet.search_field.hasFocus()
    QTest.keyClicks(sheet.search_field, "zoom cursor")
    assert [row.text for row in sheet.visible_rows()] == ["Zoom at the cursor"]
    child(manual, "Search the manual").setText("residual")
    manual.show_shortcuts()
    assert len(sheet.visible_rows()) > 40
    assert child(manual, "Search the manual").text() == ""
    assert manual.findChild(QTreeWidget).isVisible()
    assert not manual.findChild(QListWidget).isVisible()


def test_esc_closes_it_and_the_next_one_has_its_size(manual: ManualWindow, settings: Settings, qtbot: QtBot) -> None:
    assert not manual.isModal()
    manual.resize(700, 500)
    QTest.keyClick(child(manual, "Search the manual"), Qt.Key.Key_Escape)
    assert not manual.isVisible()
    other = ManualWindow(settings)
    qtbot.addWidget(other)
    assert (other.width(), other.height()) == (700, 500)


@pytest.mark.parametrize("topic", [INDEX, *(topic.key for topic in topics())])
def test_every_page_has_its_tables_pictures_and_headings(topic: str, manual: ManualWindow) -> None:
    manual.show_page(topic)
    view = manual.findChild(ManualPage)
    document = view.document()
    tables = [frame for frame in document.rootFrame().childFrames() if isinstance(frame, QTextTable)]
    assert len(tables) == page(topic).count("\n|---")
    assert document.toPlainText().count("\ufffc") == page(topic).count("![")
    for section in sections(topic):
        view.scroll_to(section.anchor)
    assert "](" not in document.toPlainText()


def test_a_page_follows_a_change_of_theme(manual: ManualWindow) -> None:
    manual.show_page("methods")
    view = manual.findChild(ManualPage)
    view.verticalScrollBar().setValue(300)
    dark = QPalette(Qt.GlobalColor.black)
    dark.setColor(QPalette.ColorRole.Link, Qt.GlobalColor.darkBlue)
    manual.setPalette(dark)
    assert view.verticalScrollBar().value() == 300
    manual.show_page("python")
    block = view.document().begin()
    links = []
    while block.isValid():
        links += [one.format.foreground().color() for one in block.textFormats() if one.format.isAnchor()]
        block = block.next()
    assert links
    assert all(colour.lightnessF() > 0.5 for colour in links)


def test_f1_and_the_question_mark_open_it_beside_the_window(opened: Opened, qtbot: QtBot) -> None:
    window = opened.window
    QTest.keyClick(window.canvas.view, Qt.Key.Key_F1)
    (manual,) = window.findChildren(ManualWindow)
    assert manual.isVisible()
    assert manual.place == ManualPlace(INDEX)
    QTest.keyClick(window.canvas.view, "?")
    assert manual.place == ManualPlace(SHORTCUTS)
    assert window.findChildren(ManualWindow) == [manual]
    manual.close()
    assert window.isVisible()
