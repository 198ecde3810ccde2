"""The dialog that exports a list: places and formats agree, and what is not kept is shown before writing."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.writers import WRITERS
from exclip_desktop.ui.dialogs.list_export_dialog import ALL_KEPT, ListExportDialog, scope_names

PAIRS = (
    ListedPair("1", "a.png", "a dog", "x", (Region.lasso(((0, 0), (9, 0), (0, 9)), name="dog"),)),
    ListedPair("2", "b.png", "a cat", mask="m.png"),
)


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> ListExportDialog:
    def list_of(places: Sequence[int]) -> PairList:
        return PairList(tmp_path / "list.csv", tmp_path, tuple(PAIRS[place] for place in places))

    made = ListExportDialog({"Selected pairs": [1], "All pairs": [0, 1]}, list_of, tmp_path)
    qtbot.addWidget(made)
    made.show()
    return made


def choose(dialog: ListExportDialog, key: str) -> None:
    formats = dialog.findChildren(QComboBox)[1]
    formats.setCurrentIndex([one.key for one in WRITERS].index(key))


def texts(dialog: ListExportDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.text()]


def can_export(dialog: ListExportDialog) -> bool:
    return next(one for one in dialog.findChildren(QPushButton) if one.text() == "&Export").isEnabled()


def test_the_format_of_the_last_export_is_chosen(qtbot: QtBot, tmp_path: Path) -> None:
    def list_of(places: Sequence[int]) -> PairList:
        return PairList(tmp_path / "list.csv", tmp_path, tuple(PAIRS[place] for place in places))

    made = ListExportDialog({"All pairs": [0, 1]}, list_of, tmp_path, chosen="labelme")
    qtbot.addWidget(made)
    assert (made.writer.key, made.path()) == ("labelme", tmp_path / "pairs")


def test_the_path_follows_the_format(dialog: ListExportDialog, tmp_path: Path) -> None:
    names = {}
    for one in WRITERS:
        choose(dialog, one.key)
        names[one.key] = dialog.path().relative_to(tmp_path).as_posix()
        assert one.description in texts(dialog)
        assert can_export(dialog)
    assert names["csv"] == "pairs.csv"
    assert names["coco"] == names["label-studio"] == "pairs.json"
    assert names["yolo"] == names["labelme"] == "pairs"
    choose(dialog, "jsonl")
    dialog.findChild(QLineEdit).setText(str(tmp_path / "typed"))
    assert dialog.path() == tmp_path / "typed.jsonl"
    dialog.findChild(QLineEdit).setText(str(tmp_path / "v1.2"))
    choose(dialog, "yolo")
    assert dialog.path() == tmp_path / "v1.2"


def test_what_is_not_kept_is_shown_with_its_count(dialog: ListExportDialog) -> None:
    assert ALL_KEPT in texts(dialog)
    choose(dialog, "voc")
    assert "Pascal VOC holds no masks (1): left out." in texts(dialog)
    dialog.findChildren(QComboBox)[0].setCurrentIndex(1)
    assert dialog.places == [0, 1]
    shown = next(text for text in texts(dialog) if "masks" in text)
    assert shown.splitlines() == [
        "Pascal VOC holds no labels of pairs (1): left out.",
        "Pascal VOC holds no masks (1): left out.",
        "Pascal VOC holds no outlines (1): their boxes are written.",
    ]


def test_places_that_cannot_be_written_are_named(dialog: ListExportDialog, tmp_path: Path) -> None:
    field = dialog.findChild(QLineEdit)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "there.csv").touch()
    for key, path, problem in (
        ("csv", "", "Choose a file."),
        ("voc", "", "Choose a folder."),
        ("voc", str(tmp_path / "full"), "is not empty"),
        ("voc", str(tmp_path / "there.csv"), "a file has that name"),
        ("csv", str(tmp_path / "no" / "x.csv"), "there is no folder"),
        ("csv", str(tmp_path / "list.csv"), "is the list itself"),
    ):
        choose(dialog, key)
        field.setText(path)
        assert any(problem in text for text in texts(dialog)), problem
        assert not can_export(dialog)
    field.setText(str(tmp_path / "there.csv"))
    assert "there.csv exists and will be replaced." in texts(dialog)
    assert can_export(dialog)


def test_browsing_takes_an_empty_folder_or_makes_one_in_it(
    dialog: ListExportDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browse = next(one for one in dialog.findChildren(QPushButton) if one.text() == "&Browse…")
    choose(dialog, "labelme")
    (tmp_path / "empty").mkdir()
    for chosen, expected in ((tmp_path / "empty", tmp_path / "empty"), (tmp_path, tmp_path / "empty")):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, chosen=chosen: str(chosen))
        browse.click()
        assert dialog.path() == expected
    choose(dialog, "csv")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine.csv"), "CSV (*.csv)"))
    browse.click()
    assert dialog.path() == tmp_path / "mine.csv"


def test_choices_of_pairs() -> None:
    assert scope_names([], (2, 0, 1), 3) == {"All pairs": (2, 0, 1)}
    assert scope_names([1], (0, 1), 3) == {"Selected pairs": [1], "Listed pairs": (0, 1), "All pairs": range(3)}
    assert scope_names([], (), 3) == {"All pairs": range(3)}


def test_formulas_of_a_table_are_escaped_unless_the_person_keeps_them(dialog: ListExportDialog) -> None:
    (box,) = dialog.findChildren(QCheckBox)
    shown = {}
    for one in WRITERS:
        choose(dialog, one.key)
        shown[one.key] = box.isVisible()
    assert {key for key, visible in shown.items() if visible} == {"csv", "tsv"}
    assert dialog.formulas == "escape"
    choose(dialog, "csv")
    box.click()
    assert dialog.formulas == "keep"
