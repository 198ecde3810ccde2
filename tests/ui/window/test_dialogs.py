"""The window's dialogs: samples, help, about, settings, export."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QListWidget, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.window_settings import Appearance, Settings
from exclip_desktop.session.worker.requests import ModelChoice, ModelFacts
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.action_table import ACTIONS, GESTURES
from exclip_desktop.ui.dialogs.about import AboutDialog
from exclip_desktop.ui.dialogs.export_dialog import ExportDialog, ask_path
from exclip_desktop.ui.dialogs.gallery import Gallery
from exclip_desktop.ui.dialogs.settings_dialog import POOL_TEXT, PUBLISHED, SettingsDialog
from exclip_desktop.ui.dialogs.shortcut_sheet import ShortcutSheet
from exclip_desktop.ui.models.model_texts import BUNDLED_NOTE
from tests.ui.window.test_widgets import button, child


@pytest.fixture
def appearance(tmp_path: Path) -> Appearance:
    """The appearance of a first start."""
    return Settings(SettingsFile(tmp_path / "settings.json")).appearance


FACTS = ModelFacts("ViT-B-32", "cpu", 12, 12, 77)


def test_the_gallery_shows_every_sample_with_its_label(qtbot: QtBot) -> None:
    gallery = Gallery()
    qtbot.addWidget(gallery)
    cards = gallery.findChild(QListWidget)
    items = [cards.item(row) for row in range(cards.count())]
    assert [item.text() for item in items] == [sample.caption for sample in load_samples()]
    for item, sample in zip(items, load_samples(), strict=True):
        name = item.data(Qt.ItemDataRole.AccessibleTextRole)
        assert name == (f"{sample.caption}. Wrong {sample.wrong}." if sample.wrong else sample.caption)
        assert not item.data(Qt.ItemDataRole.DecorationRole).isNull()


@pytest.mark.parametrize("way", ["double click", "return", "button"])
def test_a_sample_is_chosen_once(way: str, qtbot: QtBot) -> None:
    gallery, chosen = Gallery(), list[int]()
    qtbot.addWidget(gallery)
    gallery.sample_chosen.connect(chosen.append)
    with qtbot.waitActive(gallery):
        gallery.show()
    cards = gallery.findChild(QListWidget)
    assert cards.hasFocus()
    at = cards.visualItemRect(cards.item(2)).center()
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == []
    if way == "double click":
        qtbot.mouseDClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=at)
    elif way == "return":
        QTest.keyClick(cards, Qt.Key.Key_Return)
    else:
        qtbot.mouseClick(button(gallery, "Open"), Qt.MouseButton.LeftButton)
    assert chosen == [2]
    assert not gallery.isVisible()


def test_the_shortcut_sheet_lists_all_and_narrows(qtbot: QtBot) -> None:
    sheet = ShortcutSheet({})
    qtbot.addWidget(sheet)
    sheet.show()
    with_keys = [spec.text.rstrip("…") for spec in ACTIONS if spec.shortcuts]
    every = sorted([*with_keys, *(gesture.text for gesture in GESTURES)])
    assert sorted(row.text for row in sheet.visible_rows()) == every
    search = child(sheet, "Search shortcuts and gestures")
    QTest.keyClicks(search, "ZOOM cursor")
    assert [row.text for row in sheet.visible_rows()] == ["Zoom at the cursor"]
    visible = [label.text() for label in sheet.findChildren(QLabel) if label.isVisible()]
    assert visible == ["On the picture", "Zoom at the cursor", "Wheel"]
    search.setText("ctrl+shift+z")
    assert [row.text for row in sheet.visible_rows()] == ["Redo"]
    search.setText("no such thing")
    assert sheet.visible_rows() == []
    assert any(label.isVisible() for label in sheet.findChildren(QLabel))
    search.clear()
    assert len(sheet.visible_rows()) == len(every)


def test_about_shows_the_version_and_copies_the_citations(qtbot: QtBot) -> None:
    about = AboutDialog()
    qtbot.addWidget(about)
    qtbot.mouseClick(button(about, "Copy BibTeX"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied.count("{") == copied.count("}")
    assert "arXiv:2408.14153" in copied
    assert "Gradient-based Visual Explanation for Transformer-based {CLIP}" in copied
    assert BUNDLED_NOTE in [label.text() for label in about.findChildren(QLabel)]
    assert any("Version " in label.text() for label in about.findChildren(QLabel))
    assert "PySide6 and Qt: LGPL 3" in child(about, "Licences of the packages").toPlainText()


@pytest.mark.parametrize(
    "settings",
    [
        ExplainSettings(),
        PUBLISHED,
        ExplainSettings(3, -1, "gauss-legendre", 32),
        ExplainSettings(-2, 11, "adaptive", 17, "published"),
        ExplainSettings(40),
        ExplainSettings("pool", "pool"),
        ExplainSettings(precision="bfloat16"),
        ExplainSettings(tolerance=1e-4),
        ExplainSettings(tolerance=0.02, framing="pad"),
    ],
)
@pytest.mark.parametrize("facts", [None, FACTS, replace(FACTS, image_pools=True)])
def test_the_dialog_returns_the_settings_it_was_opened_with(
    settings: ExplainSettings, facts: ModelFacts | None, appearance: Appearance, qtbot: QtBot
) -> None:
    dialog = SettingsDialog(settings, ModelChoice(device="cuda"), appearance, facts)
    qtbot.addWidget(dialog)
    assert dialog.explain_settings() == settings
    assert dialog.device() == "cuda"


def test_the_settings_name_every_layer(appearance: Appearance, qtbot: QtBot) -> None:
    dialog = SettingsDialog(
        ExplainSettings(), ModelChoice(), appearance, ModelFacts("RN50", "cpu", 2, 1, 77, image_pools=True)
    )
    qtbot.addWidget(dialog)
    image, text = child(dialog, "Image layer"), child(dialog, "Text layer")
    usual = ["Model's default", "The last block (−1)", "Block 0"]
    assert [text.itemText(at) for at in range(text.count())] == usual
    assert [image.itemText(at) for at in range(image.count())] == [*usual, "Block 1", POOL_TEXT]
    QTest.keyClicks(image, "poo")
    assert dialog.explain_settings() == ExplainSettings(image_layer="pool")


def test_settings_are_chosen_by_hand_and_by_preset(appearance: Appearance, qtbot: QtBot) -> None:
    dialog = SettingsDialog(ExplainSettings(), ModelChoice(), appearance, FACTS)
    qtbot.addWidget(dialog)
    assert dialog.device() is None
    assert child(dialog, "Image layer").count() == 2 + FACTS.image_layers
    QTest.keyClicks(child(dialog, "Quadrature"), "g")
    QTest.keyClick(child(dialog, "Steps"), Qt.Key.Key_Up)
    QTest.keyClicks(child(dialog, "Device"), "pro")
    assert child(dialog, "Tolerance").currentText() == "Default (0.001)"
    assert (dialog.explain_settings(), dialog.device()) == (
        ExplainSettings(quadrature="gauss-legendre", steps=1),
        "cpu",
    )
    qtbot.mouseClick(button(dialog, "As published"), Qt.MouseButton.LeftButton)
    assert dialog.explain_settings() == ExplainSettings(-1, -1, "riemann-right", 10, "published")
    QTest.keyClicks(child(dialog, "Quadrature"), "a")
    assert dialog.explain_settings().steps is None  # another rule, its own number of steps
    qtbot.mouseClick(button(dialog, "Defaults"), Qt.MouseButton.LeftButton)
    assert dialog.explain_settings() == ExplainSettings()


def test_a_theme_is_applied_at_once_saved_and_restored_by_cancel(appearance: Appearance, qtbot: QtBot) -> None:
    dialog = SettingsDialog(ExplainSettings(), ModelChoice(), appearance, FACTS)
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(appearance.theme_changed):
        QTest.keyClicks(child(dialog, "Theme"), "d")
    assert appearance.theme() == "dark"
    dialog.accept()
    assert appearance.theme() == "dark"
    again = SettingsDialog(ExplainSettings(), ModelChoice(), appearance, FACTS)
    qtbot.addWidget(again)
    assert child(again, "Theme").currentText() == "Dark"
    QTest.keyClicks(child(again, "Theme"), "l")
    assert appearance.theme() == "light"
    again.reject()
    assert appearance.theme() == "dark"


def test_format_and_ending_agree(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = ExportDialog(tmp_path / "heat")
    qtbot.addWidget(dialog)
    assert dialog.target() == (tmp_path / "heat.png", 1600)
    QTest.keyClicks(child(dialog, "Format"), "p")  # PNG → PDF
    assert dialog.path() == tmp_path / "heat.pdf"
    field = child(dialog, "File")
    field.clear()
    QTest.keyClicks(field, str(tmp_path / "a.b.SVG"))
    assert child(dialog, "Format").currentText() == "SVG"
    field.setText(str(tmp_path / "v1.2"))
    assert dialog.path() == tmp_path / "v1.2.svg"
    chosen = (str(tmp_path / "other.png"), "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: chosen)
    qtbot.mouseClick(button(dialog, "Browse…"), Qt.MouseButton.LeftButton)
    assert dialog.path() == tmp_path / "other.png"
    width = child(dialog, "Width in pixels")
    assert (width.minimum(), width.maximum()) == (600, 8000)
    width.selectAll()
    QTest.keyClicks(width, "2400")
    with qtbot.waitSignal(dialog.accepted):
        qtbot.mouseClick(button(dialog, "Export"), Qt.MouseButton.LeftButton)
    assert dialog.target() == (tmp_path / "other.png", 2400)


@pytest.mark.parametrize("typed", ["", "..", "/"])
def test_browse_opens_where_no_file_is_named(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    dialog = ExportDialog(tmp_path / "heat.png")
    qtbot.addWidget(dialog)
    child(dialog, "File").setText(typed)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "other.png"), ""))
    qtbot.mouseClick(button(dialog, "Browse…"), Qt.MouseButton.LeftButton)
    assert dialog.path() == tmp_path / "other.png"


def test_the_dialog_reports_wrong_paths_and_files_that_will_be_replaced(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "there.png").write_bytes(b"x")
    dialog = ExportDialog(tmp_path / "there.png")
    qtbot.addWidget(dialog)
    field = child(dialog, "File")

    def hint() -> tuple[str, bool]:
        labels = [label.text() for label in dialog.findChildren(QLabel)]
        return labels[-1], button(dialog, "Export").isEnabled()

    for text, expected in (
        (str(tmp_path / "there.png"), ("there.png exists and will be replaced.", True)),
        (str(tmp_path / "new.png"), ("", True)),
        (str(tmp_path / "no" / "new.png"), (f"There is no folder {tmp_path / 'no'}.", False)),
        (f"{tmp_path}/", ("That is a folder. Add a name for the file.", False)),
        ("", ("Choose a file.", False)),
    ):
        field.setText(text)
        assert hint() == expected, text


KINDS = {".csv": "CSV", ".npz": "NumPy", ".json": "JSON"}


@pytest.mark.parametrize(
    ("typed", "kind", "name"),
    [
        ("heat.csv", "CSV (*.csv)", "heat.csv"),
        ("heat.csv", "NumPy (*.npz)", "heat.npz"),
        ("heat.json", "CSV (*.csv)", "heat.json"),
        ("heat.JSON", "NumPy (*.npz)", "heat.JSON"),
        ("heat", "JSON (*.json)", "heat.json"),
        ("v1.2", "JSON (*.json)", "v1.2.json"),
        ("heat", "", "heat.csv"),
    ],
)
def test_the_kind_decides_the_ending_unless_another_was_typed(
    typed: str, kind: str, name: str, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / typed), kind))
    assert ask_path(parent, "Export numbers", tmp_path / "heat.csv", KINDS) == tmp_path / name


@pytest.mark.parametrize("agreed", [True, False])
def test_a_file_with_the_added_ending_is_replaced_only_after_a_question(
    agreed: bool, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[str] = []
    buttons = QMessageBox.StandardButton

    def answer(_parent: QWidget, _title: str, text: str) -> QMessageBox.StandardButton:
        questions.append(text)
        return buttons.Yes if agreed else buttons.No

    parent, path = QWidget(), tmp_path / "heat.npz"
    qtbot.addWidget(parent)
    path.write_bytes(b"x")
    monkeypatch.setattr(QMessageBox, "question", answer)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "heat.csv"), "NumPy (*.npz)"))
    assert ask_path(parent, "Export numbers", tmp_path / "heat.csv", KINDS) == (path if agreed else None)
    assert questions == ["heat.npz exists. Replace it?"]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    assert ask_path(parent, "Export numbers", tmp_path / "heat.csv", KINDS) is None
