"""A study of the bundled model in the real window: the figures are those of the public function."""

from pathlib import Path

from pytestqt.qtbot import QtBot

import exclip_desktop
from exclip_desktop.core.values.study import RANDOM
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.study.study_controller import StudyChoice
from exclip_desktop.ui.window import Window

PATIENCE_MS = 120_000
CHOICE = StudyChoice(count=2, methods=("itsm", RANDOM), metrics=("pointing", "energy", "deletion"))


def test_two_scenes_by_two_methods(qtbot: QtBot, tmp_path: Path, known_place: Path) -> None:
    store = SettingsFile(tmp_path / "settings.json")
    session = Session(store, known_place / "factors", studies=tmp_path / "studies")
    window = Window(session)
    window.show()
    session.start()
    state, controller = session.state, session.study_controller
    try:
        qtbot.waitUntil(lambda: state.explanation is not None and state.work is None, timeout=PATIENCE_MS)
        controller.start(CHOICE)
        qtbot.waitUntil(lambda: not controller.is_running, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: controller.study is not None and all(row.pairs == 2 for row in controller.study.rows))
        qtbot.waitUntil(lambda: len(controller.study.rows) == 2)
        assert controller.error_text == ""
        assert state.notice is None
    finally:
        window.close()
    (folder,) = (tmp_path / "studies").iterdir()
    assert folder == controller.study_folder
    assert len((folder / "outcomes.jsonl").read_text("utf-8").splitlines()) == 1 + 4
    model = exclip_desktop.load_model("demo", device=state.facts.device)
    expected = exclip_desktop.study(model, None, CHOICE.methods, count=2, out=folder, metrics=CHOICE.metrics)
    assert [row.figures for row in controller.study.rows] == [row.figures for row in expected.rows]
    assert (controller.study.model, controller.study.pairs) == (expected.model, expected.pairs)
    assert (
        controller.study.row("itsm").curves["deletion"].mean.tolist()
        == expected.row("itsm").curves["deletion"].mean.tolist()
    )
