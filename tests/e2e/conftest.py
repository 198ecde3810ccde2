"""Fixtures of the end-to-end tests: folders in which a window starts."""

import shutil
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.e2e.window_desk import close_window, open_window


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that windows share: the first of them computes the first sample's factors, a few seconds."""
    return tmp_path_factory.mktemp("window")


@pytest.fixture
def known_place(qtbot: QtBot, place: Path, tmp_path: Path) -> Path:
    """The test's own folder, in which the first sample's factors are known."""
    if not (place / "factors").exists():
        close_window(open_window(qtbot, place))
    shutil.copytree(place / "factors", tmp_path / "factors")
    return tmp_path
