"""A study of the bundled model in the real window: the figures are those of the public function."""

from pathlib import Path

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

import exclip_desktop
from exclip_desktop.core.values.study import RANDOM
from exclip_desktop.session.session import Session
from exclip_desktop.session.study.studying import StudyChoice
from exclip_desktop.ui.window import Window

PATIENCE_MS = 120_000
CHOICE = StudyChoice(count=2, methods=("itsm", RANDOM), metrics=("pointing", "energy", "deletion"))


def test_two_scenes_by_two_methods(qtbot: QtBot, tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    session = Session(store, None, studies=tmp_path / "studies")
    window = Window(session)
    window.show()
    session.start()
    state, studying = session.state, session.studying
    try:
        qtbot.waitUntil(lambda: state.explanation is not None and state.work is None, timeout=PATIENCE_MS)
        studying.start(CHOICE)
        qtbot.waitUntil(lambda: not studying.running, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: studying.study is not None and all(row.pairs == 2 for row in studying.study.rows))
        qtbot.waitUntil(lambda: len(studying.study.rows) == 2)
        assert studying.trouble == ""
        assert state.notice is None
    finally:
        window.close()
    (folder,) = (tmp_path / "studies").iterdir()
    assert folder == studying.kept_in
    assert len((folder / "outcomes.jsonl").read_text("utf-8").splitlines()) == 1 + 4
    model = exclip_desktop.load_model("demo", device=state.facts.device)
    wanted = exclip_desktop.study(model, None, CHOICE.methods, count=2, out=folder, metrics=CHOICE.metrics)
    assert [row.figures for row in studying.study.rows] == [row.figures for row in wanted.rows]
    assert (studying.study.model, studying.study.pairs) == (wanted.model, wanted.pairs)
    assert (
        studying.study.row("itsm").curves["deletion"].mean.tolist()
        == wanted.row("itsm").curves["deletion"].mean.tolist()
    )
